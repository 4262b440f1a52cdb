// Times in a schedule (start, end, anchor, holidays): written with an offset, or local in the schedule's zone.
import { firstInstantOf, instantsOf, offsetAt } from './schedule-zone.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/;
export const DAY_MS = 86_400_000;

/** The wall of a calendar date and time, or NaN when there is no such date. */
function wallFrom(parts: readonly number[]): number {
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts as [number, number, number, number?, number?, number?];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return same && year >= 1970 && year <= 2200 ? date.getTime() : Number.NaN;
}

/** Whether this is `2026-12-01`, `2026-12-01T06:00[:00]`, or that with `Z` or `+01:00`, of a day that exists, 1970 to 2200. */
export const isTime = (text: string): boolean => !Number.isNaN(instantFrom(text, 'UTC'));

/** Whether it is a date without a time. */
export const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && isTime(text);

/**
 * The instant, in milliseconds; NaN when it is no time. Without an offset it is local in `zone`: the first instant at or after that clock time.
 * `edge: 'last'` is for the end of a range: a date is its whole day, and of a time that exists twice the second counts.
 */
export function instantFrom(text: string, zone: string, edge: 'first' | 'last' = 'first'): number {
  const match = TIME.exec(text);
  if (match === null) return Number.NaN;
  const wall = wallFrom(match.slice(1, 7).flatMap((part) => (part === undefined ? [] : [Number(part)])));
  if (Number.isNaN(wall)) return Number.NaN;
  const offset = match[7];
  if (offset === 'Z') return wall;
  if (offset !== undefined) {
    const ms = Number(offset.slice(1, 3)) * 3_600_000 + Number(offset.slice(4)) * 60_000;
    return offset.startsWith('-') ? wall + ms : wall - ms;
  }
  if (edge === 'first') return firstInstantOf(zone, wall);
  if (match[4] === undefined) return firstInstantOf(zone, wall + DAY_MS) - 1_000;
  return instantsOf(zone, wall).at(-1) ?? firstInstantOf(zone, wall);
}

/** Milliseconds of an ISO instant, with or without a fraction of a second. Throws RangeError on anything else: a time that is none would make everything due. */
export function parseInstant(text: string): number {
  const ms = /T.*(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`"${text}" is not an instant such as 2026-12-01T06:00:00Z`);
  return ms;
}

/** An instant in UTC to the second, the form in which cycles are known: 2026-03-29T01:00:00Z. */
export const formatInstant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A wall as people read it: 2026-03-29T02:30:00. */
export const formatWall = (wall: number): string => new Date(wall).toISOString().slice(0, 19);

/** The date of a wall: 2026-03-29. */
export const formatDate = (wall: number): string => new Date(wall).toISOString().slice(0, 10);

const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');

/** An instant on the zone's clock, with its offset: 2026-03-29T03:00:00+02:00. */
export function formatLocal(zone: string, instant: number): string {
  const offset = offsetAt(zone, instant);
  const size = Math.abs(offset) / 60_000;
  return `${formatWall(instant + offset)}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}
