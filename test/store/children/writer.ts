// A process that writes for ever, to be killed: argv is what to write ("record", "run", "append", "put") and the folder. Prints each acknowledged step.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import { folderArtifactStore } from '../../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../../src/store/folder-logs.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { admitOf, event, newKey, node, nodeJob, nodeRecordOf, recordOf, runEvent, runRecordOf, sampleInput, sampleRun, time } from '../samples.ts';

/** The key and pattern of the log that `append` writes. */
const LOG = { key: 'a'.repeat(26), stream: 'stdout' } as const;

const [what, folder] = process.argv.slice(2) as [string, string];
const acknowledge = (line: string | number) => process.stdout.write(`${line}\n`);

if (what === 'record') {
  const store = await openSqliteStore({ file: join(folder, 'longshore.db'), rules: admissionRules });
  // Ids of several writers differ.
  const base = BigInt(`0x${randomBytes(7).toString('hex')}`);
  for (let n = 0n; ; n++) {
    const input = sampleInput({}, { jobId: String(base + n) });
    const key = newKey();
    await store.admission.request(admitOf({ key }), time(0));
    await store.executions.record(recordOf(input, [event(1, 'ACCEPTED', { set: { key } }), event(2, 'STARTING'), event(3, 'RUNNING')]));
    await store.executions.record(recordOf(input, [event(4, 'SUCCEED')], key));
    acknowledge(input.jobId);
  }
}

if (what === 'run') {
  const store = await openSqliteStore({ file: join(folder, 'longshore.db'), rules: admissionRules });
  const base = BigInt(`0x${randomBytes(7).toString('hex')}`);
  for (let n = 0n; ; n++) {
    const run = sampleRun({ runId: String(base + n) });
    const nodes = ['a', 'b', 'c'];
    await store.runs.record(runRecordOf(run, [runEvent(1, 'RUNNING', { nodes: nodes.map((name) => node(name)) })]));
    const job = { ...nodeJob(run, 'a'), jobId: String(base + n) };
    await store.executions.record(nodeRecordOf(job, [event(1, 'RUNNING'), event(2, 'SUCCEED')]));
    const ended = nodes.map((name) => node(name, { phase: 'succeeded', status: 'SUCCEED' }));
    await store.runs.record(
      runRecordOf(run, [runEvent(2, 'RUNNING', { type: 'nodes', nodes: ended }), runEvent(3, 'FINISH', { outcome: 'SUCCEED' })]),
    );
    acknowledge(run.runId);
  }
}

if (what === 'append') {
  const logs = folderLogStore(folder);
  let { length } = await logs.length(LOG);
  for (;;) {
    const line = `${String(length).padStart(15)} ${'x'.repeat(4079)}\n`;
    length = await logs.append(LOG, length, Buffer.from(line));
    acknowledge(length);
  }
}

if (what === 'put') {
  const artifacts = folderArtifactStore(folder, { maxBytes: 1e9 });
  for (;;) acknowledge((await artifacts.put(randomBytes(200_000))).sha256);
}
