// The cycles of a range, and what a backfill does with each.
import type { BackfillCycle, BackfillSettings, CycleObject, Fate } from '../specs/backfill.ts';
import { formatInstant, formatWall, instantFrom } from '../specs/schedule-time.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { dataDate } from './data-date.ts';
import { plannedAfter } from './planned.ts';

/**
 * The cycles that a schedule plans from `from` until `until`, both included, oldest first, no later than `now` (milliseconds): those to come are
 * the schedule's own. `from` and `until` are dates or times, on the clock of its zone. RangeError where they are more than `most`.
 */
export function cyclesBetween(
  schedule: Schedule,
  { from, until }: Pick<BackfillSettings, 'from' | 'until'>,
  now: number,
  most: number,
): BackfillCycle[] {
  const zone = schedule.timezone;
  const to = Math.min(instantFrom(until, zone, 'last'), now);
  const cycles: BackfillCycle[] = [];
  for (const { cycle, planned, skip } of plannedAfter(schedule, instantFrom(from, zone) - 1)) {
    if (cycle > to) break;
    if (cycles.length === most) throw new RangeError(`the range holds more than ${most} cycles; take a smaller one`);
    const at = formatInstant(cycle);
    const local = formatWall(planned);
    cycles.push({ cycle: at, planned: local, zone, dataDate: dataDate(schedule, at, local), ...(skip !== undefined && { skip }) });
  }
  return cycles;
}

/** What is done with a cycle that has this job or run, or none. */
export function fateOf(kind: 'Job' | 'Dag', existing: BackfillSettings['existing'], object: CycleObject | undefined): Fate {
  if (object === undefined) return { do: 'start' };
  const { id, round, status, ended } = object;
  const it = `${kind === 'Job' ? 'job' : 'run'} ${id}`;
  if (!ended) return { do: 'skip', id, reason: `its ${it} is going on: ${status}` };
  if (existing === 'skip') return { do: 'skip', id, reason: `it has ${it} already: ${status}` };
  if (existing === 'failed' && status === 'SUCCEED') return { do: 'skip', id, reason: `its ${it} has succeeded` };
  return { do: 'rerun', id, round };
}
