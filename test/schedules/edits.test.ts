// Edits, pauses, restarts and standstills: whatever happens, each instant that a schedule means while it is in force is decided exactly once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueCycles, firstDecided } from '../../src/schedules/due.ts';
import { plannedAfter } from '../../src/schedules/planned.ts';
import { formatInstant } from '../../src/specs/schedule-time.ts';
import type { DueCycle } from '../../src/specs/schedule.ts';
import type { Schedule, ScheduleInput } from '../../src/specs/schedule.schema.ts';
import { drain, scheduleOf, verdicts } from './helpers.ts';

const id = 'default/nightly';

const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    when: fc.constantFrom<ScheduleInput>(
      { cron: '0 6 * * *' },
      { cron: '30 2 * * *' },
      { cron: '0 */2 * * *' },
      { cron: '*/30 * * * *' },
      { cron: '15 1-3 * * *', gap: 'skip', overlapHour: 'both' },
      { cron: '0 0 L * *' },
      { every: '7h' },
      { every: '45m', anchor: '2026-03-01T00:10' },
      { cron: '0 6 * * *', holidays: { dates: ['2026-03-30', '2026-10-26'], weekend: ['sat', 'sun'] } },
      { cron: '0 6,18 * * *', holidays: { dates: ['2026-03-30', '2026-10-26'], weekend: ['sat', 'sun'], policy: 'next-business-day' } },
      { cron: '0 6 * * *', holidays: { dates: ['2026-03-30'], weekend: ['sat', 'sun'], policy: 'previous-business-day' } },
    ),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'),
    rest: fc.constantFrom<ScheduleInput>({}, { jitter: '20m' }, { jitter: '3h' }, { pause: {} }, { start: '2026-03-27' }, { end: '2026-04-02' }),
    misfire: fc.constantFrom('none' as const, 'latest' as const, 'all' as const),
  })
  .map(({ when, timezone, rest, misfire }) => scheduleOf({ ...when, timezone, ...rest, misfire }));

/** Some days around a change of the clock in Berlin, New York, Lord Howe or Santiago; fractions of a second included. */
const season = fc.constantFrom('2026-03-25T00:00:00Z', '2026-04-01T00:00:00Z', '2026-09-03T00:00:00Z', '2026-10-22T00:00:00Z').map(Date.parse);
const waits = fc.array(fc.integer({ min: 1, max: 2 * 86_400_000 }), { minLength: 1, maxLength: 12 });

const plannedWithin = (schedule: Schedule, after: number, upTo: number): string[] => {
  const cycles: string[] = [];
  for (const { cycle } of plannedAfter(schedule, after)) {
    if (cycle > upTo) break;
    cycles.push(formatInstant(cycle));
  }
  return cycles;
};

describe('CP-63 an edit', () => {
  it('S14 decides each cycle exactly once: of the old schedule up to the edit, of the new one after it', () => {
    fc.assert(
      fc.property(
        season,
        fc.array(fc.record({ schedule: schedules, waits, limit: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 4 }),
        (savedAt, versions) => {
          let now = savedAt;
          let lastDecided = formatInstant(savedAt);
          const decided: DueCycle[] = [];
          const wanted: string[] = [];
          for (const { schedule, waits, limit } of versions) {
            const from = now;
            for (const wait of waits) {
              now += wait;
              // One answer, as if the process died after it; the next begins where it ended.
              const answer = dueCycles({ id, schedule, lastDecided, now: new Date(now).toISOString(), limit });
              expect(answer.cycles.every(({ fireAt }) => Date.parse(fireAt) <= now)).toBe(true);
              expect(answer.decidedUntil >= lastDecided).toBe(true);
              decided.push(...answer.cycles);
              lastDecided = answer.decidedUntil;
            }
            const settled = drain({ id, schedule, lastDecided, now: new Date(now).toISOString(), limit, settle: true });
            decided.push(...settled.cycles);
            lastDecided = settled.decidedUntil;
            expect(lastDecided).toBe(formatInstant(now));
            wanted.push(...plannedWithin(schedule, from, now));
          }
          expect(decided.map(({ cycle }) => cycle)).toEqual(wanted);
          expect(new Set(wanted).size).toBe(wanted.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('to what has a cycle at the same instant does not run it again', () => {
    const now = '2026-06-01T06:00:00Z';
    const before = drain({ id, schedule: scheduleOf({ cron: '0 6 * * *' }), lastDecided: '2026-05-31T12:00:00Z', now, settle: true });
    const after = drain({ id, schedule: scheduleOf({ cron: '0 * * * *' }), lastDecided: before.decidedUntil, now: '2026-06-01T07:00:00Z' });
    expect(verdicts([...before.cycles, ...after.cycles])).toEqual(['start 2026-06-01T06:00:00Z', 'start 2026-06-01T07:00:00Z']);
  });

  it('does not run what the new schedule would have had before it', () => {
    const before = drain({
      id,
      schedule: scheduleOf({ cron: '0 6 * * *' }),
      lastDecided: '2026-06-01T06:00:00Z',
      now: '2026-06-01T12:00:30Z',
      settle: true,
    });
    const after = drain({
      id,
      schedule: scheduleOf({ every: '10m', misfire: 'all' }),
      lastDecided: before.decidedUntil,
      now: '2026-06-01T12:10:00Z',
    });
    expect(verdicts([...before.cycles, ...after.cycles])).toEqual(['start 2026-06-01T12:10:00Z']);
  });

  it('does not lose a cycle that waits for its jitter', () => {
    const schedule = scheduleOf({ cron: '0 6 * * *', jitter: '2h' });
    const asked = { id, schedule, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T06:00:00Z' };
    expect(dueCycles(asked)).toMatchObject({ cycles: [], decidedUntil: '2026-06-01T05:59:59Z' });
    const settled = dueCycles({ ...asked, settle: true });
    expect(settled).toMatchObject({ cycles: [{ cycle: '2026-06-01T06:00:00Z', decision: 'start' }], decidedUntil: '2026-06-01T06:00:00Z' });
  });

  it('from a fixed delay to a cron, and back, begins where it is made', () => {
    const delay = { id, schedule: scheduleOf({ after: '10m' }), lastDecided: '2026-06-01T01:10:00Z', settle: true };
    const settled = drain({ ...delay, now: '2026-06-01T05:30:00Z', runs: { running: true } });
    expect(settled).toMatchObject({ cycles: [], decidedUntil: '2026-06-01T05:30:00Z' });
    const cron = drain({ id, schedule: scheduleOf({ cron: '0 * * * *' }), lastDecided: settled.decidedUntil, now: '2026-06-01T06:00:00Z' });
    expect(verdicts(cron.cycles)).toEqual(['start 2026-06-01T06:00:00Z']);
    const runs = { running: false, lastEnd: '2026-06-01T06:03:00Z' };
    const back = dueCycles({ ...delay, settle: false, lastDecided: '2026-06-01T06:20:00Z', now: '2026-06-01T06:20:01Z', runs });
    expect(verdicts(back.cycles)).toEqual(['start 2026-06-01T06:20:01Z']);
  });

  it('resuming runs nothing of the pause', () => {
    const paused = scheduleOf({ cron: '0 * * * *', pause: { note: 'move' }, misfire: 'all' });
    const during = drain({ id, schedule: paused, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T02:30:00Z', settle: true });
    const after = drain({ id, schedule: scheduleOf({ cron: '0 * * * *' }), lastDecided: during.decidedUntil, now: '2026-06-01T03:00:00Z' });
    expect(verdicts([...during.cycles, ...after.cycles])).toEqual([
      'PAUSED 2026-06-01T01:00:00Z',
      'PAUSED 2026-06-01T02:00:00Z',
      'start 2026-06-01T03:00:00Z',
    ]);
  });
});

/** How many of these targets get a run of their own: each run begins within its target's window, and counts for one target (augmenting paths). */
function matched(windows: readonly (readonly [from: number, to: number])[], runs: readonly number[]): number {
  const takenBy = new Map<number, number>();
  const place = (target: number, tried: Set<number>): boolean =>
    runs.some((run, i) => {
      if (run < windows[target]![0] || run > windows[target]![1] || tried.has(i)) return false;
      tried.add(i);
      const other = takenBy.get(i);
      if (other !== undefined && !place(other, tried)) return false;
      takenBy.set(i, target);
      return true;
    });
  return windows.filter((_, target) => place(target, new Set())).length;
}

describe('CP-63 a scheduler that wakes, dies and comes back', () => {
  const EPSILON = 5_000;

  it('gives every target a run of its own that begins in time, no run is left over, and what is not run says why', () => {
    fc.assert(
      fc.property(
        schedules.filter(({ pause }) => pause === undefined),
        season,
        fc.array(fc.record({ after: fc.integer({ min: 0, max: 172_800_000 }), lasts: fc.integer({ min: 1, max: 86_400_000 }) }), { maxLength: 3 }),
        (schedule, begin, breaks) => {
          const end = begin + 8 * 86_400_000;
          const downs: [number, number][] = [];
          for (const { after, lasts } of breaks) {
            const from = (downs.at(-1)?.[1] ?? begin) + after;
            downs.push([from, from + lasts]);
          }
          /** The first instant at or after `at` at which the process lives. */
          const up = (at: number): number => downs.reduce((time, [from, to]) => (time >= from && time < to ? to : time), at);
          const runs: number[] = [];
          const decided: DueCycle[] = [];
          let lastDecided = firstDecided(schedule, formatInstant(begin));
          for (let now = up(begin); now < end;) {
            const answer = dueCycles({ id, schedule, lastDecided, now: new Date(now).toISOString(), limit: 20 });
            lastDecided = answer.decidedUntil;
            decided.push(...answer.cycles);
            for (const { decision } of answer.cycles) if (decision === 'start') runs.push(now);
            if (answer.nextWakeAt === undefined) break;
            // A timer fires a little late.
            if (!answer.more) now = up(Math.max(now, Date.parse(answer.nextWakeAt)) + 1_500);
          }
          const starts = decided.filter(({ decision }) => decision === 'start');
          const windows = starts.map(({ fireAt }) => [Date.parse(fireAt), up(Date.parse(fireAt)) + EPSILON] as const);
          expect(runs).toHaveLength(starts.length);
          expect(matched(windows, runs)).toBe(starts.length);
          for (const { decision, reason } of decided) expect(decision === 'start').toBe(reason === undefined);
          const wanted = plannedWithin(schedule, begin, Math.min(end, Date.parse(lastDecided)));
          expect(decided.map(({ cycle }) => cycle)).toEqual(wanted);
          // Without a standstill nothing but holidays and gaps is skipped.
          if (downs.length === 0) expect(decided.filter(({ code }) => code !== undefined && code !== 'HOLIDAY' && code !== 'GAP')).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
