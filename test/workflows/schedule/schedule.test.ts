// The schedule workflow on a server that skips time: years in zones with odd rules, standstills, signals, termination, continue-as-new.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import { createScheduleActivities } from '../../../src/activities/schedule/index.ts';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant } from '../../../src/specs/schedule-time.ts';
import { scheduleWorkflowId } from '../../../src/specs/schedule-run.ts';
import type { ScheduleInput } from '../../../src/specs/schedule.schema.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { timeSkippingEnvironment, workflowBundle } from '../../helpers/temporal.ts';
import { scheduleOf } from '../../schedules/helpers.ts';
import { soon } from '../soon.ts';
import { World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-schedule-'));
const DAY = 86_400_000;
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
  world = new World(store, await env.currentTimeMs());
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
    taskQueue: 'schedules',
    workflowBundle: await workflowBundle(),
    activities: createScheduleActivities(world.deps as never),
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
  const args = [{ ...world.ref, ...(historyBudget !== undefined && { historyBudget }) }];
  const workflowId = scheduleWorkflowId(world.ref.app, world.ref.name);
  handle = await env.client.workflow.start('schedule', { taskQueue: 'schedules', workflowId, args });
};

/** Stores the definition now, by the server's clock, and starts what it needs. */
async function save(input: ScheduleInput, historyBudget?: number): Promise<void> {
  world.now = await env.currentTimeMs();
  world.save(scheduleOf(input));
  await startScheduler();
  await begin(historyBudget);
}

/** Passes time; what the schedule does meanwhile is done. */
async function pass(ms: number): Promise<void> {
  await env.sleep(ms);
  world.now = await env.currentTimeMs();
}

const planned = (from: number, to: number): string[] => {
  const cycles: string[] = [];
  for (const { cycle, skip } of plannedAfter(world.versions[0]!.schedule!, from)) {
    if (cycle > to) break;
    cycles.push(`${skip?.code ?? 'STARTED'} ${formatInstant(cycle)}`);
  }
  return cycles;
};

describe('CP-63 a year, or the half of it that has a change of the clock,', () => {
  test.each<[string, number, ScheduleInput]>([
    [
      'Berlin, with holidays that move, gaps that skip and hours that come twice',
      12,
      {
        cron: '30 2 * * *',
        timezone: 'Europe/Berlin',
        gap: 'skip',
        overlapHour: 'both',
        holidays: { dates: ['12-25', '01-01'], weekend: ['sun'], policy: 'next-business-day' },
      },
    ],
    ['Lord Howe, whose clock changes by half an hour', 6, { cron: '15 2 * * MON,SUN', timezone: 'Australia/Lord_Howe' }],
    ['Santiago, whose clock changes at midnight', 6, { cron: '0 0 * * SUN,MON', timezone: 'America/Santiago' }],
  ])(
    'in %s has exactly its cycles',
    async (_name, months, input) => {
      await save({ ...input, overlap: 'allow' });
      const from = world.versions[0]!.since;
      for (let month = 0; month < months; month++) await pass(31 * DAY);
      // It looks at least once a day.
      const to = world.now - 2 * DAY;
      await soon(async () => expect((await store.schedules.schedule('etl', world.ref.name))!.decidedUntil! >= formatInstant(to)).toBe(true));
      const rows = (await world.rows()).filter(({ cycle }) => Date.parse(cycle) <= to);
      expect(rows.map(({ state, code, cycle }) => `${code ?? state} ${cycle}`)).toEqual(planned(from, to));
      expect(world.begun).toHaveLength(new Set(world.begun).size);
    },
    180_000,
  );

  test('that has no 29 February passes, and the next one has its cycle', async () => {
    await save({ cron: '0 12 29 2 *' });
    const [leap] = plannedAfter(world.versions[0]!.schedule!, world.now).take(1);
    await pass(leap!.cycle - world.now - DAY);
    expect(world.begun).toEqual([]);
    await pass(2 * DAY);
    await soon(() => expect(world.begun).toEqual([formatInstant(leap!.cycle)]));
  });
});

describe('CP-62 nothing runs for a week', () => {
  test('10,000 missed cycles are decided then, in a short history, and the next one comes', async () => {
    await save({ cron: '* * * * *', overlap: 'allow' });
    await pass(60_000);
    await soon(() => expect(world.begun).not.toEqual([]));
    await handle.terminate();
    await pass(7 * DAY);
    await begin();
    await soon(async () => expect((await world.rows()).length).toBeGreaterThan(10_000));
    await soon(() => expect(world.begun.length).toBeGreaterThan(1));
    const rows = await world.rows();
    expect(rows.filter(({ code }) => code === 'SUPERSEDED').length).toBeGreaterThan(10_000);
    const { historyLength } = await handle.describe();
    expect(historyLength).toBeLessThan(150);
    const before = world.begun.length;
    await pass(2 * 60_000);
    await soon(() => expect(world.begun.length).toBeGreaterThan(before));
  });
});

describe('an edit', () => {
  test('CP-63 at the firing instant: the cycle is the old schedule’s, runs once, and the new one goes on', async () => {
    await save({ every: '1h', anchor: '2026-01-01T00:00:00Z', overlap: 'allow' });
    const [first] = plannedAfter(world.versions[0]!.schedule!, world.now).take(1);
    await pass(first!.cycle - world.now);
    world.versions.push({ since: first!.cycle, schedule: scheduleOf({ every: '20m', anchor: '2026-01-01T00:00:00Z', overlap: 'allow' }) });
    await handle.signal('wake');
    await pass(40 * 60_000 + 5_000);
    const wanted = [0, 20, 40].map((minutes) => formatInstant(first!.cycle + minutes * 60_000));
    await soon(() => expect(world.begun).toEqual(wanted));
  });

  test('that takes the schedule away ends the workflow', async () => {
    await save({ cron: '0 * * * *' });
    await soon(async () => expect((await store.schedules.schedule('etl', world.ref.name))?.version).toBe(1));
    world.versions.push({ since: await env.currentTimeMs(), schedule: undefined });
    await handle.signal('wake');
    expect(await handle.result()).toContain('has no schedule');
    expect((await store.schedules.schedule('etl', world.ref.name))?.endedAt).toBeDefined();
  });
});

describe('messages and ends', () => {
  test('pause and resume by signal, whatever else is sent', async () => {
    await save({ cron: '0 * * * *', overlap: 'allow' });
    await pass(3_600_000);
    await soon(() => expect(world.begun).toHaveLength(1));
    for (const raw of [undefined, null, 'x', 7, [], {}, { id: 3, note: {} }]) await handle.signal('resume', raw);
    await handle.signal('nonsense', { a: 1 });
    await handle.signal('pause', { id: 'p', note: 'the warehouse moves', by: 'alice' });
    await soon(async () =>
      expect((await store.schedules.schedule('etl', world.ref.name))?.hold).toMatchObject({ note: 'the warehouse moves', by: 'alice' }),
    );
    await pass(3 * 3_600_000);
    await handle.signal('resume', { id: 'r' });
    await soon(async () => expect((await store.schedules.schedule('etl', world.ref.name))?.hold).toBeUndefined());
    await pass(3_600_000);
    await soon(() => expect(world.begun).toHaveLength(2));
    expect((await world.rows()).filter(({ code }) => code === 'PAUSED')).toHaveLength(3);
  });

  test('wait: the end of a run, once told of, begins the next', async () => {
    await save({ cron: '0 * * * *' });
    await pass(2 * 3_600_000 + 60_000);
    await soon(async () => expect((await world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING']));
    expect(await store.schedules.wakeable(10)).toEqual([]);
    await world.end(world.going[0]!);
    expect(await store.schedules.wakeable(10)).toEqual([world.ref]);
    await handle.signal('wake');
    await soon(() => expect(world.begun).toHaveLength(2));
  });

  test('fixed delay goes by announced ends', async () => {
    await save({ after: '10m' });
    await pass(5_000);
    for (let runs = 1; runs <= 3; runs++) {
      await soon(() => expect(world.begun).toHaveLength(runs));
      await pass(3_600_000);
      await world.end(world.going[0]!);
      await handle.signal('wake');
      await pass(10 * 60_000 + 5_000);
    }
  });
});

describe('nothing stops it', () => {
  test('continue-as-new loses nothing', async () => {
    await save({ cron: '*/10 * * * *', overlap: 'allow' }, 40);
    const { runId } = await handle.describe();
    await pass(6 * 3_600_000);
    await soon(() => expect(world.begun.length).toBeGreaterThanOrEqual(35));
    expect((await handle.describe()).runId).not.toBe(runId);
    expect(world.begun).toEqual(planned(world.versions[0]!.since, Date.parse(world.begun.at(-1)!)).map((line) => line.slice('STARTED '.length)));
  });

  test('terminated and started again, it takes up what the store says', async () => {
    await save({ cron: '0 * * * *', misfire: 'all' });
    await pass(2 * 3_600_000 + 60_000);
    await soon(async () => expect((await world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING']));
    await handle.terminate();
    await pass(3_600_000);
    await begin();
    await soon(async () => expect((await world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING', 'WAITING']));
    expect(world.begun).toHaveLength(1);
  });

  test('a cancel in Temporal does not end it', async () => {
    await save({ cron: '0 * * * *', overlap: 'allow' });
    await handle.cancel();
    await pass(2 * 3_600_000);
    await soon(() => expect(world.begun).toHaveLength(2));
  });

  test('a store that is away for hours, and starts that fail, only delay it', async () => {
    await save({ cron: '0 * * * *', overlap: 'allow', misfire: 'all' });
    let away = true;
    const decided = store.schedules.decided.bind(store.schedules);
    world.deps.store.schedules.decided = (decision) => (away ? Promise.reject(new Error('the store is away')) : decided(decision));
    await pass(3 * 3_600_000);
    expect(world.begun).toEqual([]);
    away = false;
    world.refuse = () => new Error('no space left on the device');
    await pass(3_600_000);
    world.refuse = () => undefined;
    await pass(3_600_000);
    await soon(() => expect(world.begun).toHaveLength(5));
    store.schedules.decided = decided;
  });
});
