// The calendar: leap days, ends of months, weekdays, holidays skipped and moved, start and end; and a schedule in words.
import { describe, expect, it } from 'vitest';
import { describeSchedule } from '../../src/schedules/describe.ts';
import { nextFires } from '../../src/schedules/next-fires.ts';
import type { ScheduleInput } from '../../src/specs/schedule.schema.ts';
import { plannedIn, scheduleOf } from './helpers.ts';

const days = (cron: string, from: string, to: string): string[] =>
  plannedIn({ cron }, `${from}T00:00:00Z`, `${to}T00:00:00Z`).map((at) => at.slice(0, 10));

/** Cycles with the reasons why they are not run. */
const reasons = (input: ScheduleInput, from: string, n: number): string[] =>
  nextFires(scheduleOf(input), from, n).map(({ cycle, reason }) => (reason === undefined ? cycle : `${cycle} ${reason}`));

describe('X1 cron', () => {
  it.each([
    ['L, the last day', '0 0 L 2 *', '2027-01-01', '2029-01-01', ['2027-02-28', '2028-02-29']],
    ['LW, the last weekday', '0 0 LW * *', '2026-01-01', '2026-06-01', ['2026-01-30', '2026-02-27', '2026-03-31', '2026-04-30', '2026-05-29']],
    [
      '15W, the nearest weekday',
      '0 0 15W * *',
      '2026-01-01',
      '2026-09-01',
      ['01-15', '02-16', '03-16', '04-15', '05-15', '06-15', '07-15', '08-14'].map((d) => `2026-${d}`),
    ],
    ['1W stays in its month', '0 0 1W * *', '2026-08-01', '2026-09-01', ['2026-08-03']],
    ['5#3, the third Friday', '0 0 * * 5#3', '2026-01-01', '2026-04-01', ['2026-01-16', '2026-02-20', '2026-03-20']],
    ['FRI#5 only where there is one', '0 0 * * FRI#5', '2026-01-01', '2026-06-01', ['2026-01-30', '2026-05-29']],
    ['FRIL, the last Friday', '0 0 * * FRIL', '2026-01-01', '2026-04-01', ['2026-01-30', '2026-02-27', '2026-03-27']],
    ['29 February', '0 0 29 2 *', '2026-01-01', '2034-01-01', ['2028-02-29', '2032-02-29']],
    ['31 where there is one', '0 0 31 * *', '2026-01-01', '2026-08-01', ['2026-01-31', '2026-03-31', '2026-05-31', '2026-07-31']],
    ['the 13th or a Friday: either is enough', '0 0 13 * FRI', '2026-01-01', '2026-01-17', ['2026-01-02', '2026-01-09', '2026-01-13', '2026-01-16']],
    ['?, any day', '0 0 13 * ?', '2026-01-01', '2026-03-01', ['2026-01-13', '2026-02-13']],
    ['names, ranges, lists', '0 0 1-3 JAN,mar MON-FRI', '2026-03-01', '2026-03-08', ['01', '02', '03', '04', '05', '06'].map((d) => `2026-03-${d}`)],
    ['@weekly', '@weekly', '2026-01-01', '2026-01-12', ['2026-01-04', '2026-01-11']],
    ['7 is Sunday, too', '0 0 * * 7', '2026-01-01', '2026-01-12', ['2026-01-04', '2026-01-11']],
  ])('%s', (_, cron, from, to, wanted) => {
    expect(days(cron, from, to)).toEqual(wanted);
  });

  it('no leap day in 2100', () => {
    expect(days('0 0 29 2 *', '2096-01-01', '2105-01-01')).toEqual(['2096-02-29', '2104-02-29']);
  });

  it('takes six fields, the second first, and steps from a number on', () => {
    expect(plannedIn({ cron: '30 0/20 6 * * *' }, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')).toEqual([
      '2026-01-01T06:00:30Z',
      '2026-01-01T06:20:30Z',
      '2026-01-01T06:40:30Z',
    ]);
    expect(plannedIn({ cron: '50/5 6 * * *' }, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')).toEqual([
      '2026-01-01T06:50:00Z',
      '2026-01-01T06:55:00Z',
    ]);
  });
});

describe('start and end', () => {
  it('both belong to the time in which it runs; a date as end is its whole day in the zone', () => {
    const input: ScheduleInput = { cron: '0 */12 * * *', timezone: 'Europe/Berlin', start: '2026-06-01T12:00', end: '2026-06-02' };
    expect(plannedIn(input, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
      '2026-06-01T10:00:00Z',
      '2026-06-01T22:00:00Z',
      '2026-06-02T10:00:00Z',
    ]);
    expect(plannedIn({ ...input, end: '2026-06-01T22:00:00Z' }, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toHaveLength(2);
  });

  it('a fixed rate is counted from its anchor, else from start, else from 1970', () => {
    const week = ['2026-06-01T00:00:00Z', '2026-06-01T12:00:00Z'] as const;
    expect(plannedIn({ every: '5h', anchor: '2030-01-01T02:00:00Z' }, ...week)).toEqual(['2026-06-01T02:00:00Z', '2026-06-01T07:00:00Z']);
    expect(plannedIn({ every: '5h', start: '2026-06-01T01:30' }, ...week)).toEqual([
      '2026-06-01T01:30:00Z',
      '2026-06-01T06:30:00Z',
      '2026-06-01T11:30:00Z',
    ]);
    expect(plannedIn({ every: '6h' }, ...week)).toEqual(['2026-06-01T00:00:00Z', '2026-06-01T06:00:00Z']);
  });
});

describe('X1 holidays', () => {
  const weekend = ['sat', 'sun'] as const;
  // Thursday 24 to Monday 28 December 2026.
  const christmas = ['2026-12-24T00:00:00Z', '2026-12-29T00:00:00Z'] as const;
  const holidays = { calendars: { christmas: ['12-25', '2026-12-26'] }, weekend: [...weekend] };

  it('skip: the reason names the calendar or the day', () => {
    expect(reasons({ cron: '0 6 * * *', holidays }, '2026-12-24T12:00:00Z', 1)).toEqual([
      '2026-12-25T06:00:00Z 2026-12-25 is a holiday (christmas)',
      '2026-12-26T06:00:00Z 2026-12-26 is a holiday (christmas)',
      '2026-12-27T06:00:00Z 2026-12-27 is a Sunday',
      '2026-12-28T06:00:00Z',
    ]);
  });

  it('next-business-day: at the same local time, once, beside the cycles of that day', () => {
    const input: ScheduleInput = { cron: '0 6,18 25 * *', holidays: { ...holidays, policy: 'next-business-day' } };
    expect(plannedIn(input, ...christmas)).toEqual([
      'HOLIDAY 2026-12-25T06:00:00Z',
      'HOLIDAY 2026-12-25T18:00:00Z',
      '2026-12-28T06:00:00Z',
      '2026-12-28T18:00:00Z',
    ]);
    expect(plannedIn({ ...input, cron: '0 6 * * *' }, ...christmas).filter((at) => !at.startsWith('HOLIDAY'))).toEqual([
      '2026-12-24T06:00:00Z',
      '2026-12-28T06:00:00Z',
    ]);
  });

  it('previous-business-day: before the holiday, and the holiday says where it went', () => {
    const input: ScheduleInput = { cron: '0 6 27 12 *', holidays: { ...holidays, policy: 'previous-business-day' } };
    expect(reasons(input, '2026-12-01T00:00:00Z', 1)).toEqual(['2026-12-24T06:00:00Z']);
    expect(reasons(input, '2026-12-24T12:00:00Z', 1)[0]).toBe('2026-12-27T06:00:00Z 2026-12-27 is a Sunday; moved to 2026-12-24');
  });

  const yearly = (policy: 'next-business-day' | 'previous-business-day'): ScheduleInput => ({
    cron: '0 6 27 12 *',
    holidays: { ...holidays, policy },
  });

  it('a cycle that comes once a year is found from wherever it is asked for', () => {
    for (const from of ['2026-03-01T00:00:00Z', '2026-11-24T12:00:00Z', '2026-12-24T05:59:59Z'])
      expect(reasons(yearly('previous-business-day'), from, 1)).toEqual(['2026-12-24T06:00:00Z']);
    for (const from of ['2026-12-27T12:00:00Z', '2026-12-28T05:59:59Z'])
      expect(reasons(yearly('next-business-day'), from, 1)).toEqual(['2026-12-28T06:00:00Z']);
  });

  it('where a gap and a holiday meet in one instant, the cycle that the gap moved is run', () => {
    // Samoa left out the 30th: its cycles come to the first instant of the 31st, which has a cycle of its own, on a holiday.
    const input: ScheduleInput = { cron: '0 0,6 * * *', timezone: 'Pacific/Apia', holidays: { dates: ['2011-12-31'] } };
    expect(plannedIn(input, '2011-12-29T12:00:00Z', '2012-01-01T00:00:00Z')).toEqual([
      '2011-12-29T16:00:00Z',
      '2011-12-30T10:00:00Z',
      'HOLIDAY 2011-12-30T16:00:00Z',
      '2011-12-31T10:00:00Z',
      '2011-12-31T16:00:00Z',
    ]);
  });

  it('is not moved further than a month, and an answer about a schedule of holidays only has an end', () => {
    const none: ScheduleInput = {
      cron: '0 6 15 * *',
      holidays: {
        dates: Array.from({ length: 80 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10)),
        policy: 'next-business-day',
      },
    };
    expect(reasons(none, '2026-01-01T00:00:00Z', 1)[0]).toBe('2026-01-15T06:00:00Z 2026-01-15 is a holiday; no business day within 31 days');
    expect(plannedIn(none, '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z')).toContain('2026-03-22T06:00:00Z');
    expect(nextFires(scheduleOf({ cron: '0 0 * * SUN', holidays: { weekend: ['sun'] } }), '2026-01-01T00:00:00Z', 5)).toHaveLength(1_000);
  });

  it('the zone says which day it is', () => {
    const input: ScheduleInput = { cron: '0 20 * * *', timezone: 'America/New_York', holidays: { dates: ['2026-07-04'] } };
    expect(plannedIn(input, '2026-07-04T00:00:00Z', '2026-07-06T00:00:00Z')).toEqual(['2026-07-04T00:00:00Z', 'HOLIDAY 2026-07-05T00:00:00Z']);
  });
});

describe('in words', () => {
  it.each<[ScheduleInput, string]>([
    [{ cron: '0 6 * * *' }, 'At 06:00, UTC; of what is missed, the latest is run; waits while a run goes on'],
    [
      { cron: '0 6 LW * *', timezone: 'Europe/Berlin', gap: 'skip', overlapHour: 'both', misfire: 'none', overlap: 'skip' },
      'At 06:00, on the last weekday of the month, Europe/Berlin; a local time that does not exist is skipped; a local time that exists twice: both; what is missed is skipped; skipped while a run goes on',
    ],
    [
      { cron: '0 0 13 * FRI' },
      'At 00:00, on day 13 of the month, or on Friday, UTC; of what is missed, the latest is run; waits while a run goes on',
    ],
    [{ cron: '0 0 1,15W * *' }, 'By cron 0 0 1,15W * *, UTC; of what is missed, the latest is run; waits while a run goes on'],
    [
      { every: '90m', start: '2026-06-01', end: '2026-07-01', jitter: '5m', misfire: 'all', misfireWindow: '1d', overlap: 'allow' },
      'Every 90m, counted from 2026-06-01; from 2026-06-01; until 2026-07-01; up to 5m later; what is missed is run in order, up to 1d late; runs may overlap',
    ],
    [{ after: '10m', pause: { note: 'move' } }, 'Paused (move): 10m after the end of the last run'],
    [
      { cron: '0 6 * * *', holidays: { policy: 'next-business-day' }, overlap: 'replace', pause: {} },
      'Paused: At 06:00, UTC; on holidays, the next business day; of what is missed, the latest is run; replaces a run that goes on',
    ],
  ])('%j', (input, words) => {
    expect(describeSchedule(scheduleOf(input))).toBe(words);
  });
});
