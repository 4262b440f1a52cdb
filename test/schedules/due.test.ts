// What is due and what becomes of it: order, limit, misfires, pause, jitter, catching up, and fixed delay.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUE_LIMIT, dueCycles, firstDecided } from '../../src/schedules/due.ts';
import { dataDate } from '../../src/schedules/data-date.ts';
import { nextFires } from '../../src/schedules/next-fires.ts';
import { drain, scheduleOf, verdicts } from './helpers.ts';

const id = 'default/nightly';
const hourly = scheduleOf({ cron: '0 * * * *' });

describe('what is due', () => {
  it('is every cycle after the last decided one, up to now, with its planned time and data date', () => {
    const schedule = scheduleOf({ cron: '0 6 * * *', timezone: 'Europe/Berlin' });
    expect(dueCycles({ id, schedule, lastDecided: '2026-06-01T04:00:00Z', now: '2026-06-02T04:00:00Z' })).toEqual({
      cycles: [
        {
          cycle: '2026-06-02T04:00:00Z',
          fireAt: '2026-06-02T04:00:00Z',
          planned: '2026-06-02T06:00:00',
          dataDate: '2026-06-01',
          decision: 'start',
        },
      ],
      decidedUntil: '2026-06-02T04:00:00Z',
      more: false,
      nextWakeAt: '2026-06-03T04:00:00Z',
    });
  });

  it('is nothing a moment before, and the instant to wake at is the cycle', () => {
    const answer = dueCycles({ id, schedule: hourly, lastDecided: '2026-06-01T04:00:00Z', now: '2026-06-01T04:59:59.999Z' });
    expect(answer).toEqual({ cycles: [], decidedUntil: '2026-06-01T04:59:59Z', more: false, nextWakeAt: '2026-06-01T05:00:00Z' });
  });

  it('is nothing when the clock was put back, and what is decided stays so', () => {
    const answer = dueCycles({ id, schedule: hourly, lastDecided: '2026-06-01T04:00:00Z', now: '2026-06-01T01:00:00Z' });
    expect(answer).toMatchObject({ cycles: [], decidedUntil: '2026-06-01T04:00:00Z', nextWakeAt: '2026-06-01T05:00:00Z' });
  });

  it('has no next time when the schedule is over', () => {
    const schedule = scheduleOf({ cron: '0 * * * *', end: '2026-06-01T05:00' });
    const answer = dueCycles({ id, schedule, lastDecided: '2026-06-01T04:00:00Z', now: '2026-06-01T07:00:00Z' });
    expect(verdicts(answer.cycles)).toEqual(['start 2026-06-01T05:00:00Z']);
    expect(answer).not.toHaveProperty('nextWakeAt');
  });

  it('refuses a time that is none, instead of taking everything for due', () => {
    expect(() => dueCycles({ id, schedule: hourly, lastDecided: '2026-06-01', now: '2026-06-01T07:00:00Z' })).toThrow(RangeError);
    expect(() => dueCycles({ id, schedule: hourly, lastDecided: '2026-06-01T01:00:00Z', now: 'now' })).toThrow('"now" is not an instant');
  });

  it('is given in pieces of the limit, each going on where the one before ended', () => {
    const asked = {
      id,
      schedule: scheduleOf({ cron: '* * * * *', misfire: 'all' }),
      lastDecided: '2026-06-01T00:00:00Z',
      now: '2026-06-01T20:00:00Z',
    };
    const first = dueCycles({ ...asked, limit: 7 });
    expect(first).toMatchObject({ decidedUntil: '2026-06-01T00:07:00Z', more: true });
    expect(dueCycles({ ...asked, lastDecided: first.decidedUntil, limit: 1 }).cycles[0]!.cycle).toBe('2026-06-01T00:08:00Z');
    expect(drain({ ...asked, limit: 7 }).cycles).toEqual(drain(asked).cycles);
    expect(dueCycles(asked).cycles).toHaveLength(DUE_LIMIT);
  });
});

describe('X1 misfires', () => {
  const down = { id, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T04:03:00Z' };
  const four = ['01', '02', '03', '04'].map((hour) => `2026-06-01T${hour}:00:00Z`);

  it('all: every missed cycle is run, in order', () => {
    expect(verdicts(dueCycles({ ...down, schedule: scheduleOf({ cron: '0 * * * *', misfire: 'all' }) }).cycles)).toEqual(
      four.map((at) => `start ${at}`),
    );
  });

  it('latest, the default: the newest is run, the others say by what they are replaced', () => {
    const { cycles } = dueCycles({ ...down, schedule: hourly });
    expect(verdicts(cycles)).toEqual([...four.slice(0, 3).map((at) => `SUPERSEDED ${at}`), `start ${four[3]}`]);
    expect(cycles[0]!.reason).toBe('decided 3h3m late; 2026-06-01T04:00:00Z was due, too, and misfire is latest');
  });

  it('none: a cycle is run only when it is decided within a minute', () => {
    const schedule = scheduleOf({ cron: '0 * * * *', misfire: 'none' });
    expect(verdicts(dueCycles({ ...down, schedule }).cycles)).toEqual(four.map((at) => `LATE ${at}`));
    const justInTime = verdicts(dueCycles({ ...down, schedule, now: '2026-06-01T04:01:00Z' }).cycles);
    expect(justInTime).toEqual([...four.slice(0, 3).map((at) => `LATE ${at}`), `start ${four[3]}`]);
  });

  it.each(['latest', 'all'] as const)('%s: what is older than the window is skipped, with the window in its reason', (misfire) => {
    const schedule = scheduleOf({ cron: '0 * * * *', misfire, misfireWindow: '1h30m' });
    const { cycles } = dueCycles({ ...down, schedule });
    expect(verdicts(cycles)).toEqual([
      `LATE ${four[0]}`,
      `LATE ${four[1]}`,
      misfire === 'all' ? `start ${four[2]}` : `SUPERSEDED ${four[2]}`,
      `start ${four[3]}`,
    ]);
    expect(cycles[0]!.reason).toBe('decided 3h3m late; misfireWindow is 1h30m');
  });

  it('latest is the newest that is to run at all: a holiday does not replace the day before', () => {
    const schedule = scheduleOf({ cron: '0 6 * * *', holidays: { dates: ['2026-06-04'] } });
    const { cycles } = dueCycles({ id, schedule, lastDecided: '2026-06-01T12:00:00Z', now: '2026-06-04T12:00:00Z' });
    expect(verdicts(cycles)).toEqual(['SUPERSEDED 2026-06-02T06:00:00Z', 'start 2026-06-03T06:00:00Z', 'HOLIDAY 2026-06-04T06:00:00Z']);
  });

  it('several cycles within the same minute are all on time', () => {
    const schedule = scheduleOf({ cron: '*/10 * * * * *', misfire: 'none' });
    expect(
      dueCycles({ id, schedule, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T00:00:45Z' }).cycles.map(({ decision }) => decision),
    ).toEqual(Array(4).fill('start'));
  });

  it.each([1, 100, 101, 10_000])('CP-62 %i missed cycles stop nothing: each is decided once, and the next one comes', (missed) => {
    const from = Date.parse('2026-01-01T00:00:00Z');
    const now = new Date(from + missed * 60_000 + 90_000).toISOString();
    for (const misfire of ['none', 'latest', 'all'] as const) {
      const schedule = scheduleOf({ cron: '* * * * *', timezone: 'Europe/Berlin', misfire });
      const { cycles, nextWakeAt } = drain({ id, schedule, lastDecided: '2026-01-01T00:00:30Z', now });
      expect(new Set(cycles.map(({ cycle }) => cycle)).size).toBe(cycles.length);
      expect(cycles).toHaveLength(missed + 1);
      expect(cycles.filter(({ decision }) => decision === 'start')).toHaveLength(misfire === 'all' ? missed + 1 : 1);
      expect(nextWakeAt).toBe(new Date(from + (missed + 2) * 60_000).toISOString().replace('.000', ''));
    }
  });
});

describe('X1 pause', () => {
  it('skips what is due and says the note', () => {
    const schedule = scheduleOf({ cron: '0 * * * *', pause: { note: 'the warehouse moves' } });
    const { cycles, nextWakeAt } = dueCycles({ id, schedule, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T01:00:00Z' });
    expect(cycles).toMatchObject([{ decision: 'skip', code: 'PAUSED', reason: 'paused: the warehouse moves' }]);
    expect(nextWakeAt).toBe('2026-06-01T02:00:00Z');
  });
});

describe('X1 jitter', () => {
  it('is the same every time, within its bounds, and before the next cycle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7_200 }), fc.constantFrom('*/5 * * * *', '0 * * * *', '0 6 * * *'), fc.string(), (jitter, cron, name) => {
        const schedule = scheduleOf({ cron, jitter: `${jitter}s` });
        const fires = nextFires(schedule, '2026-06-01T00:00:00Z', 20, name);
        expect(nextFires(schedule, '2026-06-01T00:00:00Z', 20, name)).toEqual(fires);
        for (const [i, { cycle, fireAt }] of fires.entries()) {
          expect(Date.parse(fireAt) - Date.parse(cycle)).toBeGreaterThanOrEqual(0);
          expect(Date.parse(fireAt) - Date.parse(cycle)).toBeLessThanOrEqual(jitter * 1_000);
          if (i > 0) expect(fires[i - 1]!.fireAt < cycle).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('spreads schedules and cycles, and is the one that is shown beforehand', () => {
    const schedule = scheduleOf({ cron: '0 * * * *', jitter: '30m' });
    const late = (name: string): number[] =>
      nextFires(schedule, '2026-06-01T00:00:00Z', 200, name).map(({ cycle, fireAt }) => (Date.parse(fireAt) - Date.parse(cycle)) / 60_000);
    const amounts = [...late('a/b'), ...late('a/c')];
    for (let third = 0; third < 3; third++) {
      const inThird = amounts.filter((minutes) => minutes >= third * 10 && minutes < (third + 1) * 10).length;
      expect(inThird).toBeGreaterThan(80);
    }
    expect(late('a/b')).not.toEqual(late('a/c'));
    const [first] = nextFires(schedule, '2026-06-01T00:00:00Z', 1, 'a/b');
    expect(dueCycles({ id: 'a/b', schedule, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T00:30:00Z' }).nextWakeAt).toBe(first!.fireAt);
  });

  it('a cycle waits for its jitter and is not lost meanwhile', () => {
    const schedule = scheduleOf({ cron: '0 * * * *', jitter: '30m' });
    const asked = { id: 'a/b', schedule, lastDecided: '2026-06-01T00:00:00Z' };
    const { nextWakeAt } = dueCycles({ ...asked, now: '2026-06-01T00:30:00Z' });
    const before = dueCycles({ ...asked, now: new Date(Date.parse(nextWakeAt!) - 1).toISOString() });
    expect(before).toMatchObject({ cycles: [], decidedUntil: '2026-06-01T00:59:59Z' });
    const then = dueCycles({ ...asked, lastDecided: before.decidedUntil, now: nextWakeAt! });
    expect(then.cycles).toMatchObject([{ cycle: '2026-06-01T01:00:00Z', fireAt: nextWakeAt, decision: 'start' }]);
  });
});

describe('catching up', () => {
  it('a new schedule begins with what comes after it was saved', () => {
    expect(firstDecided(hourly, '2026-06-01T05:00:00.250Z')).toBe('2026-06-01T05:00:00Z');
  });

  it('catchUpFrom makes the cycles since then due, whatever misfire says; later ones are judged by it', () => {
    const schedule = scheduleOf({ cron: '0 6 * * *', timezone: 'Europe/Berlin', catchUpFrom: '2026-05-30', misfire: 'none' });
    const savedAt = '2026-06-01T12:00:00Z';
    const lastDecided = firstDecided(schedule, savedAt);
    expect(verdicts(dueCycles({ id, schedule, lastDecided, savedAt, now: '2026-06-02T12:00:00Z' }).cycles)).toEqual([
      'start 2026-05-30T04:00:00Z',
      'start 2026-05-31T04:00:00Z',
      'start 2026-06-01T04:00:00Z',
      'LATE 2026-06-02T04:00:00Z',
    ]);
  });
});

describe('S15 the data date', () => {
  it('is the planned day in the zone minus one, or as the schedule says', () => {
    expect(dataDate({ timezone: 'UTC', dataDay: -1 }, '2026-03-01T00:00:00Z')).toBe('2026-02-28');
    expect(dataDate({ timezone: 'America/New_York', dataDay: -1 }, '2026-03-01T00:00:00Z')).toBe('2026-02-27');
    expect(dataDate({ timezone: 'Pacific/Auckland', dataDay: 0 }, '2026-02-28T12:00:00Z')).toBe('2026-03-01');
  });

  it('of a cycle that a gap or a holiday moved is that of the day it was planned on', () => {
    const apia = scheduleOf({ cron: '0 6 * * *', timezone: 'Pacific/Apia' });
    expect(nextFires(apia, '2011-12-30T00:00:00Z', 2).map(({ local, dataDate: day }) => [local, day])).toEqual([
      ['2011-12-31T00:00:00+14:00', '2011-12-29'],
      ['2011-12-31T06:00:00+14:00', '2011-12-30'],
    ]);
    const monthly = scheduleOf({ cron: '0 6 1 * *', holidays: { dates: ['01-01'], weekend: ['sat', 'sun'], policy: 'next-business-day' } });
    const moved = nextFires(monthly, '2026-12-15T00:00:00Z', 1);
    expect(moved).toMatchObject([
      { decision: 'skip', reason: '2027-01-01 is a holiday; moved to 2027-01-04' },
      { decision: 'start', cycle: '2027-01-04T06:00:00Z', planned: '2027-01-01T06:00:00', dataDate: '2026-12-31' },
    ]);
    expect(dataDate(monthly, moved[1]!.cycle, moved[1]!.planned)).toBe('2026-12-31');
  });
});

describe('fixed delay', () => {
  const schedule = scheduleOf({ after: '10m' });
  const asked = { id, schedule, lastDecided: '2026-06-01T00:00:00Z' };

  it('the first run begins at once, or at start', () => {
    const begin = dueCycles({ ...asked, now: '2026-06-01T00:00:01Z', runs: { running: false } });
    expect(begin).toMatchObject({ cycles: [{ cycle: '2026-06-01T00:00:01Z', decision: 'start' }], decidedUntil: '2026-06-01T00:00:01Z' });
    const later = { ...asked, schedule: scheduleOf({ after: '10m', start: '2026-06-01T06:00' }) };
    expect(dueCycles({ ...later, now: '2026-06-01T00:00:01Z', runs: { running: false } }).nextWakeAt).toBe('2026-06-01T06:00:00Z');
  });

  it('nothing is due while a run goes on, and no clock wakes', () => {
    const answer = dueCycles({ ...asked, now: '2026-06-01T09:00:00Z', runs: { running: true } });
    expect(answer).toEqual({ cycles: [], decidedUntil: '2026-06-01T00:00:00Z', more: false });
  });

  it('the next one follows from the announced end, and is never too late', () => {
    const runs = { running: false, lastEnd: '2026-06-01T01:00:00.300Z' };
    expect(dueCycles({ ...asked, now: '2026-06-01T01:05:00Z', runs }).nextWakeAt).toBe('2026-06-01T01:10:01Z');
    expect(verdicts(dueCycles({ ...asked, now: '2026-06-03T00:00:00Z', runs }).cycles)).toEqual(['start 2026-06-01T01:10:01Z']);
  });

  it('never gives a cycle twice, ends with end, and stands still while paused', () => {
    const runs = { running: false, lastEnd: '2026-06-01T01:00:00Z' };
    const again = dueCycles({ ...asked, lastDecided: '2026-06-01T01:10:00Z', now: '2026-06-01T01:10:00Z', runs });
    expect(again.nextWakeAt).toBe('2026-06-01T01:10:01Z');
    const over = scheduleOf({ after: '10m', end: '2026-06-01T01:09' });
    expect(dueCycles({ ...asked, schedule: over, now: '2026-06-01T02:00:00Z', runs })).not.toHaveProperty('nextWakeAt');
    const paused = scheduleOf({ after: '10m', pause: {} });
    expect(dueCycles({ ...asked, schedule: paused, now: '2026-06-01T02:00:00Z', runs })).toMatchObject({ cycles: [], more: false });
  });

  it('needs to know of the runs', () => {
    expect(() => dueCycles({ ...asked, now: '2026-06-01T02:00:00Z' })).toThrow('needs the state of its runs');
  });
});
