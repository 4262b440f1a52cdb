// A schedule that runs by itself: what its workflow, its activities, the store and the API share. Plain JSON, no zod: workflows import it.
import type { Timestamp } from './execution.ts';
import { QUEUES } from './identity.ts';
import type { DueCycle, Instant, SkipCode } from './schedule.ts';

/** Kinds of definitions that may have a schedule. */
export type ScheduledKind = 'Job' | 'Dag';

/** One schedule: of a definition of this kind and name. Within an app a name has at most one. */
export interface ScheduleRef {
  readonly app: string;
  readonly name: string;
  readonly kind: ScheduledKind;
}

/** `schedule:<app>:<name>`. */
export const scheduleWorkflowId = (app: string, name: string): string => `schedule:${app}:${name}`;

/** What every start of a schedule's workflow carries: whoever finds that it is not there starts it. */
export const scheduleStart = ({ app, name, kind }: ScheduleRef) => ({
  workflowId: scheduleWorkflowId(app, name),
  taskQueue: QUEUES.scheduler,
  args: [{ app, name, kind }],
  staticSummary: `schedule of ${kind} ${name}`,
});

/** The request id of a job that stands for a cycle: fire, backfill and run by hand of a cycle make the same job. */
export const cycleRequestId = (name: string, cycle: Instant): string => `${name}@${cycle}`;

/** Signals of a schedule; plain JSON, tolerant of missing fields. */
export const SCHEDULE_SIGNALS = {
  /** Look again: the definition has changed, or a run has ended. */
  wake: 'wake',
  /** SwitchMessage. */
  pause: 'pause',
  /** SwitchMessage. */
  resume: 'resume',
} as const;

/** Applied once for each id. */
export interface SwitchMessage {
  readonly id?: string;
  readonly by?: string;
  /** Of a pause: why, for people. */
  readonly note?: string;
}

/** A pause by hand: it holds over edits of the definition, until it is resumed. */
export interface ScheduleHold {
  readonly note: string;
  readonly by: string;
  readonly at: Timestamp;
}

/** A cycle that is to be started and has not begun. */
export type WaitingCycle = Pick<DueCycle, 'cycle' | 'fireAt' | 'planned' | 'dataDate'> & { readonly zone: string };

/** A job or run of the schedule whose end was not announced yet. */
export interface OpenCycle {
  readonly cycle: Instant;
  /** Job id or run id. */
  readonly id: string;
}

/** A cycle that was to be started and is not run after all. */
export interface DroppedCycle {
  readonly cycle: Instant;
  readonly code: SkipCode;
  readonly reason: string;
}

/** "What is due, and what goes on?" Every answer is in the store and in history. */
export interface CyclesQuestion extends ScheduleRef {
  /** Version of the definition by which cycles up to `decidedUntil` were decided; 0: none yet, or not known any more. */
  readonly version: number;
  readonly decidedUntil?: Instant;
  readonly savedAt?: Instant;
  /** What is due up to then. */
  readonly now: Instant;
  /** Of a backlog that takes several answers: when it was first asked for; what is due up to then, and how late. Default: now. */
  readonly asOf?: Instant;
  /** Most cycles to decide, and how many of them may be started. */
  readonly limit: number;
  readonly room: number;
  /** Decide also what waits for its jitter: a pause or a resume follows. */
  readonly settle: boolean;
  /** The pause by hand. */
  readonly hold?: ScheduleHold;
  /** Cycles that were to be started and are not run after all: to be written. */
  readonly dropped: readonly DroppedCycle[];
  /** It waits for the ends of what goes on: it wants to be woken then. */
  readonly awaits: boolean;
}

export type CyclesAnswer =
  /** Nobody wants it any more: the definition, or the schedule in it, is gone. */
  | { readonly over: true; readonly reason: string }
  | {
      readonly over: false;
      /** Of the definition that now holds. */
      readonly version: number;
      readonly savedAt: Instant;
      readonly decidedUntil: Instant;
      readonly more: boolean;
      readonly nextWakeAt?: Instant;
      /** Cycles to be started that were not in an answer before. */
      readonly starts: readonly WaitingCycle[];
      /** How many were skipped with this answer. */
      readonly skipped: number;
      readonly overlap: 'allow' | 'skip' | 'wait' | 'replace';
      /** The schedule has `after`: its next cycle follows from an end. */
      readonly after: boolean;
      /** Paused by its document. */
      readonly paused: boolean;
      readonly open: readonly OpenCycle[];
      /** The pause by hand, where the workflow had lost it. */
      readonly hold?: ScheduleHold;
    };

/** What became of a start: the job or run (new, or there before: the same), or why it can never be. */
export type CycleStart = { readonly cycle: Instant } & ({ readonly id: string } | { readonly refused: string });

/** Local activities of a schedule, at most 5 s. */
export interface ScheduleActivities {
  decideCycles(question: CyclesQuestion): Promise<CyclesAnswer>;
}

/** Ordinary activities of a schedule. */
export interface ScheduleDuties {
  /**
   * Starts them in order; what cannot be done now is left out of the answer, and thrown when it is the first. `giveUp`: they were tried for
   * long; only writes that they are refused, and why.
   */
  startCycles(request: StartCycles): Promise<readonly CycleStart[]>;
  /** Asks for the end of these jobs or runs, because of `cycle`. */
  replaceCycles(request: ScheduleRef & { readonly open: readonly OpenCycle[]; readonly cycle: Instant }): Promise<void>;
  /** Writes that it has ended; false when its definition has a schedule again. */
  endSchedule(request: ScheduleRef & { readonly reason: string }): Promise<boolean>;
}

export interface StartCycles extends ScheduleRef {
  readonly cycles: readonly WaitingCycle[];
  readonly giveUp?: string;
}

/** Start input of workflow type `schedule`. */
export interface ScheduleInput extends ScheduleRef {
  /** Continue-as-new after so many history events; default: when the server suggests it. */
  readonly historyBudget?: number;
  /** What a continue-as-new takes along; only the workflow reads it. */
  readonly carried?: unknown;
}
