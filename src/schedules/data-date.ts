// The data date: which day's data a cycle is for. Planned time, actual time and data date are three things.
import { DAY_MS, formatDate, instantFrom, parseInstant } from '../specs/schedule-time.ts';
import { wallOf } from '../specs/schedule-zone.ts';
import type { Schedule } from '../specs/schedule.schema.ts';

/** The data date of a planned local time (a wall, in milliseconds): its day plus `dataDay` days. */
export const dataDateOf = (schedule: Pick<Schedule, 'dataDay'>, planned: number): string =>
  formatDate(Math.floor(planned / DAY_MS) * DAY_MS + schedule.dataDay * DAY_MS);

/**
 * The data date of a cycle, `2026-03-28`: its planned day in the schedule's zone, plus `dataDay` (by default minus one).
 * Give `planned` where it is known (a DueCycle has it): the cycle of a holiday or a gap stands for the day it was planned on.
 */
export function dataDate(schedule: Pick<Schedule, 'dataDay' | 'timezone'>, cycle: string, planned?: string): string {
  return dataDateOf(schedule, planned === undefined ? wallOf(schedule.timezone, parseInstant(cycle)) : instantFrom(planned, 'UTC'));
}
