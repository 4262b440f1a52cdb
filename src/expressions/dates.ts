// Dates as texts, and arithmetic on them. Only zones need the clock's rules; all else is counting, the same on every machine.
import { Wrong } from './types.ts';
import { didYouMean } from '../specs/near.ts';

/** A date or a datetime, taken apart. */
interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Minutes of the day, seconds, and the offset in minutes and as it is written, if it is; none where the text is a date. */
  readonly time?: { readonly minutes: number; readonly seconds: number; readonly offset?: number; readonly written: string };
}

const TEXT = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const DAY = 86_400_000;

const two = (n: number): string => String(n).padStart(2, '0');
const dateText = (year: number, month: number, day: number): string => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;

/** Days since 1970-01-01; months beyond 1 to 12 count on. `Date.UTC` alone takes the years 0 to 99 for 1900 to 1999. */
const dayNumber = (year: number, month: number, day: number): number => new Date(0).setUTCFullYear(year, month - 1, day) / DAY;

function parse(text: string): Moment {
  const match = TEXT.exec(text);
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  if (!match || year === 0 || fromDay(dayNumber(year, month, day)) !== text.slice(0, 10)) throw notDate(text);
  if (match[4] === undefined) return { year, month, day };
  const [hours, minutes, seconds] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) throw notDate(text);
  const time = { minutes: hours * 60 + minutes, seconds, written: match[7] ?? '' };
  if (match[7] === undefined) return { year, month, day, time };
  const [away, ahead] = match[7] === 'Z' ? [0, 0] : [Number(match[7].slice(1, 3)), Number(match[7].slice(4, 6))];
  if (away > 23 || ahead > 59) throw notDate(text);
  return { year, month, day, time: { ...time, offset: (match[7].startsWith('-') ? -1 : 1) * (away * 60 + ahead) } };
}

const notDate = (text: string): Wrong =>
  new Wrong(`"${text.slice(0, 40)}" is not a date; write it as 2026-11-25, or with time and offset as 2026-11-26T06:00:00+01:00`);

function fromDay(days: number): string {
  const date = new Date(days * DAY);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new Wrong('the date is beyond the years 1 to 9999');
  return dateText(year, date.getUTCMonth() + 1, date.getUTCDate());
}

/** The text again, with another day. */
function onDay({ time }: Moment, date: string): string {
  if (!time) return date;
  return `${date}T${two(Math.floor(time.minutes / 60))}:${two(time.minutes % 60)}:${two(time.seconds)}${time.written}`;
}

const timed = (text: string, moment: Moment): NonNullable<Moment['time']> => {
  if (!moment.time) throw new Wrong(`"${text}" has no time; this needs one, such as 2026-11-26T06:00:00+01:00`);
  return moment.time;
};

/** Seconds since 1970 in UTC. */
export function epoch(text: string): number {
  const moment = parse(text);
  const { minutes, seconds, offset } = timed(text, moment);
  if (offset === undefined) throw new Wrong(`"${text}" has no offset; this needs one, such as 2026-11-26T06:00:00+01:00`);
  return dayNumber(moment.year, moment.month, moment.day) * 86_400 + (minutes - offset) * 60 + seconds;
}

export function addDays(text: string, days: number): string {
  const moment = parse(text);
  return onDay(moment, fromDay(dayNumber(moment.year, moment.month, moment.day) + days));
}

/** The last day of the month where there is no such day: 31 January plus 1 is 28 or 29 February. */
export function addMonths(text: string, months: number): string {
  const moment = parse(text);
  const last = dayNumber(moment.year, moment.month + months + 1, 0);
  const day = dayNumber(moment.year, moment.month + months, moment.day);
  return onDay(moment, fromDay(Math.min(day, last)));
}

/** Time that passes; the offset stays as it is written. */
export function addMinutes(text: string, minutes: number): string {
  const moment = parse(text);
  const time = timed(text, moment);
  const total = time.minutes + minutes;
  const days = Math.floor(total / 1440);
  const date = fromDay(dayNumber(moment.year, moment.month, moment.day) + days);
  return onDay({ ...moment, time: { ...time, minutes: total - days * 1440 } }, date);
}

/** 1 is Monday, 7 Sunday. */
export function weekday(text: string): number {
  const { year, month, day } = parse(text);
  return ((((dayNumber(year, month, day) + 3) % 7) + 7) % 7) + 1;
}

export function daysBetween(from: string, to: string): number {
  const [a, b] = [parse(from), parse(to)];
  return dayNumber(b.year, b.month, b.day) - dayNumber(a.year, a.month, a.day);
}

const UNITS = ['week', 'month', 'quarter', 'year'] as const;
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };

export function checkUnit(unit: string): void {
  if (!(UNITS as readonly string[]).includes(unit)) throw new Wrong(`"${unit}" is not one of ${UNITS.join(', ')}${didYouMean(unit, UNITS)}`);
}

/** The first day of the week (Monday), month, quarter or year. */
export function startOf(text: string, unit: string): string {
  checkUnit(unit);
  const { year, month } = parse(text);
  if (unit === 'week') return addDays(date(text), 1 - weekday(text));
  const months = MONTHS[unit]!;
  return dateText(year, Math.floor((month - 1) / months) * months + 1, 1);
}

/** The last day of it. */
export function endOf(text: string, unit: string): string {
  const first = startOf(text, unit);
  return unit === 'week' ? addDays(first, 6) : addDays(addMonths(first, MONTHS[unit]!), -1);
}

/** The day that a time is on: as written, or in a zone. */
export function date(text: string, zone?: string): string {
  const { year, month, day } = parse(text);
  return zone === undefined ? dateText(year, month, day) : inZone(text, zone).slice(0, 10);
}

const TOKENS: Readonly<Record<string, (local: string) => string>> = {
  yyyy: (t) => t.slice(0, 4),
  yy: (t) => t.slice(2, 4),
  MM: (t) => t.slice(5, 7),
  dd: (t) => t.slice(8, 10),
  HH: (t) => t.slice(11, 13),
  mm: (t) => t.slice(14, 16),
  ss: (t) => t.slice(17, 19),
};
const PIECE = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+/g;

/** The pieces of a pattern: a token, or text to copy. */
function pieces(pattern: string): (((local: string) => string) | string)[] {
  if (pattern.length > 100) throw new Wrong('a pattern has at most 100 characters');
  if ((pattern.split("'").length - 1) % 2 === 1) throw new Wrong(`the quote in the pattern "${pattern}" has no end`);
  return [...pattern.matchAll(PIECE)].map(([piece, quoted]) => {
    if (quoted !== undefined) return quoted;
    if (!/^[A-Za-z]/.test(piece)) return piece;
    if (!Object.hasOwn(TOKENS, piece)) {
      const near = didYouMean(piece, Object.keys(TOKENS));
      throw new Wrong(`"${piece}" in a pattern is none of ${Object.keys(TOKENS).join(' ')}${near}; text goes in single quotes`);
    }
    return TOKENS[piece]!;
  });
}

export const checkPattern = (pattern: string): void => void pieces(pattern);

/** The date or time by a pattern, as written or in a zone. The time of a date is midnight. */
export function format(text: string, pattern: string, zone?: string): string {
  const moment = parse(text);
  const written = moment.time ? onDay(moment, date(text)) : `${text}T00:00:00`;
  const local = zone === undefined ? written : inZone(text, zone);
  return pieces(pattern)
    .map((piece) => (typeof piece === 'string' ? piece : piece(local)))
    .join('');
}

function clock(zone: string): Intl.DateTimeFormat {
  try {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields });
  } catch {
    throw new Wrong(`"${zone.slice(0, 40)}" is not a time zone; write a name such as Europe/Berlin, or UTC`);
  }
}

export const checkZone = (zone: string): void => void clock(zone);

/** 2026-11-26T06:00:00, as clocks in the zone show it. */
function inZone(text: string, zone: string): string {
  const shown = new Map(
    clock(zone)
      .formatToParts(epoch(text) * 1000)
      .map(({ type, value }) => [type as string, value]),
  );
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((name) => shown.get(name) ?? '');
  return `${year!.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`;
}
