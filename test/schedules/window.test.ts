// B4a: which cycles of another schedule are in the window of a cycle, and the reverse question.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fedCycles, ruled, windowCycles, windowRange } from '../../src/schedules/window.ts';
import { formatInstant } from '../../src/specs/schedule-time.ts';
import { parseWindow, parseWindowRule, type WindowUnit } from '../../src/specs/schedule-window.ts';
import type { ScheduleInput } from '../../src/specs/schedule.schema.ts';
import { plannedIn, scheduleOf } from './helpers.ts';

const range = (text: string, cycle: string, zone = 'UTC'): string => {
  const { from, to } = windowRange(parseWindow(text), cycle, zone);
  return `${formatInstant(from).slice(0, 16)} ${formatInstant(to).slice(0, 16)}`;
};

describe('B4a the time of a window', () => {
  it.each([
    ['cm', '2026-12-13T12:34 2026-12-13T12:35'],
    ['m(5)', '2026-12-13T12:29 2026-12-13T12:34'],
    ['ch', '2026-12-13T12:00 2026-12-13T13:00'],
    ['h(2)', '2026-12-13T10:00 2026-12-13T12:00'],
    ['h(-1)', '2026-12-13T11:00 2026-12-13T12:00'],
    ['cd', '2026-12-13T00:00 2026-12-14T00:00'],
    ['d(3)', '2026-12-10T00:00 2026-12-13T00:00'],
    ['d(-1)', '2026-12-12T00:00 2026-12-13T00:00'],
    ['d(-7,-1)', '2026-12-06T00:00 2026-12-13T00:00'],
    ['d(-2,0)', '2026-12-11T00:00 2026-12-14T00:00'],
    ['cw', '2026-12-07T00:00 2026-12-14T00:00'],
    ['w(-1)', '2026-11-30T00:00 2026-12-07T00:00'],
    ['cM', '2026-12-01T00:00 2027-01-01T00:00'],
    ['M(12)', '2025-12-01T00:00 2026-12-01T00:00'],
    ['cy', '2026-01-01T00:00 2027-01-01T00:00'],
    ['y(1)', '2025-01-01T00:00 2026-01-01T00:00'],
  ])('%s', (text, wanted) => {
    expect(range(text, '2026-12-13T12:34:56Z')).toBe(wanted);
  });

  it('days are those of the zone, of 23 and 25 hours too; hours are time that passes', () => {
    expect(range('d(-1)', '2026-03-30T04:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T23:00 2026-03-29T22:00');
    expect(range('d(-1)', '2026-10-26T05:00:00Z', 'Europe/Berlin')).toBe('2026-10-24T22:00 2026-10-25T23:00');
    expect(range('h(2)', '2026-10-25T02:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:00 2026-10-25T02:00');
    expect(range('ch', '2026-06-01T12:40:00Z', 'Asia/Kathmandu')).toBe('2026-06-01T12:15 2026-06-01T13:15');
    // Midnight does not exist there on that day.
    expect(range('cd', '2026-09-06T12:00:00Z', 'America/Santiago')).toBe('2026-09-06T04:00 2026-09-07T03:00');
  });
});

describe('B4a the cycles of a window', () => {
  const hourly = scheduleOf({ cron: '0 * * * *', timezone: 'Europe/Berlin' });
  const yesterday = (cycle: string): number => windowCycles(parseWindow('yesterday'), cycle, 'Europe/Berlin', hourly).length;

  it("yesterday's hours are 23, 24 or 25", () => {
    expect([yesterday('2026-03-30T04:00:00Z'), yesterday('2026-06-30T04:00:00Z'), yesterday('2026-10-26T05:00:00Z')]).toEqual([23, 24, 25]);
  });

  it('a holiday of the schedule that is waited for is not waited for', () => {
    const upstream = scheduleOf({ cron: '0 6 * * *', holidays: { weekend: ['sat', 'sun'] } });
    expect(windowCycles(parseWindow('d(3)'), '2026-06-01T08:00:00Z', 'UTC', upstream)).toEqual(['2026-05-29T06:00:00Z']);
  });

  it('the rule says which of them count', () => {
    const cycles = windowCycles(parseWindow('h(4)'), '2026-06-01T08:00:00Z', 'Europe/Berlin', hourly);
    expect(cycles.map((at) => at.slice(11, 13))).toEqual(['04', '05', '06', '07']);
    const count = (rule: string): string[] => ruled(parseWindowRule(rule), cycles).map((at) => at.slice(11, 13));
    expect(count('*')).toEqual(['04', '05', '06', '07']);
    expect(count('any')).toEqual(['04', '05', '06', '07']);
    expect(count('L(2)')).toEqual(['06', '07']);
    expect(count('first 1')).toEqual(['04']);
    expect(count('L(9)')).toEqual(['04', '05', '06', '07']);
  });

  it('too many, and a schedule whose cycles nobody knows beforehand, are refused in words', () => {
    expect(() => windowCycles(parseWindow('cy'), '2026-06-01T08:00:00Z', 'UTC', scheduleOf({ cron: '* * * * *' }))).toThrow('more than 10000 cycles');
    expect(() => windowCycles(parseWindow('cd'), '2026-06-01T08:00:00Z', 'UTC', scheduleOf({ after: '1h' }))).toThrow('has no planned cycles');
  });

  it('the reverse question: which days does this hour feed', () => {
    const daily = scheduleOf({ cron: '0 6 * * *', timezone: 'Europe/Berlin' });
    expect(fedCycles(parseWindow('d(3)'), '2026-06-01T08:00:00Z', daily)).toEqual([
      '2026-06-02T04:00:00Z',
      '2026-06-03T04:00:00Z',
      '2026-06-04T04:00:00Z',
    ]);
    expect(fedCycles(parseWindow('cd'), '2026-06-01T22:00:00Z', daily)).toEqual(['2026-06-02T04:00:00Z']);
  });

  it('the two questions have one answer', () => {
    const schedules = fc
      .record({
        when: fc.constantFrom<ScheduleInput>(
          { cron: '0 6 * * *' },
          { cron: '30 2 * * *' },
          { cron: '0 */3 * * *' },
          { every: '5h' },
          { cron: '0 0 L * *' },
        ),
        timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
      })
      .map(({ when, timezone }) => scheduleOf({ ...when, timezone }));
    const windows = fc
      .tuple(fc.constantFrom<WindowUnit>('m', 'h', 'd', 'w', 'M'), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
      .map(([unit, a, b]) => ({ unit, from: 0 - Math.max(a, b), to: 0 - Math.min(a, b) }));
    // Around changes of the clock in several of the zones.
    const days = fc.constantFrom('2026-03-29', '2026-04-05', '2026-09-06', '2026-10-04', '2026-10-25', '2026-12-31');
    fc.assert(
      fc.property(schedules, schedules, windows, days, (upstream, downstream, window, day) => {
        const around = (schedule: ScheduleInput): string[] =>
          plannedIn(schedule, new Date(Date.parse(day) - 2 * 86_400_000).toISOString(), new Date(Date.parse(day) + 3 * 86_400_000).toISOString());
        for (const fed of around(upstream).slice(-8))
          for (const cycle of fedCycles(window, fed, downstream).slice(0, 3))
            expect(windowCycles(window, cycle, downstream.timezone, upstream)).toContain(fed);
        for (const cycle of around(downstream).slice(-8))
          for (const fed of windowCycles(window, cycle, downstream.timezone, upstream).slice(-3))
            expect(fedCycles(window, fed, downstream)).toContain(cycle);
      }),
      { numRuns: 15 },
    );
  });
});
