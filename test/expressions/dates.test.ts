// Dates are texts, and arithmetic on them is the calendar's: held against Date where it has the same rules.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as dates from '../../src/expressions/dates.ts';

const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9998-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const ms = (text: string): number => new Date(`${text}T00:00:00Z`).getTime();

const months = (t: string): number => Number(t.slice(0, 4)) * 12 + Number(t.slice(5, 7));

describe('arithmetic', () => {
  test('days count as the calendar does', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -300, max: 300 }), (text, n) => {
        fc.pre(!/^000|^999/.test(text));
        const moved = dates.addDays(text, n);
        expect(ms(moved) - ms(text)).toBe(n * 86_400_000);
        expect(dates.daysBetween(text, moved)).toBe(n);
        expect(dates.weekday(text)).toBe(new Date(ms(text)).getUTCDay() || 7);
      }),
    );
  });

  test('months keep the day, or take the last one that there is', () => {
    expect(dates.addMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(dates.addMonths('2024-01-31', 1)).toBe('2024-02-29');
    expect(dates.addMonths('2024-02-29', 12)).toBe('2025-02-28');
    expect(dates.addMonths('2026-03-31', -1)).toBe('2026-02-28');
    expect(dates.addMonths('2026-01-15', -13)).toBe('2024-12-15');
    fc.assert(
      fc.property(day, fc.integer({ min: -100, max: 100 }), (text, n) => {
        fc.pre(!/^00|^99/.test(text));
        const moved = dates.addMonths(text, n);
        expect(months(moved) - months(text)).toBe(n);
        expect(Number(moved.slice(8))).toBeLessThanOrEqual(Number(text.slice(8)));
      }),
    );
  });

  test('a time keeps its clock and offset when days pass, and its offset when hours do', () => {
    expect(dates.addDays('2026-03-28T06:00:00+01:00', 1)).toBe('2026-03-29T06:00:00+01:00');
    expect(dates.addMonths('2026-01-31T23:30:00Z', 1)).toBe('2026-02-28T23:30:00Z');
    expect(dates.addMinutes('2026-01-01T00:30:15-05:00', -60)).toBe('2025-12-31T23:30:15-05:00');
    expect(dates.addMinutes('2026-01-01T00:30Z', 48 * 60)).toBe('2026-01-03T00:30:00Z');
  });

  test('parts of the year', () => {
    expect(['week', 'month', 'quarter', 'year'].map((unit) => dates.startOf('2026-11-25', unit))).toEqual([
      '2026-11-23',
      '2026-11-01',
      '2026-10-01',
      '2026-01-01',
    ]);
    expect(['week', 'month', 'quarter', 'year'].map((unit) => dates.endOf('2024-02-10T10:00:00Z', unit))).toEqual([
      '2024-02-11',
      '2024-02-29',
      '2024-03-31',
      '2024-12-31',
    ]);
  });

  test('epoch is that of the instant', () => {
    expect(dates.epoch('2026-11-26T06:00:00+01:00')).toBe(Date.parse('2026-11-26T05:00:00Z') / 1000);
    expect(() => dates.epoch('2026-11-26')).toThrow('has no time');
    expect(() => dates.epoch('2026-11-26T06:00:00')).toThrow('has no offset');
    expect(dates.format(dates.addMinutes('2026-11-26T06:00:00', 90), 'yyyyMMdd HH:mm')).toBe('20261126 07:30');
  });
});

describe('format', () => {
  test('every token, text in quotes, and everything else as it is', () => {
    expect(dates.format('2026-01-02T03:04:05Z', "yyyy yy MM dd HH mm ss 'at' 'o''clock'/-.")).toBe('2026 26 01 02 03 04 05 at oclock/-.');
    expect(dates.format('2026-01-02', 'yyyyMMdd_HHmm')).toBe('20260102_0000');
    expect(() => dates.format('2026-01-02', 'YYYY')).toThrow('did you mean "yyyy"');
    expect(() => dates.format('2026-01-02', 'yyyyy')).toThrow('"yyyyy" in a pattern');
    expect(() => dates.format('2026-01-02', "'a")).toThrow('has no end');
  });

  test('a zone is that of the day, also where clocks change', () => {
    expect(dates.format('2026-03-29T00:59:00Z', 'HH:mm', 'Europe/Berlin')).toBe('01:59');
    expect(dates.format('2026-03-29T01:00:00Z', 'HH:mm', 'Europe/Berlin')).toBe('03:00');
    expect(dates.date('2026-11-26T06:00:00+01:00', 'America/Los_Angeles')).toBe('2026-11-25');
    expect(dates.date('2026-11-26T23:00:00+01:00', 'Asia/Shanghai')).toBe('2026-11-27');
    expect(dates.format('2026-11-26T00:00:00Z', 'HH', 'UTC')).toBe('00');
    expect(() => dates.date('2026-11-26T06:00:00Z', 'Europe/Berlim')).toThrow('not a time zone');
    expect(() => dates.date('2026-11-26', 'Europe/Berlin')).toThrow('has no time');
  });
});

test.each([
  '2026-02-30',
  '2026-13-01',
  '2026-00-10',
  '0000-01-01',
  '26-01-01',
  '2026-1-1',
  '2026-01-01T24:00:00Z',
  '2026-01-01 06:00:00Z',
  '',
  'today',
])('"%s" is not a date', (text) => expect(() => dates.date(text)).toThrow('is not a date'));

test('years end at 1 and 9999', () => {
  expect(() => dates.addDays('9999-12-31', 1)).toThrow('beyond the years');
  expect(() => dates.addMonths('0001-01-31', -1)).toThrow('beyond the years');
  expect(() => dates.addDays('2026-01-01', 1e18)).toThrow('beyond the years');
});
