// A year of the zones whose clocks do odd things, cron by cron and rule by rule, against a clock watched minute by minute.
import { describe, expect, it } from 'vitest';
import { plannedIn } from './helpers.ts';
import { differences } from './zone-year.ts';

/** Half an hour, a date line, Ramadan, two hours, Thursday midnight, guesses years ahead, midnight, quarters of hours, and the plain ones. */
const ODD: readonly [zone: string, year: number][] = [
  ['Australia/Lord_Howe', 2026],
  ['Pacific/Apia', 2011],
  ['Africa/Casablanca', 2026],
  ['Antarctica/Troll', 2026],
  ['Africa/Cairo', 2026],
  ['Asia/Gaza', 2026],
  ['Asia/Beirut', 2026],
  ['America/Santiago', 2026],
  ['Pacific/Chatham', 2026],
  ['Asia/Kathmandu', 2026],
  ['America/St_Johns', 2026],
  ['Europe/Berlin', 2026],
  ['America/New_York', 2024],
];

describe('a year against the clock', () => {
  it.each(ODD)('%s, %i', (zone, year) => {
    expect(differences(zone, year)).toEqual([]);
  });
});

describe('X1 the daylight-saving rules', () => {
  const berlin = { timezone: 'Europe/Berlin' } as const;

  it('a local time that does not exist runs at the first instant after the gap, or is skipped there', () => {
    const day = ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'] as const;
    expect(plannedIn({ cron: '30 2 * * *', ...berlin }, ...day)).toEqual(['2026-03-29T01:00:00Z']);
    expect(plannedIn({ cron: '30 2 * * *', gap: 'skip', ...berlin }, ...day)).toEqual(['GAP 2026-03-29T01:00:00Z']);
  });

  it('several local times of one gap are one run, and a cycle of its own at that instant stands for them', () => {
    const night = ['2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z'] as const;
    expect(plannedIn({ cron: '0,30 2 * * *', ...berlin }, ...night)).toEqual(['2026-03-29T01:00:00Z']);
    expect(plannedIn({ cron: '*/30 * * * *', gap: 'skip', ...berlin }, ...night)).toEqual([
      '2026-03-29T00:00:00Z',
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:30:00Z',
    ]);
  });

  it('a cycle that comes once in a year, in the gap, is not lost between the stretches of one offset', () => {
    expect(plannedIn({ cron: '30 2 29 3 *', ...berlin }, '2026-01-01T00:00:00Z', '2027-12-01T00:00:00Z')).toEqual([
      '2026-03-29T01:00:00Z',
      '2027-03-29T00:30:00Z',
    ]);
  });

  it.each([
    ['first', ['2026-10-25T00:30:00Z']],
    ['second', ['2026-10-25T01:30:00Z']],
    ['both', ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']],
  ] as const)('a local time that exists twice: %s', (overlapHour, cycles) => {
    expect(plannedIn({ cron: '30 2 * * *', overlapHour, ...berlin }, '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual(cycles);
  });

  it('what runs in every hour runs on in the repeated one, unless told otherwise', () => {
    const night = ['2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z'] as const;
    expect(plannedIn({ cron: '0 * * * *', ...berlin }, ...night)).toEqual(['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z']);
    expect(plannedIn({ cron: '0 * * * *', overlapHour: 'first', ...berlin }, ...night)).toEqual(['2026-10-25T00:00:00Z']);
    expect(plannedIn({ cron: '0 1-3 * * *', ...berlin }, ...night)).toEqual(['2026-10-25T00:00:00Z']);
  });

  it('midnight does not exist in Santiago and Beirut when summer begins, and is the first instant of that day', () => {
    expect(plannedIn({ cron: '0 0 * * *', timezone: 'America/Santiago' }, '2026-09-05T00:00:00Z', '2026-09-08T00:00:00Z')).toEqual([
      '2026-09-05T04:00:00Z',
      '2026-09-06T04:00:00Z',
      '2026-09-07T03:00:00Z',
    ]);
    expect(plannedIn({ cron: '30 0 * * *', timezone: 'Asia/Beirut' }, '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T22:00:00Z',
      '2026-03-29T21:30:00Z',
    ]);
  });

  it('Samoa had no 30 December 2011: its cycle came at the first instant of the 31st', () => {
    expect(plannedIn({ cron: '0 6 * * *', timezone: 'Pacific/Apia' }, '2011-12-29T00:00:00Z', '2012-01-01T00:00:00Z')).toEqual([
      '2011-12-29T16:00:00Z',
      '2011-12-30T10:00:00Z',
      '2011-12-30T16:00:00Z',
      '2011-12-31T16:00:00Z',
    ]);
  });

  it('a fixed rate goes by time that passes, not by the clock', () => {
    expect(plannedIn({ every: '24h', anchor: '2026-03-28T06:00', ...berlin }, '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T05:00:00Z',
      '2026-03-29T05:00:00Z',
      '2026-03-30T05:00:00Z',
    ]);
  });
});
