// The local times of a cron expression in order, as its clock shows them ("walls"), with those of holidays skipped or moved to business days.
import { cronMatcher } from '../specs/schedule-cron.ts';
import { DAY_MS, formatDate } from '../specs/schedule-time.ts';
import type { Schedule } from '../specs/schedule.schema.ts';

/** A local time: of a cycle, or of one that its holiday takes away. */
export interface Wall {
  readonly wall: number;
  /** The local time that was moved here from a holiday. */
  readonly planned?: number;
  /** Not to be run: the reason in words. */
  readonly holiday?: string;
}

type Holidays = NonNullable<Schedule['holidays']>;

/** How far a cycle is moved at most. */
const FURTHEST_DAYS = 31;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Why a wall's day is not a business day, in words; undefined when it is one. */
export function holidayOn(holidays: Holidays): (wall: number) => string | undefined {
  const named = new Map<string, string>();
  for (const [calendar, days] of Object.entries(holidays.calendars)) for (const day of days) named.set(day, `a holiday (${calendar})`);
  for (const day of holidays.dates) if (!named.has(day)) named.set(day, 'a holiday');
  const weekend = new Set<string>(holidays.weekend);
  return (wall) => {
    const date = formatDate(wall);
    const day = new Date(wall).getUTCDay();
    const why = named.get(date) ?? named.get(date.slice(5)) ?? (weekend.has(WEEKDAYS[day]!) ? `a ${WEEKDAY_NAMES[day]}` : undefined);
    return why === undefined ? undefined : `${date} is ${why}`;
  };
}

const dayOf = (wall: number): number => Math.floor(wall / DAY_MS) * DAY_MS;

/** The walls ≥ from of a parsed expression, in order, without end: take what is wanted. */
export function* walls(pattern: string, holidays: Holidays | undefined, from: number): Generator<Wall> {
  const next = cronMatcher(pattern);
  if (holidays !== undefined && holidays.policy !== 'skip') return yield* moved(next, holidays, from);
  const holiday = holidays === undefined ? undefined : holidayOn(holidays);
  for (let wall = next(from - 1_000); wall !== undefined; wall = next(wall)) {
    const why = holiday?.(wall);
    yield why === undefined ? { wall } : { wall, holiday: why };
  }
  return undefined;
}

/** Day by day: the times of a business day are its own and those of the holidays next to it, each once. */
function* moved(next: (wall: number) => number | undefined, holidays: Holidays, from: number): Generator<Wall> {
  const holiday = holidayOn(holidays);
  const step = holidays.policy === 'next-business-day' ? DAY_MS : -DAY_MS;
  const targetOf = (day: number): number | undefined => {
    for (let n = 1; n <= FURTHEST_DAYS; n++) if (holiday(day + n * step) === undefined) return day + n * step;
    return undefined;
  };
  const timesOf = (day: number): number[] => {
    const times: number[] = [];
    for (let wall = next(day - 1_000); wall !== undefined && wall < day + DAY_MS; wall = next(wall)) times.push(wall);
    return times;
  };
  let upcoming = next(dayOf(from) - 1_000 - FURTHEST_DAYS * DAY_MS);
  for (let day = dayOf(from); ; day += DAY_MS) {
    // Nothing is moved further than that, so that a day far from every cycle has none.
    while (upcoming !== undefined && upcoming < day - FURTHEST_DAYS * DAY_MS) upcoming = next(day - FURTHEST_DAYS * DAY_MS - 1_000);
    if (upcoming === undefined) return;
    if (dayOf(upcoming) > day + FURTHEST_DAYS * DAY_MS) day = dayOf(upcoming) - FURTHEST_DAYS * DAY_MS;
    const why = holiday(day);
    if (why !== undefined) {
      const target = targetOf(day);
      const where = target === undefined ? `no business day within ${FURTHEST_DAYS} days` : `moved to ${formatDate(target)}`;
      for (const wall of timesOf(day)) if (wall >= from) yield { wall, holiday: `${why}; ${where}` };
      continue;
    }
    const times = new Map<number, Wall>();
    for (const wall of timesOf(day)) times.set(wall, { wall });
    for (let n = 1; n <= FURTHEST_DAYS && holiday(day - n * step) !== undefined; n++)
      for (const planned of timesOf(day - n * step)) {
        const wall = planned + n * step;
        if (!times.has(wall)) times.set(wall, { wall, planned });
      }
    for (const time of [...times.values()].sort((a, b) => a.wall - b.wall)) if (time.wall >= from) yield time;
  }
}
