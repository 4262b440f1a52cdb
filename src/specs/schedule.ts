// What the planning of cycles hands over, as plain JSON: workflows, store and API share these words. No zod, so that workflows may import it.
import type { Schedule } from './schedule.schema.ts';

/** An instant in UTC to the second, `2026-03-29T01:00:00Z`. A cycle is known by it: the same instant is the same cycle, whatever the schedule is by then. */
export type Instant = string;

/** Why a cycle is not run. */
export const SKIP_CODES = {
  /** Its day is a holiday, or it was moved from there to a business day, where it has an instant of its own. */
  HOLIDAY: 'its day is not a business day',
  /** Its local time does not exist on that day, and the schedule says `gap: skip`. */
  GAP: 'its local time does not exist',
  /** It was decided too late for the misfire policy or its window. */
  LATE: 'decided too late',
  /** Late, and a newer one was due too: `misfire: latest`. */
  SUPERSEDED: 'a newer cycle was due',
  /** The schedule was paused at that instant. */
  PAUSED: 'the schedule was paused',
  /** Another run was going on. Judged by whoever knows the runs, not by the planning. */
  OVERLAP: 'another run was going on',
  /** It was to be started, and its definition or the schedule in it was removed before. */
  REMOVED: 'the schedule was removed',
} as const;
export type SkipCode = keyof typeof SKIP_CODES;

/** One cycle, decided. */
export interface DueCycle {
  /** Its identity: the nominal instant. */
  readonly cycle: Instant;
  /** When it is to start: the cycle, later by its jitter. */
  readonly fireAt: Instant;
  /** The local time that it stands for in the schedule's zone, `2026-03-29T02:30:00`: another than the cycle's own only when a gap or a holiday moved it. */
  readonly planned: string;
  /** The day whose data it is for, `2026-03-28`. */
  readonly dataDate: string;
  readonly decision: 'start' | 'skip';
  /** With `skip` only. */
  readonly code?: SkipCode;
  /** With `skip` only: the reason in words. */
  readonly reason?: string;
}

/** "What is due?" The answer is a DueCycles. */
export interface DueQuestion {
  /** What the jitter follows from, beside the cycle: the same for a schedule's whole life, `<app>/<name>`. */
  readonly id: string;
  readonly schedule: Schedule;
  /** All cycles up to this instant are decided: `decidedUntil` of the last answer; `firstDecided` for a new schedule. */
  readonly lastDecided: Instant;
  /** May be earlier than `lastDecided` (a clock was put back): then nothing is due. */
  readonly now: Instant;
  /** How late a cycle is counts up to then: `now` may be an edit in the past. Default: now. */
  readonly judgedAt?: Instant;
  /** Most cycles in the answer, from 1. Default: 500. */
  readonly limit?: number;
  /** When the schedule was first saved: cycles up to then are due by `catchUpFrom` only, and never too late. Default: none are. */
  readonly savedAt?: Instant;
  /**
   * Before an edit, a pause, a resume or a deletion: decide by the old schedule every cycle up to `now`, also one whose jitter has not run out (its
   * `fireAt` is then later than `now`; it may start at once).
   * When `more` is false, go on from `decidedUntil` with the new schedule: so no edit decides a cycle twice, and none loses one. Default: false.
   */
  readonly settle?: boolean;
  /** With `after` only, where it must be given. */
  readonly runs?: RunState;
}

/** The answer to "what is due?". Every cycle up to `decidedUntil` has been decided, here or before. */
export interface DueCycles {
  /** In order; at most the limit that was asked for. */
  readonly cycles: readonly DueCycle[];
  /** What to give as `lastDecided` next time. It never goes back. */
  readonly decidedUntil: Instant;
  /** True: the limit was reached, ask again at once. */
  readonly more: boolean;
  /** When to ask again. Absent: never by the clock: the schedule is over, or waits for the end of a run (`after`). */
  readonly nextWakeAt?: Instant;
}

/** One line of "what comes next". */
export interface NextFire extends DueCycle {
  /** The cycle on the clock of the schedule's zone, with its offset: `2026-03-29T03:00:00+02:00`. */
  readonly local: string;
}

/** What is known of the runs of a schedule with `after`: the next cycle follows from the end of the last one. */
export interface RunState {
  /** A run has been started and its end was not announced yet. */
  readonly running: boolean;
  /** Announced end of the last run; absent before the first. */
  readonly lastEnd?: Instant;
}
