// The rules of a schedule: when what is due begins, given what goes on, a pause, an edit, a removal, and trouble.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import type { ScheduleInput } from '../../../src/specs/schedule.schema.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { MOST_WAITING } from '../../../src/workflows/schedule/schedule.machine.ts';
import { scheduleOf } from '../../schedules/helpers.ts';
import { World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-schedule-'));
let store: Store;
beforeAll(async () => void (store = await openSqliteStore({ file: join(folder, 'a.db'), rules: admissionRules })));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string): number => Date.parse(`2026-06-01T${text}Z`);
const cycle = (hour: string): string => `2026-06-01T${hour}:00Z`;

async function world(input: ScheduleInput, from = '00:30:00'): Promise<World> {
  const made = new World(store, at(from));
  made.save(scheduleOf(input));
  await made.settle();
  return made;
}

describe('X1 overlap', () => {
  test('allow: every cycle begins at its time', async () => {
    const w = await world({ cron: '0 * * * *', overlap: 'allow' });
    await w.run(at('03:00:00'));
    expect(w.begun).toEqual([cycle('01:00'), cycle('02:00'), cycle('03:00')]);
    expect(w.going).toHaveLength(3);
  });

  test('wait, the default: the next one begins with the announced end of the one before, and none is lost', async () => {
    const w = await world({ cron: '0 * * * *' });
    await w.run(at('03:10:00'));
    expect(await w.verdicts()).toEqual([`STARTED ${cycle('01:00')}`, `WAITING ${cycle('02:00')}`, `WAITING ${cycle('03:00')}`]);
    await w.end(cycle('01:00'));
    await w.settle();
    expect(w.going).toEqual([cycle('02:00')]);
    await w.end(cycle('02:00'));
    await w.settle();
    expect(w.begun).toEqual([cycle('01:00'), cycle('02:00'), cycle('03:00')]);
  });

  test('skip: what finds a run going on is skipped and says which', async () => {
    const w = await world({ cron: '0 * * * *', overlap: 'skip' });
    await w.run(at('02:30:00'));
    expect((await w.rows()).map(({ state, reason }) => [state, reason])).toEqual([
      ['STARTED', undefined],
      ['SKIPPED', `the run of ${cycle('01:00')} was going on, and overlap is skip`],
    ]);
    await w.end(cycle('01:00'));
    await w.run(at('03:00:00'));
    expect(w.begun).toEqual([cycle('01:00'), cycle('03:00')]);
  });

  test('replace: the run is killed first; the next begins when that has ended', async () => {
    const w = await world({ cron: '0 * * * *', overlap: 'replace' });
    await w.run(at('02:00:00'));
    expect(w.killed).toEqual([cycle('01:00')]);
    expect(w.begun).toEqual([cycle('01:00'), cycle('02:00')]);
  });

  test('a cycle that is being waited for by more than fits is decided when there is room', async () => {
    const w = await world({ cron: '* * * * *', misfire: 'all' });
    await w.run(at('00:31:00') + (MOST_WAITING + 49) * MINUTE);
    expect((await w.rows()).filter(({ state }) => state === 'WAITING')).toHaveLength(MOST_WAITING);
    for (let ends = 0; ends < 60; ends++) {
      await w.end(w.going[0]!);
      await w.settle();
    }
    const rows = await w.rows();
    expect(rows).toHaveLength(MOST_WAITING + 50);
    expect(rows.map(({ state }) => state)).toEqual([...Array(61).fill('STARTED'), ...Array(MOST_WAITING - 11).fill('WAITING')]);
    expect(w.begun).toEqual(w.begun.toSorted());
  });
});

describe('X1 pause and resume', () => {
  test('skips with the note; resuming runs nothing of the pause', async () => {
    const w = await world({ cron: '0 * * * *', overlap: 'allow', misfire: 'all' });
    await w.run(at('01:00:00'));
    w.say('pause', 'the warehouse moves');
    await w.run(at('03:30:00'));
    w.say('resume');
    await w.run(at('04:00:00'));
    expect(await w.verdicts()).toEqual([
      `STARTED ${cycle('01:00')}`,
      `PAUSED ${cycle('02:00')}`,
      `PAUSED ${cycle('03:00')}`,
      `STARTED ${cycle('04:00')}`,
    ]);
    expect((await w.rows())[1]!.reason).toBe('paused: the warehouse moves');
  });

  test('a cycle that is due at the instant of the pause begins', async () => {
    const w = await world({ cron: '0 * * * *' });
    w.now = at('01:00:00');
    w.say('pause');
    await w.settle();
    expect(await w.verdicts()).toEqual([`STARTED ${cycle('01:00')}`]);
  });

  test('what waits for a run is held, and goes on when it is resumed', async () => {
    const w = await world({ cron: '0 * * * *' });
    await w.run(at('02:00:00'));
    w.say('pause');
    await w.settle();
    await w.end(cycle('01:00'));
    await w.run(at('02:30:00'));
    expect(await w.verdicts()).toEqual([`STARTED ${cycle('01:00')}`, `WAITING ${cycle('02:00')}`]);
    w.say('resume');
    await w.settle();
    expect(w.begun).toEqual([cycle('01:00'), cycle('02:00')]);
  });

  test('a message that comes again, later, changes nothing', async () => {
    const w = await world({ cron: '0 * * * *' });
    w.say('pause', '', 'p');
    w.say('resume', '', 'r');
    w.say('pause', '', 'p');
    await w.run(at('01:00:00'));
    expect(w.begun).toEqual([cycle('01:00')]);
  });

  test('it ends a backlog: what of that is undecided is skipped', async () => {
    const w = new World(store, at('00:30:00'));
    w.save(scheduleOf({ cron: '* * * * *', catchUpFrom: '2026-05-31' }));
    await w.settle();
    w.say('pause', 'a mistake');
    await w.settle();
    const rows = await w.rows();
    expect(rows.filter(({ state }) => state === 'STARTED')).toHaveLength(1);
    expect(rows.filter(({ state }) => state === 'WAITING').length).toBeLessThanOrEqual(MOST_WAITING);
    expect(rows).toHaveLength(24 * 60 + 31);
    expect(rows.at(-1)).toMatchObject({ code: 'PAUSED' });
  });

  test('it outlives the workflow', async () => {
    const w = await world({ cron: '0 * * * *' });
    w.say('pause', 'still');
    await w.settle();
    w.terminate();
    await w.run(at('02:00:00'));
    expect(w.begun).toEqual([]);
    w.say('resume');
    await w.run(at('03:00:00'));
    expect(w.begun).toEqual([cycle('03:00')]);
  });
});

describe('fixed delay', () => {
  test('begins at once, then so long after each announced end', async () => {
    const w = await world({ after: '10m' }, '00:00:00');
    expect((await w.settle()).do).toBe('sleep');
    w.now += 1_000;
    w.wake();
    await w.settle();
    expect(w.begun).toEqual(['2026-06-01T00:00:01Z']);
    await w.run(at('05:00:00'));
    expect(w.begun).toHaveLength(1);
    await w.end(w.begun[0]!);
    await w.run(at('05:09:59'));
    expect(w.begun).toHaveLength(1);
    await w.run(at('05:10:00'));
    expect(w.begun[1]).toBe(cycle('05:10'));
  });
});

describe('removal', () => {
  test('ends it; what waits is skipped, what runs goes on', async () => {
    const w = await world({ cron: '0 * * * *' });
    await w.run(at('02:00:00'));
    await store.schedules.removed(w.ref, new Date(w.now).toISOString(), 'its definition was removed');
    w.removed = true;
    w.wake();
    expect(await w.settle()).toMatchObject({ do: 'end' });
    expect(await w.verdicts()).toEqual([`STARTED ${cycle('01:00')}`, `REMOVED ${cycle('02:00')}`]);
    expect(w.going).toEqual([cycle('01:00')]);
  });

  test('and stored again it begins anew: nothing of the time between is made up for', async () => {
    const w = await world({ cron: '0 * * * *', misfire: 'all', overlap: 'allow' });
    await w.run(at('01:00:00'));
    await store.schedules.removed(w.ref, new Date(w.now).toISOString(), 'its definition was removed');
    w.now = at('03:30:00');
    w.save(scheduleOf({ cron: '0 * * * *', misfire: 'all', overlap: 'allow' }));
    await store.schedules.saved(w.ref, new Date(w.now).toISOString());
    w.terminate();
    await w.run(at('04:00:00'));
    expect(w.begun).toEqual([cycle('01:00'), cycle('04:00')]);
  });
});

describe('trouble', () => {
  test('a start that can never be is written with its reason, and the next cycle comes', async () => {
    const w = await world({ cron: '0 * * * *' });
    w.refuse = () => 'FORBIDDEN: App "etl" may not use cluster "yarn"';
    await w.run(at('01:00:00'));
    w.refuse = () => undefined;
    await w.run(at('02:00:00'));
    expect((await w.rows()).map(({ state, reason }) => [state, reason])).toEqual([
      ['REFUSED', 'FORBIDDEN: App "etl" may not use cluster "yarn"'],
      ['STARTED', undefined],
    ]);
  });

  test('a start that fails is tried again, for a day; then the next one is tried', async () => {
    const w = await world({ cron: '0 6 * * *' });
    w.refuse = () => new Error('no space left on the device');
    await w.run(at('07:00:00'));
    expect(await w.verdicts()).toEqual([`WAITING ${cycle('06:00')}`]);
    await w.run(at('07:00:00') + 24 * HOUR);
    expect((await w.rows())[0]).toMatchObject({ state: 'REFUSED', reason: 'no space left on the device' });
    w.refuse = () => undefined;
    await w.run(at('08:00:00') + 24 * HOUR);
    expect(w.begun).toEqual(['2026-06-02T06:00:00Z']);
  });

  test('a pause is not held up by it', async () => {
    const w = await world({ cron: '0 * * * *' });
    w.refuse = () => new Error('no space left on the device');
    await w.run(at('01:00:00'));
    w.say('pause', 'disk');
    await w.run(at('01:05:00'));
    w.refuse = () => undefined;
    await w.run(at('02:00:00'));
    expect(await w.verdicts()).toEqual([`WAITING ${cycle('01:00')}`, `PAUSED ${cycle('02:00')}`]);
  });

  test.each([
    ['none', 0],
    ['latest', 1],
    ['all', 1],
  ] as const)('CP-62 10,000 missed cycles stop nothing, and cost few steps: misfire %s', async (misfire, begun) => {
    const w = new World(store, at('00:00:30'));
    w.save(scheduleOf({ cron: '* * * * *', misfire }));
    await w.settle();
    w.steps = [];
    w.now = at('00:00:30') + 10_000 * MINUTE + 75_000;
    w.wake();
    await w.settle();
    // The newest one is on time.
    expect(w.begun).toHaveLength(misfire === 'none' ? begun + 1 : begun);
    const rows = await w.rows();
    if (misfire === 'all') {
      // The others follow in their order, each when the one before has ended.
      expect(rows).toHaveLength(MOST_WAITING + 1);
      for (let ends = 0; ends < 5; ends++) {
        await w.end(w.going[0]!);
        await w.settle();
      }
      expect(w.begun).toEqual((await w.rows()).slice(0, 6).map(({ cycle }) => cycle));
    } else expect(rows).toHaveLength(10_001);
    expect(w.steps.length).toBeLessThan(80);
  });
});

test('jitter: a cycle begins when its jitter has run out, also after an edit', async () => {
  const w = await world({ cron: '0 * * * *', jitter: '30m' });
  w.now = at('01:00:00');
  w.save(scheduleOf({ cron: '30 5 * * *', jitter: '30m' }));
  await w.settle();
  expect(await w.verdicts()).toEqual([`WAITING ${cycle('01:00')}`]);
  const { fireAt } = (await w.rows())[0]!;
  await w.run(Date.parse(fireAt) - 1_000);
  expect(w.begun).toEqual([]);
  await w.run(Date.parse(fireAt));
  expect(w.begun).toEqual([cycle('01:00')]);
});
