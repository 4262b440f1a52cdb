// The schedule workflow on a server that skips time: edits, signals, ends, termination, continue-as-new. Months of it: schedule.slow.test.ts.
import { describe, expect, test } from 'vitest';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant } from '../../../src/specs/schedule-time.ts';
import { scheduleOf } from '../../schedules/helpers.ts';
import { soon } from '../soon.ts';
import { timed } from './timed.ts';

const at = timed();

describe('an edit', () => {
  test('CP-63 at the firing instant: the cycle is the old schedule’s, runs once, and the new one goes on', async () => {
    await at.save({ every: '1h', anchor: '2026-01-01T00:00:00Z', overlap: 'allow' });
    const [first] = plannedAfter(at.world.versions[0]!.schedule!, at.world.now).take(1);
    await at.pass(first!.cycle - at.world.now);
    at.world.versions.push({ since: first!.cycle, schedule: scheduleOf({ every: '20m', anchor: '2026-01-01T00:00:00Z', overlap: 'allow' }) });
    await at.handle.signal('wake');
    await at.pass(40 * 60_000 + 5_000);
    const wanted = [0, 20, 40].map((minutes) => formatInstant(first!.cycle + minutes * 60_000));
    await soon(() => expect(at.world.begun).toEqual(wanted));
  });

  test('that takes the schedule away ends the workflow', async () => {
    await at.save({ cron: '0 * * * *' });
    await soon(async () => expect((await at.store.schedules.schedule('etl', at.world.ref.name))?.version).toBe(1));
    at.world.versions.push({ since: await at.env.currentTimeMs(), schedule: undefined });
    await at.handle.signal('wake');
    expect(await at.handle.result()).toContain('has no schedule');
    expect((await at.store.schedules.schedule('etl', at.world.ref.name))?.endedAt).toBeDefined();
  });
});

describe('messages and ends', () => {
  test('pause and resume by signal, whatever else is sent', async () => {
    await at.save({ cron: '0 * * * *', overlap: 'allow' });
    await at.pass(3_600_000);
    await soon(() => expect(at.world.begun).toHaveLength(1));
    for (const raw of [undefined, null, 'x', 7, [], {}, { id: 3, note: {} }]) await at.handle.signal('resume', raw);
    await at.handle.signal('nonsense', { a: 1 });
    await at.handle.signal('pause', { id: 'p', note: 'the warehouse moves', by: 'alice' });
    await soon(async () =>
      expect((await at.store.schedules.schedule('etl', at.world.ref.name))?.hold).toMatchObject({ note: 'the warehouse moves', by: 'alice' }),
    );
    await at.pass(3 * 3_600_000);
    await at.handle.signal('resume', { id: 'r' });
    await soon(async () => expect((await at.store.schedules.schedule('etl', at.world.ref.name))?.hold).toBeUndefined());
    await at.pass(3_600_000);
    await soon(() => expect(at.world.begun).toHaveLength(2));
    expect((await at.world.rows()).filter(({ code }) => code === 'PAUSED')).toHaveLength(3);
  });

  test('wait: the end of a run, once told of, begins the next', async () => {
    await at.save({ cron: '0 * * * *' });
    await at.pass(2 * 3_600_000 + 60_000);
    await soon(async () => expect((await at.world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING']));
    expect(await at.store.schedules.wakeable(10)).toEqual([]);
    await at.world.end(at.world.going[0]!);
    expect(await at.store.schedules.wakeable(10)).toEqual([at.world.ref]);
    await at.handle.signal('wake');
    await soon(() => expect(at.world.begun).toHaveLength(2));
  });

  test('fixed delay goes by announced ends', async () => {
    await at.save({ after: '10m' });
    await at.pass(5_000);
    for (let runs = 1; runs <= 3; runs++) {
      await soon(() => expect(at.world.begun).toHaveLength(runs));
      await at.pass(3_600_000);
      await at.world.end(at.world.going[0]!);
      await at.handle.signal('wake');
      await at.pass(10 * 60_000 + 5_000);
    }
  });
});

describe('nothing stops it', () => {
  test('continue-as-new loses nothing', async () => {
    await at.save({ cron: '*/10 * * * *', overlap: 'allow' }, 40);
    const { runId } = await at.handle.describe();
    await at.pass(6 * 3_600_000);
    await soon(() => expect(at.world.begun.length).toBeGreaterThanOrEqual(35));
    expect((await at.handle.describe()).runId).not.toBe(runId);
    expect(at.world.begun).toEqual(
      at.planned(at.world.versions[0]!.since, Date.parse(at.world.begun.at(-1)!)).map((line) => line.slice('STARTED '.length)),
    );
  });

  test('terminated and started again, it takes up what the store says', async () => {
    await at.save({ cron: '0 * * * *', misfire: 'all' });
    await at.pass(2 * 3_600_000 + 60_000);
    await soon(async () => expect((await at.world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING']));
    await at.handle.terminate();
    await at.pass(3_600_000);
    await at.begin();
    await soon(async () => expect((await at.world.rows()).map(({ state }) => state)).toEqual(['STARTED', 'WAITING', 'WAITING']));
    expect(at.world.begun).toHaveLength(1);
  });

  test('a cancel in Temporal does not end it', async () => {
    await at.save({ cron: '0 * * * *', overlap: 'allow' });
    await at.handle.cancel();
    await at.pass(2 * 3_600_000);
    await soon(() => expect(at.world.begun).toHaveLength(2));
  });

  test('a store that is away for hours, and starts that fail, only delay it', async () => {
    await at.save({ cron: '0 * * * *', overlap: 'allow', misfire: 'all' });
    let away = true;
    const decided = at.store.schedules.decided.bind(at.store.schedules);
    at.world.deps.store.schedules.decided = (decision) => (away ? Promise.reject(new Error('the store is away')) : decided(decision));
    await at.pass(3 * 3_600_000);
    expect(at.world.begun).toEqual([]);
    away = false;
    at.world.refuse = () => new Error('no space left on the device');
    await at.pass(3_600_000);
    at.world.refuse = () => undefined;
    await at.pass(3_600_000);
    await soon(() => expect(at.world.begun).toHaveLength(5));
    at.store.schedules.decided = decided;
  });
});
