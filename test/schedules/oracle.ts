// What a zone's clock shows, minute by minute, from Intl alone, and which instants a rule means by it: written without a look at how the product does it.
import type { Schedule } from '../../src/specs/schedule.schema.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A local minute, as the fields of a cron see it. */
export interface Local {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
  readonly lastDay: number;
}

/** What the clock of a zone shows in a year, and a day more on both sides. */
export class Clock {
  /** What is shown less what a clock in UTC shows, of each minute of an hour, by hour; one number where all its minutes have the same. */
  readonly #hours = new Map<number, number | readonly number[]>();
  readonly #differences = new Set<number>();
  /** Hours in which the clock jumps. */
  readonly jumps: number[] = [];

  constructor(zone: string, year: number) {
    const two = '2-digit';
    const fields = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', ...fields });
    const ask = (instant: number): number => Date.parse(`${format.format(instant).replace(', ', 'T')}Z`) - instant;
    const [first, last] = [Date.UTC(year, 0, 0), Date.UTC(year + 1, 0, 2)];
    let before = ask(first);
    for (let hour = first; hour < last; hour += HOUR) {
      const after = ask(hour + HOUR);
      this.#differences.add(before);
      // Inside an hour whose ends differ every minute is asked for.
      this.#hours.set(hour, after === before ? before : Array.from({ length: 60 }, (_, minute) => ask(hour + minute * MINUTE)));
      if (after !== before) this.jumps.push(hour);
      before = after;
    }
  }

  #shows(instant: number): number {
    const hour = Math.floor(instant / HOUR) * HOUR;
    const known = this.#hours.get(hour);
    if (known === undefined) return Number.NaN;
    return instant + (typeof known === 'number' ? known : known[(instant - hour) / MINUTE]!);
  }

  /** The instants at which the clock shows a wall, in order. */
  at(wall: number): number[] {
    return [...this.#differences]
      .map((difference) => wall - difference)
      .filter((instant) => this.#shows(instant) === wall)
      .sort((a, b) => a - b);
  }

  /** The first instant at which the clock is past a wall that it never shows. */
  past(wall: number): number {
    for (let later = wall + MINUTE; ; later += MINUTE) {
      const [instant] = this.at(later);
      if (instant !== undefined) return instant;
    }
  }
}

const clocks = new Map<string, Clock>();
export function clockOf(zone: string, year: number): Clock {
  const key = `${zone} ${year}`;
  let clock = clocks.get(key);
  if (clock === undefined) clocks.set(key, (clock = new Clock(zone, year)));
  return clock;
}

export interface Expected {
  readonly starts: readonly number[];
  /** Instants at which a local time is skipped and nothing else starts. */
  readonly gaps: readonly number[];
}

/** The local minutes from one wall to before another that a cron means: no zone has a part in it. */
export function matching(matches: (local: Local) => boolean, from: number, to: number): number[] {
  const walls: number[] = [];
  for (let day = from; day < to; day += 24 * HOUR) {
    const date = new Date(day);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const fields = { day: date.getUTCDate(), month: month + 1, weekday: date.getUTCDay(), lastDay };
    for (let n = 0; n < 24 * 60; n++) if (matches({ ...fields, hour: Math.floor(n / 60), minute: n % 60 })) walls.push(day + n * MINUTE);
  }
  return walls;
}

const order = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);

/** What the rules of a schedule make of these local minutes. */
export function expected(
  clock: Clock,
  walls: readonly number[],
  rules: { readonly gap: Schedule['gap']; readonly overlapHour: 'first' | 'both' | 'second' },
): Expected {
  const starts = new Set<number>();
  const gaps = new Set<number>();
  for (const wall of walls) {
    const instants = clock.at(wall);
    if (instants.length === 0) (rules.gap === 'shift' ? starts : gaps).add(clock.past(wall));
    else if (rules.overlapHour === 'both') for (const instant of instants) starts.add(instant);
    else starts.add(rules.overlapHour === 'first' ? instants[0]! : instants.at(-1)!);
  }
  return { starts: order(starts), gaps: order(gaps).filter((instant) => !starts.has(instant)) };
}
