// Cross-cycle windows: which cycles of another schedule a cycle looks at, and which cycles look at one of ours.
import { DAY_MS, formatInstant, parseInstant } from '../specs/schedule-time.ts';
import type { Window, WindowRule } from '../specs/schedule-window.ts';
import { firstInstantOf, offsetAt, wallOf } from '../specs/schedule-zone.ts';
import type { Instant } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { plannedAfter } from './planned.ts';

/** Most cycles that a window may hold. */
const MAX_CYCLES = 10_000;
const ELAPSED = { m: 60_000, h: 3_600_000 } as const;

/** From the first to before the second, in milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The wall at which the unit begins that is `n` units from the one that holds `wall`. */
function unitStart(unit: 'd' | 'w' | 'M' | 'y', wall: number, n: number): number {
  const date = new Date(wall);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (unit === 'd') return Date.UTC(year, month, day + n);
  if (unit === 'w') return Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7) + n * 7);
  return unit === 'M' ? Date.UTC(year, month + n, 1) : Date.UTC(year + n, 0, 1);
}

/**
 * The instants of a window around a cycle. Days and longer are those of the calendar in `zone`, the one of the schedule that waits, and may have
 * 23 or 25 hours; hours and minutes are time that passes, from the full hour or minute of its clock.
 */
export function windowRange(window: Window, cycle: Instant, zone: string): Range {
  return rangeAt(window, parseInstant(cycle), zone);
}

function rangeAt({ unit, from, to }: Window, cycle: number, zone: string): Range {
  if (unit === 'm' || unit === 'h') {
    const size = ELAPSED[unit];
    const offset = offsetAt(zone, cycle);
    const start = Math.floor((cycle + offset) / size) * size - offset;
    return { from: start + from * size, to: start + (to + 1) * size };
  }
  const wall = wallOf(zone, cycle);
  return { from: firstInstantOf(zone, unitStart(unit, wall, from)), to: firstInstantOf(zone, unitStart(unit, wall, to + 1)) };
}

/** The cycles of a schedule that are to run in a range, oldest first. */
function* cyclesIn(schedule: Schedule, { from, to }: Range): Generator<number> {
  for (const { cycle, skip } of plannedAfter(schedule, from - 1_000)) {
    if (cycle >= to) return;
    if (skip === undefined) yield cycle;
  }
}

/** Whether a schedule has a cycle to run at this instant. */
export function plans(schedule: Schedule, at: Instant): boolean {
  const from = parseInstant(at);
  return cyclesIn(schedule, { from, to: from + 1_000 }).next().done !== true;
}

/**
 * The cycles of `upstream` that a cycle of a schedule in `zone` looks at, oldest first. What holidays and gaps take away is not among them.
 * Throws RangeError when they are more than MAX_CYCLES, or cannot be known because `upstream` goes by `after`.
 */
export function windowCycles(window: Window, cycle: Instant, zone: string, upstream: Schedule): Instant[] {
  if (upstream.after !== undefined) throw new RangeError('a schedule with after has no planned cycles; look at its runs in windowRange');
  const cycles: Instant[] = [];
  for (const at of cyclesIn(upstream, windowRange(window, cycle, zone))) {
    if (cycles.length === MAX_CYCLES) throw new RangeError(`the window holds more than ${MAX_CYCLES} cycles; write a smaller one`);
    cycles.push(formatInstant(at));
  }
  return cycles;
}

/** The instants around which a window, on the calendar of `zone`, holds this cycle. */
export function fedRange(window: Window, upstreamCycle: Instant, zone: string): Range {
  const fed = parseInstant(upstreamCycle);
  // As far on as the window reaches back, with room for units of unequal length and changes of the clock.
  const near = rangeAt({ ...window, from: -window.to, to: -window.from }, fed, zone);
  const around = { from: near.from - 2 * DAY_MS, to: near.to + 2 * DAY_MS };
  return {
    from: firstIn(around, (instant) => rangeAt(window, instant, zone).to > fed),
    to: firstIn(around, (instant) => rangeAt(window, instant, zone).from > fed),
  };
}

/** The first second of a range from which on `holds`, which once it does goes on to; its end where it never does. */
function firstIn({ from, to }: Range, holds: (instant: number) => boolean): number {
  let [low, high] = [Math.floor(from / 1_000), Math.ceil(to / 1_000)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * 1_000)) high = middle;
    else low = middle + 1;
  }
  return low * 1_000;
}

/** The cycles of `downstream` in whose window this cycle of another schedule is, oldest first, `most` of them: those for which windowCycles lists it. */
export function fedCycles(window: Window, upstreamCycle: Instant, downstream: Schedule, most = MAX_CYCLES): Instant[] {
  return cyclesIn(downstream, fedRange(window, upstreamCycle, downstream.timezone))
    .take(most)
    .map(formatInstant)
    .toArray();
}

/** The cycles of a window that a rule waits for, of `cycles`, oldest first. With `any` one of them is enough, else all of them must have ended well. */
export function ruled(rule: WindowRule, cycles: readonly Instant[]): Instant[] {
  if (rule.kind === 'last') return cycles.slice(-rule.count);
  return rule.kind === 'first' ? cycles.slice(0, rule.count) : [...cycles];
}
