// S14, CP-63: whatever the interleaving of time, edits, pauses, lost answers, terminated workflows, ends and runs by hand, every instant that
// the schedule means while it is in force is decided exactly once, and begins at most once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant } from '../../../src/specs/schedule-time.ts';
import type { ScheduleInput } from '../../../src/specs/schedule.schema.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { scheduleOf } from '../../schedules/helpers.ts';
import { World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-schedule-'));
let store: Store;
beforeAll(async () => void (store = await openSqliteStore({ file: join(folder, 'a.db'), rules: admissionRules })));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const schedules = fc
  .record({
    when: fc.constantFrom<ScheduleInput>(
      { cron: '0 * * * *' },
      { cron: '*/20 * * * *' },
      { cron: '30 2 * * *' },
      { cron: '15 1-3 * * *', gap: 'skip', overlapHour: 'both' },
      { every: '45m', anchor: '2026-03-01T00:10' },
      { cron: '0 6,18 * * *', holidays: { dates: ['2026-03-30'], weekend: ['sat', 'sun'], policy: 'next-business-day' } },
    ),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'),
    jitter: fc.constantFrom('0s', '20m'),
    misfire: fc.constantFrom('none' as const, 'latest' as const, 'all' as const),
    overlap: fc.constantFrom('allow' as const, 'skip' as const, 'wait' as const, 'replace' as const),
  })
  .map(({ when, ...rest }) => scheduleOf({ ...when, ...rest }));

const happenings = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 12 * 3_600_000 }) }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('step' as const), lost: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ what: 'settle' as const }) },
  { weight: 2, arbitrary: fc.constant({ what: 'end' as const }) },
  { weight: 1, arbitrary: fc.constant({ what: 'hand' as const }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('edit' as const), schedule: schedules }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('pause' as const, 'resume' as const, 'terminate' as const) }) },
);

const plannedWithin = (world: World, until: number): string[] =>
  world.versions.flatMap(({ since, schedule }, at) => {
    const to = world.versions[at + 1]?.since ?? until;
    const cycles: string[] = [];
    for (const { cycle } of plannedAfter(schedule!, since)) {
      if (cycle > to) break;
      cycles.push(formatInstant(cycle));
    }
    return cycles;
  });

test('S14 CP-63 every cycle is decided once, and begins at most once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('2026-03-27T12:00:00.250Z', '2026-10-24T12:00:00Z', '2026-06-01T05:59:59.999Z').map(Date.parse),
      schedules,
      fc.array(happenings, { minLength: 10, maxLength: 40 }),
      async (begin, schedule, story) => {
        const world = new World(store, begin);
        world.save(schedule);
        for (const happening of story) {
          if (happening.what === 'time') {
            world.now += happening.ms;
            world.wake();
          } else if (happening.what === 'step') await world.step(happening.lost);
          else if (happening.what === 'settle') await world.settle();
          else if (happening.what === 'edit') world.save(happening.schedule);
          else if (happening.what === 'terminate') world.terminate();
          else if (happening.what === 'hand') await world.hand();
          else if (happening.what === 'end') {
            if (world.going[0] !== undefined) await world.end(world.going[0]);
          } else world.say(happening.what);
        }
        // The end: everything that was due is decided, and what waited has its turn.
        world.say('resume');
        await world.settle();
        const until = world.now;
        // Jitter runs out, and then nothing more is due than before.
        const planned = plannedWithin(world, until);
        // What was started by hand beforehand stays, though an edit has taken it away.
        const rowsUntil = async () =>
          (await world.rows()).filter(({ cycle, by }) => Date.parse(cycle) <= until && (by === undefined || planned.includes(cycle)));
        await world.run(until + 20 * 60_000);
        for (let turns = 0; world.going.length > 0 && turns < 1_000; turns++) {
          await world.end(world.going[0]!);
          await world.settle();
        }
        const rows = await rowsUntil();
        expect(rows.map(({ cycle }) => cycle)).toEqual(planned);
        expect(new Set(world.begun).size).toBe(world.begun.length);
        expect(rows.filter(({ state }) => state === 'STARTED').map(({ cycle }) => cycle)).toEqual(
          world.begun.filter((cycle) => Date.parse(cycle) <= until && planned.includes(cycle)).toSorted(),
        );
        expect(rows.filter(({ state }) => state === 'WAITING')).toEqual([]);
        for (const { state, reason } of rows) expect(state === 'SKIPPED').toBe(reason !== undefined);
      },
    ),
    { numRuns: 60, endOnFailure: false },
  );
}, 120_000);
