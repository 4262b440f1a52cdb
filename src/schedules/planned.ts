// The cycles of a schedule in order, from its language alone: what the clock of its zone makes of cron, fixed rates, holidays, start and end.
import { parseCron } from '../specs/schedule-cron.ts';
import { formatDate, formatWall, instantFrom } from '../specs/schedule-time.ts';
import { instantsOf, offsetAt, transitionsBetween, wallOf, type Transition } from '../specs/schedule-zone.ts';
import type { SkipCode } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { durationMs } from '../specs/units.ts';
import { holidayOn, walls, type Wall } from './walls.ts';

/** A cycle as the schedule plans it. Instants and walls are in milliseconds. */
export interface Planned {
  readonly cycle: number;
  /** The local time that it stands for: another than the cycle's own where a gap or a holiday moved it. */
  readonly planned: number;
  readonly skip?: { readonly code: SkipCode; readonly reason: string };
}

/** No cycle is looked for after this: 2200-01-01. */
const HORIZON = Date.UTC(2200, 0, 1);
const HOUR = 3_600_000;
/** The clock of no zone is further from UTC. */
const FURTHEST_OFFSET = 16 * HOUR;

/** All cycles later than `after`, in order, each instant once. Lazy: take what is wanted. A schedule with `after` has none that could be known. */
export function* plannedAfter(schedule: Schedule, after: number): Generator<Planned> {
  const zone = schedule.timezone;
  const start = schedule.start === undefined ? -Infinity : instantFrom(schedule.start, zone);
  const end = schedule.end === undefined ? HORIZON : instantFrom(schedule.end, zone, 'last');
  const from = Math.max(Math.floor(after / 1_000) * 1_000 + 1_000, start, 0);
  if (schedule.after !== undefined) return;
  for (const planned of schedule.every === undefined ? byClock(schedule, from) : byRate(schedule, from)) {
    if (planned.cycle > end) return;
    yield planned;
  }
}

function* byRate(schedule: Schedule, from: number): Generator<Planned> {
  const every = durationMs(schedule.every!);
  const zone = schedule.timezone;
  const anchor = instantFrom(schedule.anchor ?? schedule.start ?? '1970-01-01T00:00:00Z', zone);
  const holiday = schedule.holidays === undefined ? undefined : holidayOn(schedule.holidays);
  for (let cycle = anchor + Math.ceil((from - anchor) / every) * every; ; cycle += every) {
    const planned = wallOf(zone, cycle);
    const why = holiday?.(planned);
    yield why === undefined ? { cycle, planned } : { cycle, planned, skip: { code: 'HOLIDAY', reason: why } };
  }
}

/** The time with one offset that holds `instant`, cut where pieces of a year end. */
function stretch(zone: string, instant: number): { readonly to: number; readonly offset: number; readonly change?: Transition } {
  const far = instant + 60 * 24 * HOUR;
  const [change] = transitionsBetween(zone, instant, instant + 1);
  const [next] = transitionsBetween(zone, instant + 1, far);
  return { to: next?.at ?? far, offset: offsetAt(zone, instant), ...(change === undefined ? {} : { change }) };
}

/**
 * Cron by stretches of one offset: inside one, instant and wall differ by a constant, so that order is kept also where the clock is put back.
 * Where it is put forward, the walls of the gap come to the first instant after it.
 */
function* byClock(schedule: Schedule, from: number): Generator<Planned> {
  const zone = schedule.timezone;
  const parsed = parseCron(schedule.cron!);
  if ('error' in parsed) throw new RangeError(parsed.error);
  const overlapHour = schedule.overlapHour ?? (parsed.everyHour ? 'both' : 'first');
  const within = function* (fromWall: number, toWall: number): Generator<Wall> {
    for (const wall of walls(parsed.pattern, schedule.holidays, fromWall)) {
      if (wall.wall >= toWall) return;
      yield wall;
    }
  };
  let at = from;
  while (at < HORIZON) {
    const { to, offset, change } = stretch(zone, at);
    let gap =
      change !== undefined && change.after > change.before ? inGap(schedule, change, [...within(at + change.before, at + change.after)]) : undefined;
    for (const { wall, planned = wall, holiday } of within(at + offset, to + offset)) {
      const cycle = wall - offset;
      const twice = instantsOf(zone, wall);
      if (twice.length > 1 && overlapHour !== 'both' && cycle !== (overlapHour === 'first' ? twice[0] : twice.at(-1))) continue;
      if (gap !== undefined && cycle > gap.cycle) {
        yield gap;
        gap = undefined;
      }
      // A cycle of its own at that instant stands also for the times of the gap, unless it is not run.
      if (gap !== undefined && holiday !== undefined) yield gap;
      else yield holiday === undefined ? { cycle, planned } : { cycle, planned, skip: { code: 'HOLIDAY', reason: holiday } };
      gap = undefined;
    }
    if (gap !== undefined) yield gap;
    // A schedule that rarely comes: go on shortly before its next local time.
    const [next] = walls(parsed.pattern, schedule.holidays, to + offset - FURTHEST_OFFSET).take(1);
    if (next === undefined) return;
    at = Math.max(to, next.wall - FURTHEST_OFFSET);
  }
}

/** What becomes of the local times that a change of the clock leaves out. */
function inGap(schedule: Schedule, { at, before, after }: Transition, missing: readonly Wall[]): Planned | undefined {
  const wanted = missing.filter(({ holiday }) => holiday === undefined);
  const [first = missing[0]] = wanted;
  if (first === undefined) return undefined;
  const cycle = { cycle: at, planned: first.planned ?? first.wall };
  if (wanted.length === 0) return { ...cycle, skip: { code: 'HOLIDAY', reason: first.holiday! } };
  if (schedule.gap === 'shift') return cycle;
  const times = wanted.map(({ wall }) => formatWall(wall).slice(11, 16));
  const shown = times.length > 3 ? `${times.slice(0, 2).join(', ')} and ${times.length - 2} more` : times.join(', ');
  const clock = `the clock goes from ${formatWall(at + before).slice(11, 16)} to ${formatWall(at + after).slice(11, 16)}`;
  const reason = `${shown} ${times.length === 1 ? 'does' : 'do'} not exist on ${formatDate(first.wall)} in ${schedule.timezone}: ${clock}`;
  return { ...cycle, skip: { code: 'GAP', reason } };
}
