// A backfill: many cycles of one schedule run now. What its workflow, its activities, the store and the API share. Plain JSON, no zod:
// workflows import it.
import type { Json, Timestamp } from './execution.ts';
import { QUEUES } from './identity.ts';
import type { Instant, SkipCode } from './schedule.ts';
import type { OpenCycle, ScheduledKind, ScheduleHold, WaitingCycle } from './schedule-run.ts';

/** What becomes of cycles that have their job or run already. */
export const EXISTING = ['skip', 'failed', 'rerun'] as const;
export const ORDERS = ['oldest', 'newest'] as const;
/** RUNNING until the last end was announced. */
export const BACKFILL_STATES = ['RUNNING', 'SUCCEED', 'FAILED', 'KILLED'] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

/** What was asked for. */
export interface BackfillSettings {
  /** As written: dates or times, both included. */
  readonly from: string;
  readonly until: string;
  readonly order: (typeof ORDERS)[number];
  /** Most of its cycles that go on at once. */
  readonly parallelism: number;
  /** Nothing more is started after the first that does not succeed. */
  readonly failFast: boolean;
  readonly existing: (typeof EXISTING)[number];
  /** Of a Dag: parameters of every run. */
  readonly params?: { readonly [name: string]: Json };
  /** Also the cycles of DAGs that wait for these. */
  readonly downstream?: true;
}

/** One backfill. */
export interface BackfillRef {
  readonly app: string;
  readonly id: string;
}

/** `backfill:<app>:<id>`. */
export const backfillWorkflowId = ({ app, id }: BackfillRef): string => `backfill:${app}:${id}`;

/** What every start of its workflow carries: whoever finds that it is not there starts it. */
export const backfillStart = ({ app, id }: BackfillRef) => ({
  workflowId: backfillWorkflowId({ app, id }),
  taskQueue: QUEUES.scheduler,
  args: [{ app, id }],
  staticSummary: `backfill ${id}`,
});

/** Signals; plain JSON, tolerant of missing fields. */
export const BACKFILL_SIGNALS = { wake: 'wake', pause: 'pause', resume: 'resume', kill: 'kill' } as const;

/** Of a kill: nothing more is started; `runs`: what it has started is killed, too. */
export interface BackfillKill {
  readonly by: string;
  readonly at: Timestamp;
  readonly runs: boolean;
  readonly reason?: string;
}

/** A cycle of the range, as the schedule plans it. */
export interface BackfillCycle extends Omit<WaitingCycle, 'fireAt'> {
  /** The schedule takes it away: a holiday, a gap of the clock. */
  readonly skip?: { readonly code: SkipCode; readonly reason: string };
  /** The DAG that it is of, where that is another than the backfill's. */
  readonly name?: string;
  /** Its turn comes when all up to this place have ended. */
  readonly after?: number;
}

/** What a cycle is known by within its backfill: its instant; of another DAG than the backfill's own, NAME@instant. */
export type CycleKey = string;

/** The job or run that a cycle has. */
export interface CycleObject {
  readonly cycle: Instant;
  readonly id: string;
  /** Attempt of the job, generation of the run: a rerun makes the next one. */
  readonly round: number;
  /** Of a run that has ended its outcome. */
  readonly status: string;
  readonly ended: boolean;
}

/** What is done with a cycle. `round` of a rerun: the one that it follows. */
export type Fate =
  | { readonly do: 'start' }
  | { readonly do: 'rerun'; readonly id: string; readonly round: number }
  | { readonly do: 'skip'; readonly id: string; readonly reason: string };

/** "How does it stand?" `hold` and `kill` are to be written; absent: what the store has counts; null: resumed. */
export interface BackfillQuestion extends BackfillRef {
  readonly hold?: ScheduleHold | null;
  readonly kill?: BackfillKill;
  /** Most cycles to be told of. */
  readonly limit: number;
}

export type BackfillAnswer =
  /** There is nothing to do: it has ended, or is not known. */
  | { readonly over: true; readonly reason: string }
  | {
      readonly over: false;
      readonly parallelism: number;
      readonly failFast: boolean;
      readonly hold?: ScheduleHold;
      readonly kill?: BackfillKill;
      /** Started, and no end was announced. */
      readonly open: readonly OpenCycle[];
      /** How many did not succeed, or could not be started. */
      readonly failed: number;
      /** What comes next, in order. */
      readonly waiting: readonly CycleKey[];
      /** There are more than these, or some whose turn comes with the end of others. */
      readonly more: boolean;
    };

/** What became of a cycle: it goes on, it is not run after all, or it can never be. */
export type BackfillStart = { readonly cycle: CycleKey } & BackfillTurn;

/** The job or run that it got, or why it got none. */
export type BackfillTurn = { readonly id: string } | { readonly skipped: string } | { readonly refused: string };

export interface StartBackfill extends BackfillRef {
  readonly cycles: readonly CycleKey[];
  /** Most of them that may go on; those that are skipped do not count. */
  readonly slots: number;
  /** It was tried for long: only write that it is refused, and why. */
  readonly giveUp?: string;
}

/** Local activities, at most 5 s. */
export interface BackfillActivities {
  lookBackfill(question: BackfillQuestion): Promise<BackfillAnswer>;
}

/** Ordinary activities of a backfill. */
export interface BackfillDuties {
  /** Starts them in order; what cannot be done now is left out of the answer, and thrown when it is the first. */
  startBackfillCycles(request: StartBackfill): Promise<readonly BackfillStart[]>;
  killBackfillCycles(request: BackfillRef & { readonly open: readonly OpenCycle[] }): Promise<void>;
  endBackfill(request: BackfillRef & { readonly state: BackfillState; readonly reason: string }): Promise<void>;
}

/** Start input of workflow type `backfill`. */
export interface BackfillInput extends BackfillRef {
  /** Continue-as-new after so many history events; default: when the server suggests it. */
  readonly historyBudget?: number;
  /** What a continue-as-new takes along; only the workflow reads it. */
  readonly carried?: unknown;
}

/** Whose cycles they are. */
export interface BackfillTarget {
  readonly app: string;
  readonly name: string;
  readonly kind: ScheduledKind;
}
