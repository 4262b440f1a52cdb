// The language of schedules: defaults, and errors that say where and what to write.
import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { scheduleSchema } from '../../src/specs/schedule.schema.ts';
import { parseCron } from '../../src/specs/schedule-cron.ts';
import { formatInstant, formatLocal, instantFrom, isTime, parseInstant } from '../../src/specs/schedule-time.ts';
import { firstInstantOf, instantsOf, isZone } from '../../src/specs/schedule-zone.ts';
import { refusals, scheduleOf } from '../schedules/helpers.ts';

const daily = { cron: '0 6 * * *' };
const read = (text: string, zone = 'Europe/Berlin', edge?: 'last'): string => formatInstant(instantFrom(text, zone, edge));
const wall = (text: string): number => Date.parse(`${text}Z`);

describe('X1 a schedule', () => {
  it('has these defaults', () => {
    expect(scheduleOf(daily)).toEqual({
      cron: '0 6 * * *',
      timezone: 'UTC',
      gap: 'shift',
      jitter: '0s',
      dataDay: -1,
      misfire: 'latest',
      overlap: 'wait',
    });
    expect(scheduleOf({ ...daily, holidays: {}, pause: {} })).toMatchObject({
      holidays: { dates: [], calendars: {}, weekend: [], policy: 'skip' },
      pause: { note: '' },
    });
  });

  it('describes every field', () => {
    interface Field {
      readonly description?: string;
      readonly properties?: Readonly<Record<string, Field>>;
    }
    const { $defs } = z.toJSONSchema(scheduleSchema, { io: 'input' }) as unknown as { $defs: { Schedule: Field } };
    const without = ([name, { description, properties = {} }]: [string, Field]): string[] => [
      ...(description === undefined ? [name] : []),
      ...Object.entries(properties).flatMap(without),
    ];
    const undescribed = without(['Schedule', $defs.Schedule]);
    expect(undescribed).toEqual([]);
  });

  it.each<[object, string]>([
    [{}, ': must have one of cron, every and after'],
    [{ ...daily, every: '1h' }, 'every: must not be given beside cron: a schedule has one of cron, every and after'],
    [{ ...daily, anchor: '2026-01-01' }, 'anchor: belongs to every; leave it out, or write start'],
    [{ ...daily, misfire: 'none', misfireWindow: '1h' }, 'misfireWindow: has no use with misfire: none; write latest or all'],
    [{ every: '1h', overlapHour: 'both' }, 'overlapHour: belongs to cron; leave it out'],
    [{ after: '1h', holidays: {} }, 'holidays: belongs to cron or every; after has no cycles that could be skipped'],
    [{ after: '1h', catchUpFrom: '2026-01-01' }, 'catchUpFrom: belongs to cron or every; after has no cycles in the past'],
    [{ every: '1h', holidays: { policy: 'next-business-day' } }, 'holidays.policy: must be skip with every; business days are for cron'],
    [{ ...daily, start: '2026-02-01', end: '2026-01-31' }, 'end: must not be before start'],
    [{ ...daily, catchUpFrom: '2026-02-01', end: '2026-01-31' }, 'catchUpFrom: must not be after end'],
    [{ every: '0s' }, 'every: must be at least 1s'],
    [{ every: '1500ms' }, 'every: must be whole seconds'],
    [
      { ...daily, start: '2026-02-30' },
      'start: must be a date or time that exists, 1970 to 2200: 2026-12-01, 2026-12-01T06:00 (local) or 2026-12-01T06:00:00Z',
    ],
    [{ ...daily, holidays: { dates: ['02-30'] } }, 'holidays.dates.0: must be a date that exists: 2026-12-25, or 12-25 for every year'],
    [
      { ...daily, timezone: 'Berlin' },
      'timezone: must be UTC or a zone of the IANA database by its place, such as Europe/Berlin; did you mean "Europe/Berlin"?',
    ],
    [
      { ...daily, timezone: 'Europe/Berln' },
      'timezone: must be UTC or a zone of the IANA database by its place, such as Europe/Berlin; did you mean "Europe/Berlin"?',
    ],
    [
      { ...daily, timezone: 'new york' },
      'timezone: must be UTC or a zone of the IANA database by its place, such as Europe/Berlin; did you mean "America/New_York"?',
    ],
    [{ ...daily, timezone: 'CET' }, 'timezone: must be UTC or a zone of the IANA database by its place, such as Europe/Berlin'],
  ])('%j is refused', (schedule, message) => {
    expect(refusals(schedule)).toEqual([message]);
  });

  it('takes what has the same day as start and end, and 02-29 as a day of every year', () => {
    expect(refusals({ ...daily, start: '2026-02-01', end: '2026-02-01', holidays: { dates: ['02-29'] } })).toEqual([]);
  });
});

describe('X1 cron expressions', () => {
  it.each([
    ['0 0 6 * * ? *', 'must have 5 or 6 fields, not 7: there is no field for the year; leave the last one out and write start and end'],
    ['0 6 * *', 'must have 5 fields (minute, hour, day of month, month, day of week) or 6 (second first), not 4'],
    ['', 'must have 5 fields (minute, hour, day of month, month, day of week) or 6 (second first), not 0'],
    ['@every 5m', 'must not be "@every"; write every: 5m in place of cron'],
    ['@reboot', 'must be one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly'],
    ['0 24 * * *', 'field 2 (hour) is "24": Invalid value for hour: 24. It takes 0-23, and * a-b a,b */n'],
    ['60 0 * * * *', 'field 1 (second) is "60": Invalid value for second: 60. It takes 0-59, and * a-b a,b */n'],
    ['0 22-2 * * *', 'field 2 (hour) is "22-2": the range 22-2 runs backwards; write two ranges. It takes 0-23, and * a-b a,b */n'],
    ['0 0 30 2 *', 'never comes: no month that it names has such a day'],
  ])('%j is refused', (cron, message) => {
    expect(parseCron(cron)).toEqual({ error: message });
  });

  it.each([
    ['? 6 * * *', '"?" stands alone, for day of month or day of week; write "*"'],
    ['0 6 ?/2 * *', '"?" stands alone'],
    [
      '0 0 8 ? * 2',
      'numbers of days mean another day elsewhere (Quartz counts from SUN = 1, cron from SUN = 0); write names, such as MON-FRI or FRI#3',
    ],
    ['0 0 8 ? * 6#3', 'write names'],
    ['0 0 L-3 * *', '"L-n" is not taken; write L, LW or days'],
    ['0 0 * * L', '"L" needs its day; write SATL for the last Saturday, or SAT'],
    ['0 0 * * MON#6', 'It takes 0-7 or SUN-SAT'],
    ['H 6 * * *', 'field 1 (minute) is "H": it has a character that this field does not take'],
    ['0 6 * * +5', 'field 5 (day of week) is "+5": it has a character that this field does not take'],
    ['0 6 1-5W * *', 'field 3 (day of month) is "1-5W"'],
    ['*/0 * * * *', 'field 1 (minute) is "*/0"'],
    ['0 6 0 * *', 'field 3 (day of month) is "0"'],
    ['0 6 * FEBRUARY *', 'field 4 (month) is "FEBRUARY"'],
  ])('%j is refused with advice', (cron, words) => {
    expect((parseCron(cron) as { error: string }).error).toContain(words);
  });

  it.each([
    ['0 6 * * *', '0 0 6 * * *'],
    [' 0  6 *   * mon-fri ', '0 0 6 * * MON-FRI'],
    ['0 0/5 8 ? * MON', '0 */5 8 * * MON'],
    ['0 0 8 1 * ?', '0 0 8 1 * *'],
    ['7/10 * * * *', '0 7-59/10 * * * *'],
    ['@Daily', '0 0 0 * * *'],
  ])('%j is read as %j', (cron, pattern) => {
    expect(parseCron(cron)).toMatchObject({ pattern });
  });
});

describe('times', () => {
  it('are read with an offset, or on the clock of the zone', () => {
    expect(read('2026-06-01')).toBe('2026-05-31T22:00:00Z');
    expect(read('2026-06-01', 'Europe/Berlin', 'last')).toBe('2026-06-01T21:59:59Z');
    expect(read('2026-06-01T06:00')).toBe('2026-06-01T04:00:00Z');
    expect(read('2026-06-01T06:00:30-03:30')).toBe('2026-06-01T09:30:30Z');
    // In the gap, and in the hour that exists twice.
    expect(read('2026-03-29T02:30')).toBe('2026-03-29T01:00:00Z');
    expect([read('2026-10-25T02:30'), read('2026-10-25T02:30', 'Europe/Berlin', 'last')]).toEqual(['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']);
    expect(formatLocal('America/St_Johns', Date.parse('2026-06-01T00:00:00Z'))).toBe('2026-05-31T21:30:00-02:30');
  });

  it.each(['2026-13-01', '2026-02-29', '2026-01-01T24:00', '2026-01-01 06:00', '20260101', '1969-12-31', '2201-01-01', 'tomorrow'])(
    '%j is none',
    (text) => {
      expect(isTime(text)).toBe(false);
    },
  );

  it('an instant without its offset is none', () => {
    expect(() => parseInstant('2026-01-01T06:00:00')).toThrow('is not an instant such as 2026-12-01T06:00:00Z');
  });
});

describe('zones', () => {
  it('are places, also under their older and newer names', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'US/Eastern'].every(isZone)).toBe(
      true,
    );
    expect(['EST', 'CET', '+01:00', 'Berlin', '', 'Europe/Berln', '../etc'].some(isZone)).toBe(false);
  });

  it('say which instants a local time has', () => {
    expect(instantsOf('Europe/Berlin', wall('2026-03-29T02:30:00'))).toEqual([]);
    expect(formatInstant(firstInstantOf('Europe/Berlin', wall('2026-03-29T02:30:00')))).toBe('2026-03-29T01:00:00Z');
    expect(instantsOf('Australia/Lord_Howe', wall('2026-04-05T01:45:00')).map(formatInstant)).toEqual([
      '2026-04-04T14:45:00Z',
      '2026-04-04T15:15:00Z',
    ]);
    expect(formatInstant(firstInstantOf('Pacific/Apia', wall('2011-12-30T12:00:00')))).toBe('2011-12-30T10:00:00Z');
  });
});
