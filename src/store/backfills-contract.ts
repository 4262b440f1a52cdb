/** What the store keeps of backfills: what was asked for, and what became of each cycle. Part of contract.ts. */
import type {
  BackfillAnswer,
  BackfillCycle,
  BackfillKill,
  BackfillQuestion,
  BackfillRef,
  BackfillSettings,
  BackfillStart,
  BackfillState,
  BackfillTarget,
  CycleKey,
  CycleObject,
  Fate,
} from '../specs/backfill.ts';
import type { Timestamp } from '../specs/execution.ts';
import type { Instant } from '../specs/schedule.ts';
import type { ScheduleHold } from '../specs/schedule-run.ts';

export interface BackfillRow extends BackfillTarget, BackfillRef {
  /** Of the definition by which its cycles were planned. */
  readonly version: number;
  readonly requestId?: string;
  /** Of what was asked for: another one under the same request id is refused. */
  readonly digest: string;
  readonly settings: BackfillSettings;
  readonly state: BackfillState;
  /** How it ended, in words. */
  readonly reason?: string;
  readonly hold?: ScheduleHold;
  readonly kill?: BackfillKill;
  readonly createdBy: string;
  readonly createdAt: Timestamp;
  /** When its workflow last looked. */
  readonly updatedAt: Timestamp;
  readonly endedAt?: Timestamp;
}

/** WAITING: not begun; STARTED: its job or run goes on; REFUSED: that could not be made. */
export const BACKFILL_CYCLE_STATES = ['WAITING', 'STARTED', 'ENDED', 'SKIPPED', 'REFUSED'] as const;
export type BackfillCycleState = (typeof BACKFILL_CYCLE_STATES)[number];

export interface BackfillCycleRow extends Omit<BackfillCycle, 'skip' | 'after'> {
  readonly key: CycleKey;
  /** The definition that it is of. */
  readonly name: string;
  readonly place: number;
  readonly state: BackfillCycleState;
  /** What was decided, before it is done. */
  readonly action?: 'start' | 'rerun';
  /** Of a rerun: the attempt or generation that it follows. */
  readonly round?: number;
  /** Job id or run id. */
  readonly id?: string;
  /** STARTED: of its job or run now; ENDED: how that ended. */
  readonly status?: string;
  /** SKIPPED and REFUSED: in words. */
  readonly reason?: string;
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
}

/** Cycles of a backfill by what became of them; `succeeded` and `failed` have ended. */
export interface BackfillCounts {
  readonly waiting: number;
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly refused: number;
}

export type NewBackfill = Omit<BackfillRow, 'state' | 'reason' | 'hold' | 'kill' | 'updatedAt' | 'endedAt'>;

export interface Backfills {
  /** Writes it with its cycles, in the order of their turns, in one transaction. Returns the one that its request id has made before, else it. */
  created(backfill: NewBackfill, cycles: readonly BackfillCycle[]): Promise<BackfillRow>;
  backfill(id: string): Promise<BackfillRow | undefined>;
  byRequestId(app: string, requestId: string): Promise<BackfillRow | undefined>;
  /** Newest first, keyset-paged by `before` (an id). */
  backfills(app: string, filter: { name?: string }, page: { before?: string; limit: number }): Promise<BackfillRow[]>;
  counts(id: string): Promise<BackfillCounts>;
  /** In the order of their turns, keyset-paged by `after` (a place). */
  cycles(id: string, filter: { state?: readonly BackfillCycleState[] }, page: { after?: number; limit: number }): Promise<BackfillCycleRow[]>;
  cycle(id: string, key: CycleKey): Promise<BackfillCycleRow | undefined>;
  /** The jobs or runs that these cycles have, whoever started them. */
  objects(target: BackfillTarget, cycles: readonly Instant[]): Promise<CycleObject[]>;
  /** Writes a pause, a resume or a kill, notes ends that were announced, and says how it stands. */
  looked(question: BackfillQuestion, at: Timestamp): Promise<BackfillAnswer>;
  /** Writes what is going to be done with a cycle; a decision that is there stays. */
  deciding(id: string, key: CycleKey, fate: Exclude<Fate, { do: 'skip' }>): Promise<void>;
  /** Writes what became of a cycle that was waiting. */
  started(id: string, start: BackfillStart, at: Timestamp): Promise<void>;
  /** It has ended; what has not begun is SKIPPED, with the reason. */
  ended(id: string, state: BackfillState, reason: string, at: Timestamp): Promise<void>;
  /** Those of which an end was announced that they have not noted; and those that have not looked since `before` although nothing goes on. */
  wakeable(before: Timestamp, limit: number): Promise<BackfillRef[]>;
  /** Removes those that ended before a time; or only counts them. Returns how many. */
  prune(before: Timestamp, dryRun?: boolean): Promise<number>;
}
