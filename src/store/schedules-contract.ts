/** What the store keeps of schedules: how far each has come, and every cycle that was decided, run or not. Part of contract.ts. */
import type { Timestamp } from '../specs/execution.ts';
import type { Instant, SkipCode } from '../specs/schedule.ts';
import type { CycleStart, DroppedCycle, OpenCycle, ScheduledKind, ScheduleHold, ScheduleRef, WaitingCycle } from '../specs/schedule-run.ts';

/** A schedule as its workflow last told. */
export interface ScheduleRow extends ScheduleRef {
  /** Of the definition, as last taken up; 0: not yet. */
  readonly version: number;
  /** Versions of the definition saved before this are of a schedule that was removed. */
  readonly since: Timestamp;
  readonly savedAt?: Instant;
  /** Every cycle up to this is decided. */
  readonly decidedUntil?: Instant;
  readonly nextWakeAt?: Instant;
  /** Paused by hand. */
  readonly hold?: ScheduleHold;
  /** When it was removed. */
  readonly endedAt?: Timestamp;
  readonly updatedAt: Timestamp;
}

/** STARTED: it has its job or run, however that goes on. REFUSED: its job or run could not be made. */
export const CYCLE_STATES = ['WAITING', 'STARTED', 'SKIPPED', 'REFUSED'] as const;
export type CycleState = (typeof CYCLE_STATES)[number];

/** A cycle of which something was decided. */
export interface CycleRow {
  readonly kind: ScheduledKind;
  readonly cycle: Instant;
  readonly fireAt: Instant;
  /** Local time in `zone`. */
  readonly planned: string;
  readonly zone: string;
  readonly dataDate: string;
  readonly state: CycleState;
  /** SKIPPED only. */
  readonly code?: SkipCode;
  /** SKIPPED and REFUSED: in words. */
  readonly reason?: string;
  /** STARTED only: job id or run id, and when that was. */
  readonly id?: string;
  readonly startedAt?: Timestamp;
  /** Who started it by hand. */
  readonly by?: string;
  readonly decidedAt: Timestamp;
  /** Status of its job or run now: absent where that was pruned. `outcome`: of a run. */
  readonly status?: string;
  readonly outcome?: string;
  readonly endedAt?: Timestamp;
}

/** Cycles that are decided together, and how far that brings the schedule. */
export interface Decision extends ScheduleRef {
  readonly version: number;
  readonly savedAt: Instant;
  readonly decidedUntil: Instant;
  readonly nextWakeAt?: Instant;
  readonly hold?: ScheduleHold;
  readonly awaits: boolean;
  readonly at: Timestamp;
  readonly cycles: readonly (WaitingCycle & { readonly skip?: { readonly code: SkipCode; readonly reason: string } })[];
  readonly dropped: readonly DroppedCycle[];
  /** Cycles up to this were told of by the answers before; absent: none was. */
  readonly toldUntil?: Instant;
}

export interface Schedules {
  /** Makes the row of a schedule that was saved, or begins it anew where it had been removed; one that is there is left alone. */
  saved(schedule: ScheduleRef, since: Timestamp): Promise<void>;
  /** It was removed: cycles that wait are SKIPPED, with the reason. */
  removed(schedule: Omit<ScheduleRef, 'kind'>, at: Timestamp, reason: string): Promise<void>;
  schedule(app: string, name: string): Promise<ScheduleRow | undefined>;
  /** Those that are not removed, by name and app, keyset-paged by `after`. */
  schedules(app: string | undefined, page: { after?: { app: string; name: string }; limit: number }): Promise<ScheduleRow[]>;
  /** What was started and has not ended; ends that were announced are noted. `lastEnd`: of the newest cycle that was started. */
  open(app: string, name: string): Promise<{ open: OpenCycle[]; lastEnd?: Timestamp }>;
  /**
   * Writes a decision in one transaction. What is decided already stays so: a decision that is repeated, with a later clock, changes nothing.
   * Returns the cycles that wait to be started and were not told of before, oldest first.
   */
  decided(decision: Decision): Promise<WaitingCycle[]>;
  /**
   * Writes what became of a start; by hand also of a cycle that had been skipped, or was never planned. `by`: who asked for it; `aside`: it does
   * not count as going on, so that no other cycle waits for its end.
   */
  started(
    schedule: ScheduleRef,
    cycle: WaitingCycle,
    start: CycleStart,
    at: Timestamp,
    more?: { readonly by?: string; readonly aside?: boolean },
  ): Promise<void>;
  /** Newest cycle first, keyset-paged by `before` (a cycle). */
  cycles(app: string, name: string, filter: { state?: readonly CycleState[] }, page: { before?: Instant; limit: number }): Promise<CycleRow[]>;
  /** Those of these cycles that were decided. */
  cyclesAt(app: string, name: string, cycles: readonly Instant[]): Promise<CycleRow[]>;
  /** Schedules that wait for ends, all of which were announced. */
  wakeable(limit: number): Promise<ScheduleRef[]>;
  /** Removes cycles decided before a time, but for what waits or goes on; or only counts them. Returns how many. */
  pruneCycles(before: Timestamp, dryRun?: boolean): Promise<number>;
}
