// A cycle as a job or run is told of it: its planned time on the clock of its zone, its data date, its neighbours.
import { formatLocal, formatWall, instantFrom, parseInstant } from '../specs/schedule-time.ts';
import { instantsOf, wallOf } from '../specs/schedule-zone.ts';
import type { RunCycle } from '../specs/run.ts';
import type { DueCycle, Instant } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { dataDate } from './data-date.ts';
import { plannedAfter, type Planned } from './planned.ts';

const MINUTE = 60_000;
/** Neighbours are not looked for further away: ten years. */
const FURTHEST = 10 * 366 * 24 * 60 * MINUTE;

/** The planned local time with the offset that its zone's clock has then; in a gap, the offset that it had before. */
function plannedLocal(zone: string, cycle: number, planned: string): string {
  const wall = instantFrom(planned, 'UTC');
  if (wallOf(zone, cycle) === wall) return formatLocal(zone, cycle);
  const [instant] = instantsOf(zone, wall);
  if (instant !== undefined) return formatLocal(zone, instant);
  const before = formatLocal(zone, cycle - 1_000);
  return `${formatWall(wall)}${before.slice(19)}`;
}

const told = (zone: string, { cycle, planned }: Planned): string => plannedLocal(zone, cycle, formatWall(planned));

const toRun = (planned: Planned): boolean => planned.skip === undefined;

/** The planned times of the cycles before and after that are to run. */
function neighbours(schedule: Schedule, cycle: number): { previous?: string; next?: string } {
  const zone = schedule.timezone;
  const next = plannedAfter(schedule, cycle).find((planned) => toRun(planned) || planned.cycle > cycle + FURTHEST);
  let previous: Planned | undefined;
  // Twice as far back each time, so that a schedule of every second costs no more than one of every year.
  for (let span = MINUTE; previous === undefined && span < FURTHEST; span *= 2) {
    for (const planned of plannedAfter(schedule, Math.max(0, cycle - span))) {
      if (planned.cycle >= cycle) break;
      if (toRun(planned)) previous = planned;
    }
  }
  return { ...(previous && { previous: told(zone, previous) }), ...(next !== undefined && toRun(next) && { next: told(zone, next) }) };
}

/** What a job or run is told of a cycle that was decided. */
export function runCycle(
  schedule: Schedule,
  { cycle, planned, dataDate: day, zone }: Pick<DueCycle, 'cycle' | 'planned' | 'dataDate'> & { readonly zone: string },
): RunCycle {
  const at = parseInstant(cycle);
  return { at: cycle, planned: plannedLocal(zone, at, planned), dataDate: day, zone, ...neighbours(schedule, at) };
}

/**
 * The cycle of a start by hand. `asked`: one that the schedule plans; undefined when it plans none at that instant. Without it, now: it stands
 * for the instant itself.
 */
export function cycleAt(
  schedule: Schedule,
  at: Instant,
  asked: boolean,
): (Pick<DueCycle, 'cycle' | 'planned' | 'dataDate'> & { zone: string }) | undefined {
  const zone = schedule.timezone;
  const instant = parseInstant(at);
  const [first] = plannedAfter(schedule, instant - 1_000).take(1);
  const planned = first?.cycle === instant ? formatWall(first.planned) : formatWall(wallOf(zone, instant));
  if (asked && first?.cycle !== instant) return undefined;
  return { cycle: at, planned, dataDate: dataDate(schedule, at, planned), zone };
}
