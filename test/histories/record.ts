// Records the histories of the present code: `node test/histories/record.ts <release> [name…]`. Older recordings stay, and must go on replaying.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { devServer, quietTemporal } from '../helpers/temporal.ts';
import { RunStage } from '../workflows/dag/stage.ts';
import { History } from './history.ts';
import { RUN_SCENARIOS, SCENARIOS } from './scenarios.ts';
import { playTimed, TIMED_SCENARIOS } from './timed.ts';

const [release, ...names] = process.argv.slice(2);
if (release === undefined || !/^[\w.-]+$/.test(release)) throw new Error('usage: node test/histories/record.ts <release> [name…]');
const folder = join(import.meta.dirname, release);

quietTemporal();
await mkdir(folder, { recursive: true });
const server = await devServer();
const stages: RunStage[] = [];
const env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
try {
  for (const [name, play] of Object.entries({ ...SCENARIOS, ...RUN_SCENARIOS })) {
    if (names.length > 0 && !names.includes(name)) continue;
    const stage = await new RunStage(env).open();
    stages.push(stage);
    const job = await play(stage);
    const { runId } = await job.describe();
    await write(name, job.workflowId, [...new Set([job.firstExecutionRunId, runId])]);
  }
  for (const [name, play] of Object.entries(TIMED_SCENARIOS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    await playTimed(env, play, async (handle) => await write(name, handle.workflowId, [(await handle.describe()).runId]));
  }
} finally {
  for (const stage of stages) await stage.close();
  await env.teardown();
  await server.stop();
}

/** The history of each of these executions; all but the first are `.last`. */
async function write(name: string, workflowId: string, runs: readonly string[]): Promise<void> {
  for (const [index, run] of runs.entries()) {
    const history = await env.client.workflow.getHandle(workflowId, run).fetchHistory();
    // Who recorded it, and where its files lay, is of no interest.
    const text = JSON.stringify(History.toObject(history, { enums: String, longs: String, bytes: String }))
      .replaceAll(/"identity":"[^"]*"/g, '"identity":"recorder"')
      .replaceAll(/"name":"\d+@[^"]*"/g, '"name":"sticky"')
      .replaceAll(/"stackTrace":"(?:[^"\\]|\\.)*"/g, '"stackTrace":""');
    const file = `${name}${index === 0 ? '' : '.last'}.json`;
    await writeFile(join(folder, file), `${text}\n`);
    process.stdout.write(`${file}\n`);
  }
}
