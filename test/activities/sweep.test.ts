// A sweep from plan to settlement, with the real store and a cluster that the test plays.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { LifecycleDeps } from '../../src/activities/container.ts';
import type { SchedulerDeps } from '../../src/activities/deps.ts';
import { sweep } from '../../src/activities/sweep.ts';
import { sweepPlan, sweepSettle, type SweepMemory } from '../../src/activities/sweep-plan.ts';
import type { Adapter, Remains } from '../../src/adapters/contract.ts';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import type { SweepReport } from '../../src/specs/activities.ts';
import type { JobInput } from '../../src/specs/execution.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import type { Status } from '../../src/specs/status.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { admitOf, event, limit, newKey, recordOf, sampleInput, workflowIdOf } from '../store/samples.ts';

const logger = pino({ level: 'silent' });
let folder: string;
let store: Store;
let memory: SweepMemory;
/** What lives on the cluster. */
let living: Set<string>;
/** What cleaned attempts have left there. */
let remains: Remains[];
let pruneFails: boolean;
let workflowStatus: string;
/** Of the workflows: id of the first run of the newest execution. */
let firstRunId: string;
/** The workflows that were described. */
let asked: Set<string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-sweep-'));
  store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
  await store.definitions.put({ kind: 'Cluster', app: '', name: 'local', digest: 'd', spec: { name: 'local', type: 'local' }, createdBy: 'test' });
  memory = { seen: [] };
  living = new Set();
  remains = [];
  pruneFails = false;
  workflowStatus = 'RUNNING';
  firstRunId = '';
  asked = new Set();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const adapter: Partial<Adapter> = {
  list: async () => [...living].map((key) => ({ key, handle: { id: key }, phase: 'running' as const })),
  stopKey: async (key) => void living.delete(key),
  remains: async () => remains,
  prune: async (over) => {
    if (pruneFails) throw new Error('EACCES');
    remains = remains.filter(({ key }) => !over.includes(key));
  },
};

const described = () => ({ status: { name: workflowStatus }, raw: { workflowExecutionInfo: { firstRunId } } });

/** One round of a sweep. */
async function round(): Promise<SweepReport> {
  const client = { workflow: { getHandle: (id: string) => ({ describe: async () => (asked.add(id), described()) }) } } as unknown as Client;
  const scheduler = { store, client, logger, adapters: createAdapterRegistry(), poke: () => undefined } as unknown as SchedulerDeps;
  const clusters = { get: async () => ({ adapter }) };
  const worker = { logger, clusters, config: { retention: { runs: '1d' } } } as unknown as LifecycleDeps;
  const plan = (await sweepPlan(scheduler, { cluster: 'local' }, memory))!;
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const report = (await env.run(() => sweep(worker, plan))) as SweepReport;
  await sweepSettle(scheduler, plan, report, memory);
  return report;
}

/** A job of the store whose attempt has come so far. */
const jobAt = (...statuses: Status[]) => inputAt(sampleInput({ cluster: 'local' }), statuses);

async function inputAt(input: JobInput, statuses: readonly Status[], key = newKey()): Promise<{ jobId: string; key: string }> {
  await store.executions.created(input, workflowIdOf(input));
  await store.executions.record(
    recordOf(
      input,
      statuses.map((status, at) => event(at + 1, status, at === 0 ? { set: { key } } : {})),
    ),
  );
  return { jobId: input.jobId, key };
}
const keysLeft = (): string[] => remains.map(({ key }) => key);

it('removes what cleaned attempts left only when the store knows that they are over', async () => {
  const [ended, unknown] = [await jobAt('STARTING', 'RUNNING', 'SUCCEED'), await jobAt('STARTING', 'UNKNOWN')];
  const [stranger, oldStranger] = [newKey(), newKey()];
  const now = new Date().toISOString();
  remains = [ended.key, unknown.key, stranger].map((key) => ({ key, since: now })).concat({ key: oldStranger, since: '2020-01-01T00:00:00.000Z' });
  await round();
  expect(keysLeft()).toHaveLength(4);
  await round();
  expect(keysLeft()).toEqual([unknown.key, stranger]);
  await round();
  expect(keysLeft()).toEqual([unknown.key, stranger]);
});

it('does its other work when nothing can be removed', async () => {
  const ended = await jobAt('STARTING', 'RUNNING', 'SUCCEED');
  living.add(ended.key);
  pruneFails = true;
  expect((await round()).stopped).toEqual([]);
  expect((await round()).stopped).toEqual([ended.key]);
});

it('proves ends on a cluster with more living things than a report can list, and in time looks at all of them', async () => {
  const [terminated, ended] = [await jobAt('STARTING', 'RUNNING'), await jobAt('STARTING', 'RUNNING', 'FAILED')];
  const stale = admitOf({ cluster: 'local' });
  await limit(store, 'App', 'etl', {});
  await store.admission.request(stale, new Date().toISOString());
  for (let i = 0; i < 1_100; i++) living.add(newKey());
  living.add(terminated.key).add(ended.key);
  workflowStatus = 'TERMINATED';
  const first = await round();
  expect(first.seen).toHaveLength(1_000);
  expect(first.seen[0]).toMatchObject({ key: terminated.key });
  expect(first.stopped).toEqual([terminated.key]);
  expect((await store.executions.job(terminated.jobId))!.status).toBe('RUNNING');
  expect(await store.admission.leases({ limit: 10 })).toEqual([]);
  await round();
  expect((await store.executions.job(terminated.jobId))!.status).toBe('KILLED');
  await expect.poll(async () => (await round(), living.has(ended.key)), { interval: 1, timeout: 20_000 }).toBe(false);
});

it('stops what a run had under way when it was terminated, although it was begun anew', async () => {
  const place = { run: '77', dag: 'flights', node: 'load', item: 3, owner: 'dag:etl:flights:1' } as const;
  const inRun = (statuses: readonly Status[], key?: string) => inputAt(sampleInput({ cluster: 'local' }, { place }), statuses, key);
  firstRunId = 'the present one';
  const [before, unknown] = [await inRun(['STARTING', 'RUNNING']), await inRun(['STARTING', 'UNKNOWN'])];
  const now = await inRun(['STARTING', 'RUNNING'], attemptKey(place.owner, firstRunId, 'load/3', 1));
  await limit(store, 'App', 'etl', {});
  for (const { jobId, key } of [before, now]) {
    const request = admitOf({ cluster: 'local' });
    await store.admission.request({ ...request, attempt: { ...request.attempt, jobId, key, workflowId: place.owner } }, new Date().toISOString());
  }
  for (const { key } of [before, unknown, now]) living.add(key);
  await round();
  expect(living).toEqual(new Set([unknown.key, now.key]));
  await round();
  const statuses = await Promise.all([before, unknown, now].map(async ({ jobId }) => (await store.executions.job(jobId))!.status));
  expect(statuses).toEqual(['KILLED', 'UNKNOWN', 'RUNNING']);
  expect((await store.admission.leases({ limit: 10 })).map(({ key }) => key)).toEqual([now.key]);
});

it('ends a job whose run has closed without it, and asks only how the run stands', async () => {
  const place = { run: '77', dag: 'flights', node: 'load', owner: 'dag:etl:flights:1' };
  const { jobId, key } = await inputAt(sampleInput({ cluster: 'local' }, { place }), ['STARTING', 'RUNNING']);
  living.add(key);
  await round();
  expect(asked).toEqual(new Set([place.owner]));
  expect(living.has(key)).toBe(true);
  workflowStatus = 'COMPLETED';
  await round();
  expect(living.has(key)).toBe(false);
  // The next report is the proof.
  await round();
  expect(await store.executions.job(jobId)).toMatchObject({
    status: 'KILLED',
    code: 'TERMINATED',
    reason: 'the workflow of its run has closed without it',
  });
});
