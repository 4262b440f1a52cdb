// The backfill workflow on a server that skips time: to its end, over continue-as-new, a scheduler that dies, termination, trouble.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import { backfillStart } from '../../../src/specs/backfill.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { timeSkippingEnvironment, workflowBundle } from '../../helpers/temporal.ts';
import { soon } from '../soon.ts';
import { cycleAt, World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-backfill-'));
let store: Store;
let env: TestWorkflowEnvironment;
let world: World;
let handle: WorkflowHandle;
let workers: { worker: Worker; done: Promise<void> }[];

beforeAll(async () => void (store = await openSqliteStore({ file: join(folder, 'a.db'), rules: admissionRules })));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  env = await timeSkippingEnvironment();
  world = new World(store);
  workers = [];
});
afterEach(async () => {
  await stopScheduler();
  // Another scheduler, which does not have it in memory, comes to the same.
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, await handle.fetchHistory(), handle.workflowId);
  await handle.terminate().catch(() => undefined);
  await env.teardown();
});

async function startScheduler(): Promise<void> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'backfills',
    workflowBundle: await workflowBundle(),
    activities: world.activities,
  });
  workers.push({ worker, done: worker.run() });
}
async function stopScheduler(): Promise<void> {
  for (const { worker, done } of workers.splice(0)) {
    worker.shutdown();
    await done;
  }
}

const begin = async (historyBudget?: number): Promise<void> => {
  const args = [{ app: 'etl', id: world.row.id, ...(historyBudget !== undefined && { historyBudget }) }];
  handle = await env.client.workflow.start('backfill', { ...backfillStart({ app: 'etl', id: world.row.id }), taskQueue: 'backfills', args });
};

/** Ends what goes on, as it comes, until all have ended. */
async function endAll(count: number): Promise<void> {
  for (let ended = 0; ended < count; ended++) {
    await soon(() => expect(world.going).not.toEqual([]));
    await world.end(world.going[0]!);
    await handle.signal('wake');
  }
}

test('to its end: each begins when the one before has ended', async () => {
  await world.create(3);
  await startScheduler();
  await begin();
  await endAll(3);
  expect(await handle.result()).toBe('all its cycles have their job or run');
  expect(world.begun).toEqual([0, 1, 2].map((n) => `${cycleAt(n)} 1`));
  expect(world.most).toBeLessThanOrEqual(1);
});

test('continue-as-new loses nothing', async () => {
  await world.create(12);
  await startScheduler();
  await begin(40);
  const { runId } = await handle.describe();
  await endAll(12);
  await handle.result();
  expect((await handle.describe()).runId).not.toBe(runId);
  expect(world.begun).toEqual(Array.from({ length: 12 }, (_, n) => `${cycleAt(n)} 1`));
});

test('CP-64 without a scheduler for a while, and terminated, it takes up what the store says', async () => {
  await world.create(4, { parallelism: 2 });
  await startScheduler();
  await begin();
  await soon(() => expect(world.going).toHaveLength(2));
  await stopScheduler();
  await world.end(cycleAt(0));
  expect(await store.backfills.wakeable('2000-01-01', 10)).toEqual([{ app: 'etl', id: world.row.id }]);
  await handle.terminate();
  await begin();
  await startScheduler();
  await soon(() => expect(world.going).toEqual([cycleAt(1), cycleAt(2)]));
  await endAll(3);
  await handle.result();
  expect(world.begun).toEqual([0, 1, 2, 3].map((n) => `${cycleAt(n)} 1`));
});

test('a store that is away, starts that fail, a cancel in Temporal, and signals that say nothing only delay it', async () => {
  await world.create(2);
  const looked = store.backfills.looked.bind(store.backfills);
  let away = true;
  store.backfills.looked = (...args) => (away ? Promise.reject(new Error('the store is away')) : looked(...args));
  world.refuse = () => new Error('no space left on the device');
  await startScheduler();
  await begin();
  await handle.cancel();
  for (const raw of [undefined, null, 'x', 7, [], {}, { id: 3, note: {} }]) await handle.signal('resume', raw);
  await handle.signal('nonsense', { a: 1 });
  await env.sleep('1h');
  away = false;
  await env.sleep('1h');
  expect(world.begun).toEqual([]);
  world.refuse = () => undefined;
  await env.sleep('10m');
  await endAll(2);
  await handle.result();
  store.backfills.looked = looked;
  expect(world.begun).toHaveLength(2);
});

test('paused, resumed and killed by signal', async () => {
  await world.create(3);
  await startScheduler();
  await begin();
  await soon(() => expect(world.going).toHaveLength(1));
  await handle.signal('pause', { note: 'the move', by: 'alice', id: 'p' });
  await soon(async () => expect((await world.stands()).hold).toMatchObject({ note: 'the move', by: 'alice' }));
  await world.end(cycleAt(0));
  await handle.signal('wake');
  await soon(async () => expect(await world.states()).toEqual(['SUCCEED', 'WAITING', 'WAITING']));
  await handle.signal('resume', { by: 'alice' });
  await soon(() => expect(world.going).toEqual([cycleAt(1)]));
  await handle.signal('kill', { by: 'alice', runs: true, reason: 'wrong week' });
  await soon(async () => expect((await world.rows())[1]).toMatchObject({ state: 'STARTED', status: 'KILLED' }));
  await handle.signal('wake');
  expect(await handle.result()).toBe('killed by alice: wrong week');
  expect(await world.states()).toEqual(['SUCCEED', 'KILLED', 'SKIPPED']);
});
