// Cron expressions: what is taken, in the words of the field that is wrong. croner parses and matches; this says where and what to write.
import { Cron } from 'croner';

interface Field {
  readonly name: string;
  readonly takes: string;
  readonly min: number;
  readonly max: number;
}
const FIELDS: readonly Field[] = [
  { name: 'second', takes: '0-59', min: 0, max: 59 },
  { name: 'minute', takes: '0-59', min: 0, max: 59 },
  { name: 'hour', takes: '0-23', min: 0, max: 23 },
  { name: 'day of month', takes: '1-31, L (last day), 15W (nearest weekday), LW', min: 1, max: 31 },
  { name: 'month', takes: '1-12 or JAN-DEC', min: 1, max: 12 },
  { name: 'day of week', takes: '0-7 or SUN-SAT (0 and 7 are Sunday), FRI#3 (third Friday), FRIL (last Friday)', min: 0, max: 6 },
];
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Times are matched on a clock in UTC: what the zone makes of them is not croner's business. */
const options = { mode: '5-or-6-parts', utcOffset: 0, paused: true } as const;

function compile(pattern: string): Cron | string {
  try {
    return new Cron(pattern, options);
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '').replace(/^Syntax error, |\. Value: .*$|\.$/g, '');
  }
}

export interface ParsedCron {
  /** Six fields, the second first, in capitals, as croner and cronstrue take it. */
  readonly pattern: string;
  /** It runs in every hour of the day, so that it is about time that passes rather than about a time on the clock. */
  readonly everyHour: boolean;
}

/** What is wrong with a field, before croner is asked: what other dialects write. */
function foreign(field: string, i: number, fields: readonly string[]): string | undefined {
  if (!(i < 3 ? /^[\d*,\-/?]+$/ : i === 3 ? /^[\dLW*,\-/?]+$/ : /^[\dA-Z*,\-/?#]+$/).test(field))
    return 'it has a character that this field does not take';
  if (field.includes('?') && (i !== 3 && i !== 5 ? true : field !== '?')) return '"?" stands alone, for day of month or day of week; write "*"';
  if (i === 5 && fields[3] === '?' && /^\d|[,-]\d/.test(field))
    return 'beside "?" numbers of days mean another day elsewhere (Quartz counts from SUN = 1, cron from SUN = 0); write names, such as MON-FRI or FRI#3';
  if (i === 3 && /L-\d/.test(field)) return '"L-n" is not taken; write L, LW or days';
  if (i === 5 && /(?:^|,)L(?:,|$)/.test(field)) return '"L" needs its day; write SATL for the last Saturday, or SAT';
  const reversed = /(?:^|,)(\d+)-(\d+)/.exec(field);
  if (reversed !== null && Number(reversed[1]) > Number(reversed[2]))
    return `the range ${reversed[0].replace(',', '')} runs backwards; write two ranges`;
  return undefined;
}

/** `5/15`, from 5 to the end in steps of 15, as a range. */
const withRange = (field: string, { min, max }: Field): string =>
  field.replaceAll(/(^|,)(\d+)\/(?=\d)/g, (_, before: string, from: string) => `${before}${Number(from) === min ? '*' : `${from}-${max}`}/`);

/** The expression, or in words where it is wrong and what to write. */
export function parseCron(text: string): ParsedCron | { readonly error: string } {
  const words = text.trim().toUpperCase().split(/\s+/);
  if (text.trim().startsWith('@')) {
    const named = NAMED[text.trim().toLowerCase()];
    if (named !== undefined) return { pattern: `0 ${named}`, everyHour: named.startsWith('0 *') };
    const every = /^@every\s+(\S+)/i.exec(text.trim());
    return {
      error: every === null ? `must be one of ${Object.keys(NAMED).join(', ')}` : `must not be "@every"; write every: ${every[1]} in place of cron`,
    };
  }
  if (words.length === 7)
    return { error: 'must have 5 or 6 fields, not 7: there is no field for the year; leave the last one out and write start and end' };
  if (words.length !== 5 && words.length !== 6)
    return {
      error: `must have 5 fields (minute, hour, day of month, month, day of week) or 6 (second first), not ${text.trim() === '' ? 0 : words.length}`,
    };
  const fields = words.length === 5 ? ['0', ...words] : words;
  for (const [i, field] of fields.entries()) {
    const about = FIELDS[i]!;
    const alone = FIELDS.map((_, at) => (at === i ? withRange(field, about).replace('?', '*') : '*')).join(' ');
    const compiled = compile(alone);
    const wrong = foreign(field, i, fields) ?? (typeof compiled === 'string' ? compiled : undefined);
    if (wrong !== undefined)
      return { error: `field ${i + words.length - 5} (${about.name}) is "${field}": ${wrong}. It takes ${about.takes}, and * a-b a,b */n` };
  }
  const pattern = fields.map((field, i) => withRange(field, FIELDS[i]!).replace('?', '*')).join(' ');
  const whole = compile(pattern);
  if (typeof whole === 'string') return { error: whole };
  if (whole.nextRun(new Date(0)) === null) return { error: 'never comes: no month that it names has such a day' };
  return { pattern, everyHour: /^(?:\*|\*\/1|0-23)$/.test(fields[2]!) };
}

/** The matcher of a parsed expression: `next(wall)` is the first wall after `wall` that matches, undefined when there is none. */
export function cronMatcher(pattern: string): (wall: number) => number | undefined {
  const cron = new Cron(pattern, options);
  return (wall) => cron.nextRun(new Date(wall))?.getTime();
}
