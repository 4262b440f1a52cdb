// Specs keep durations and sizes as people wrote them, so that an exported definition is what was applied; these read them.
import { DURATION, SIZE } from './patterns.ts';

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, k: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const;

/** Longest duration that a spec may hold, a hundred years: dates and timers stay within what they can express. */
export const MAX_DURATION = '36500d';
/** Largest size that a spec may hold: above it not every byte has a number of its own. */
export const MAX_SIZE = '8191Ti';

/** Whether this is a duration of at most MAX_DURATION. */
export const isDuration = (text: string): boolean => DURATION.test(text) && durationMs(text) <= durationMs(MAX_DURATION);

/** Whether this is a size of at most MAX_SIZE. */
export const isSize = (text: string): boolean => SIZE.test(text) && sizeBytes(text) <= sizeBytes(MAX_SIZE);

/** Milliseconds of a duration such as "1h30m". Throws RangeError on anything else. */
export function durationMs(text: string): number {
  if (!DURATION.test(text)) throw new RangeError(`"${text}" is not a duration: write 500ms, 10s, 5m, 6h or 1d`);
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(count) * MS[unit as keyof typeof MS];
  return total;
}

/** Bytes of a size such as "512Mi". Throws RangeError on anything else. */
export function sizeBytes(text: string): number {
  if (!SIZE.test(text)) throw new RangeError(`"${text}" is not a size: write bytes, or 512Mi, 2Gi, 1G`);
  const digits = /^\d+/.exec(text)![0];
  return Number(digits) * BYTES[text.slice(digits.length) as keyof typeof BYTES];
}

/** A duration for people, at most two units: 95000 → "1m35s". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const units = [
    ['d', MS.d],
    ['h', MS.h],
    ['m', MS.m],
    ['s', MS.s],
  ] as const;
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${name}`);
  }
  return parts.slice(0, 2).join('');
}
