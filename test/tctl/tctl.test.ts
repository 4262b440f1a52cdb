// tctl is archived, but people still have it: signals are plain gRPC, so it must be able to kill, and to rerun what is open.
// It has no signal-with-start, which a closed job needs.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../helpers/sources.ts';
import { startUp, type Up } from '../helpers/up.ts';

const BUILD_LIMIT_MS = 420_000;
let up: Up;
let tctl: string;

beforeAll(async () => {
  tctl = await buildTctl();
  up = await startUp();
}, BUILD_LIMIT_MS);
afterAll(async () => await up?.stop());

/** Built from its Go module, whose sums are in this folder; kept in node_modules/.cache. */
async function buildTctl(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache/longshore/tctl');
  await mkdir(folder, { recursive: true });
  for (const file of ['go.mod', 'go.sum']) await copyFile(join(import.meta.dirname, file), join(folder, file));
  await execa('go', ['build', '-mod=mod', '-o', 'tctl', 'github.com/temporalio/tctl/cmd/tctl'], { cwd: folder, timeout: BUILD_LIMIT_MS });
  return join(folder, 'tctl');
}

test('tctl kills a running job, and reruns one that is still open', async () => {
  const signal = async (workflowId: string, name: string, input: string): Promise<void> => {
    const args = ['--workflow_id', workflowId, '--name', name, '--input', input];
    await execa(tctl, ['--address', await up.temporal(), 'workflow', 'signal', ...args]);
  };
  const endless = await up.create('sleep 600', { requestId: 'by-tctl' });
  await signal((await up.until(endless, 'RUNNING')).workflowId, 'kill', '{"reason": "by tctl"}');
  expect((await up.until(endless, 'KILLED')).killRequested).toMatchObject({ reason: 'by tctl', confirmed: true });

  const flaky = await up.create('test "$LONGSHORE_ATTEMPT" = 2', { rerunWindow: '10m' });
  await signal((await up.until(flaky, 'FAILED')).workflowId, 'rerun', '{}');
  const job = await up.until(flaky, 'SUCCEED');
  expect(job.attempts.map(({ status }) => status)).toEqual(['FAILED', 'SUCCEED']);
});
