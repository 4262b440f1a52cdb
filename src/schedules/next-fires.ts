// What comes next, shown before a schedule is saved and on its page.
import { formatInstant, formatLocal, formatWall, parseInstant } from '../specs/schedule-time.ts';
import type { Instant, NextFire } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { durationMs } from '../specs/units.ts';
import { dataDateOf } from './data-date.ts';
import { fireAt } from './jitter.ts';
import { plannedAfter, type Planned } from './planned.ts';

/** Most lines in an answer: a schedule of which every cycle is a holiday has an end, too. */
const MAX_FIRES = 1_000;

/** A planned cycle as a line. */
function asFire(id: string, schedule: Schedule, { cycle, planned, skip }: Planned, next: number | undefined): NextFire {
  return {
    cycle: formatInstant(cycle),
    fireAt: formatInstant(skip === undefined ? fireAt(id, cycle, durationMs(schedule.jitter), next) : cycle),
    local: formatLocal(schedule.timezone, cycle),
    planned: formatWall(planned),
    dataDate: dataDateOf(schedule, planned),
    ...(skip === undefined ? { decision: 'start' } : { decision: 'skip', code: skip.code, reason: skip.reason }),
  };
}

/**
 * The next `n` cycles to run after `from`, in order, and between them those that holidays and gaps take away. A pause is not looked at.
 * Empty for a schedule with `after`: its next cycle follows from the end of a run. `id` is `<app>/<name>`; without it jitter shows another amount.
 */
export function nextFires(schedule: Schedule, from: Instant, n: number, id = ''): NextFire[] {
  const fires: NextFire[] = [];
  let starts = 0;
  const upcoming = plannedAfter(schedule, parseInstant(from));
  for (let next = upcoming.next(); !next.done && starts < n && fires.length < MAX_FIRES;) {
    const planned = next.value;
    next = upcoming.next();
    if (planned.skip === undefined) starts++;
    fires.push(asFire(id, schedule, planned, next.done ? undefined : next.value.cycle));
  }
  return fires;
}
