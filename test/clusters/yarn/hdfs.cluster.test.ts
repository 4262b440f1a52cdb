// The adapter `yarn` with its staging folder on HDFS, where permissions are enforced: the contract, and outputs of a job of alice.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Attempt, StartContext } from '../../../src/adapters/contract.ts';
import { yarn } from '../../../src/adapters/yarn/index.ts';
import { makeWorkspace, removeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import type { ClusterRecord } from '../../../src/specs/execution.ts';
import { attemptKey } from '../../../src/specs/identity.ts';
import { jobSpecSchema } from '../../../src/specs/job.schema.ts';
import { describeAdapterConformance } from '../../adapters/conformance.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { clusterSpec } from './document.ts';
import { ask } from './rest.ts';

let running: YarnCluster;
let dataDir: string;

beforeAll(async () => {
  [running, dataDir] = await Promise.all([startYarn({ hdfs: true }), mkdtemp(join(tmpdir(), 'longshore-hdfs-'))]);
});
afterAll(async () => {
  await running.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const record = (): ClusterRecord => ({ ...clusterSpec(running), version: 1, workers: 'default', givesIds: true });

it('brings the outputs of alice back from where nobody else can read them, notes them, and cleans', async () => {
  const adapter = await yarn.create(record(), { workerId: 'w1', dataDir });
  const key = attemptKey('hdfs', 'run', '', 1);
  const ref = { key, mark: 'mark-hdfs', app: 'test', jobId: '1', workflowId: 'w', firstRunId: 'r', attempt: 1 };
  const outputs = { report: { file: 'out/räport 1.txt' }, rows: { type: 'int' }, none: { file: 'none' } };
  const spec = jobSpecSchema.parse({ name: 'hdfs', type: 'shell', user: 'alice', outputs });
  const nameless: Attempt = { ref, spec, cluster: record(), workspace: workspacePaths(dataDir, key) };
  const attempt: Attempt = { ...nameless, ref: { ...ref, id: await adapter.allocateId!(nameless) } };
  await makeWorkspace(attempt.workspace);
  const script = 'mkdir out; printf hello >"out/räport 1.txt"; echo rows=3 >>"$LONGSHORE_OUTPUT"; printf "%s" "$TOKEN" | wc -c';
  const context: StartContext = {
    plan: { template: 'process', outputPath: '', data: { argv: ['/bin/sh', '-c', script], env: {} } },
    secrets: new Map([['TOKEN', 'hunter2']]),
    gate: async () => {},
    signal: new AbortController().signal,
  };
  const handle = await adapter.start(attempt, { ...context, staged: await adapter.stage!(attempt, context) });
  const folder = `${running.webhdfs}/webhdfs/v1/staging/alice/attempts/${key}`;
  expect((await ask('GET', `${folder}?op=LISTSTATUS&user.name=bob`)).status).toBe(403);
  const seen = async () => (await adapter.describe([{ attempt, handle }]))[0]!;
  await vi.waitFor(async () => expect(await seen()).toMatchObject({ phase: 'ended' }), { timeout: 120_000, interval: 500 });
  expect(await seen()).toMatchObject({ final: 'succeeded', exitCode: 0 });

  await removeWorkspace(attempt.workspace);
  await makeWorkspace(attempt.workspace);
  await adapter.collect!(attempt, handle, { maxBytes: 1_000 });
  expect(await readFile(join(attempt.workspace.workDir, 'out/räport 1.txt'), 'utf8')).toBe('hello');
  expect(await readFile(attempt.workspace.outputFile, 'utf8')).toBe('rows=3\n');
  for (const note of ['{"rows":{"value":3}}', '{"rows":{"value":4}}']) await adapter.note!(attempt, note);
  const log = await vi.waitFor(
    async () => {
      const chunk = await adapter.readLog(attempt, handle, 'stdout', 0, 100);
      expect(chunk.end).toBe(true);
      return Buffer.from(chunk.bytes).toString();
    },
    { timeout: 60_000, interval: 500 },
  );
  expect(log.trim()).toBe('7');

  await adapter.clean(attempt, handle);
  expect((await ask('GET', `${folder}?op=GETFILESTATUS&user.name=alice`)).status).toBe(404);
  expect(await adapter.noted!(attempt)).toBe('{"rows":{"value":4}}');
  await expect(adapter.stage!(attempt, context)).rejects.toMatchObject({ code: 'START_REFUSED' });
  await adapter.close?.();
});

describeAdapterConformance('yarn, staging on HDFS', async () => ({
  type: yarn,
  cluster: record(),
  host: { workerId: 'conformance', dataDir },
}));
