// What a job workflow knows, as plain JSON: it is carried over continue-as-new, shown by the query `snapshot`, and becomes the result.
import type { OutcomeCode } from '../../specs/errors.ts';
import type { CarriedState, Handle, JobEvent, JobResult, KillRequest, Observation, Outputs, StepTiming, Timestamp } from '../../specs/execution.ts';
import type { JobPatch, Retry } from '../../specs/job.schema.ts';
import type { Changes } from '../../specs/patch.ts';
import type { Blame, Status } from '../../specs/status.ts';

/** The state of a job and of its newest attempt. */
export interface JobState extends Changes {
  /** The newest attempt; counts from 1. */
  readonly attempt: number;
  /** The attempt with which the present series of automatic tries began: 1, or that of the last rerun by hand. */
  readonly series: number;
  /** When that series began; the total timeout counts from here. */
  readonly seriesAt: Timestamp;
  /** Sequence of the last event. */
  readonly seq: number;
  /** The status that the job shows. */
  readonly status: Status;
  /** The newest attempt's own status. */
  readonly attemptStatus: Status;
  readonly reason?: string;
  readonly code?: OutcomeCode;
  readonly blame?: Blame;
  readonly key?: string;
  readonly workerId?: string;
  readonly handle?: Handle;
  readonly observation?: Observation;
  readonly timings: readonly StepTiming[];
  readonly outputs: Outputs;
  readonly exitCode?: number;
  readonly killRequested?: KillRequest;
  /** Not before this time may the attempt be admitted (the back-off of a retry). */
  readonly retryAt?: Timestamp;
  /** When the attempt entered these statuses; timeouts count from here. */
  readonly entered: { readonly [S in Status]?: Timestamp };
  readonly endedAt?: Timestamp;
  /** Worker of the attempt before; `anotherWorker` avoids it. */
  readonly lastWorkerId?: string;
  readonly superseded: readonly string[];
  readonly appliedIds: readonly string[];
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly status: 'SUCCEED' | 'FAILED' | 'START_FAILED' | 'KILLED' | 'CANCELED';
  readonly code?: OutcomeCode;
  readonly reason?: string;
  readonly by?: string;
  readonly observation?: Observation;
  readonly timings?: readonly StepTiming[];
  readonly outputs?: Outputs;
  /** False when something with this key may still live on the cluster: its key is then remembered as superseded. */
  readonly proved: boolean;
}

/** What follows an end: whatever the retry policy says; a next attempt in any case, automatic or by hand; or nothing. */
export type Next =
  | { readonly by: 'policy'; readonly retry: Retry }
  | { readonly by: 'onLost' }
  | { readonly by: 'hand'; readonly patch?: JobPatch }
  | { readonly by: 'nobody' };

/** What can happen to a job. */
export type Happening =
  | { readonly type: 'created'; readonly by: string }
  | { readonly type: 'waiting'; readonly reason?: string }
  | { readonly type: 'starting'; readonly key: string; readonly workerId?: string }
  | { readonly type: 'moved'; readonly reason: string; readonly workerId?: string }
  | { readonly type: 'observed'; readonly observation: Observation; readonly handle?: Handle; readonly timings?: readonly StepTiming[] }
  | { readonly type: 'lost'; readonly reason: string; readonly code: OutcomeCode }
  /** `key`: whose place in the queue is given up. */
  | { readonly type: 'ended'; readonly key: string; readonly end: AttemptEnd; readonly next: Next }
  | { readonly type: 'kill'; readonly by: string; readonly reason?: string }
  | { readonly type: 'kill-refused'; readonly reason: string }
  | { readonly type: 'rerun'; readonly by: string; readonly reason?: string; readonly patch?: JobPatch }
  | { readonly type: 'resolved'; readonly as: string; readonly by: string; readonly reason?: string; readonly handle?: Handle }
  /** `release`: the place in the queue that is given up, because the change moves it. */
  | { readonly type: 'modified'; readonly by: string; readonly patch: JobPatch; readonly release?: string }
  | { readonly type: 'note'; readonly as: 'note' | 'stale' | 'alarm'; readonly reason: string; readonly by?: string };

/** What the workflow does after a transition: write an event, free the lease of a key, show a status in Temporal's search. */
export type Effect =
  { readonly type: 'record'; readonly event: JobEvent; readonly release?: string } | { readonly type: 'show'; readonly status: Status };

/** The state of a job that was just created. */
export const initialState = (at: Timestamp): JobState => ({
  attempt: 1,
  series: 1,
  seriesAt: at,
  seq: 0,
  status: 'CREATED',
  attemptStatus: 'CREATED',
  timings: [],
  outputs: {},
  entered: { CREATED: at },
  superseded: [],
  appliedIds: [],
});

/** The state of a job that an earlier run left, with all of its result where it has one; `at` is now. */
export const restoredState = (carried: CarriedState & Partial<JobResult>, at: Timestamp): JobState => ({
  ...initialState(at),
  attempt: carried.attempt,
  series: carried.attempt,
  seq: carried.seq,
  status: carried.status,
  attemptStatus: carried.status,
  entered: { [carried.status]: at },
  superseded: carried.superseded ?? [],
  appliedIds: carried.appliedIds,
  ...(carried.patch && { patch: carried.patch, attemptPatch: carried.attemptPatch ?? carried.patch }),
  ...(carried.killRequested && { killRequested: carried.killRequested }),
  ...(carried.outputs && { outputs: carried.outputs }),
  ...(carried.reason !== undefined && { reason: carried.reason }),
  ...(carried.code && { code: carried.code }),
  ...(carried.blame && { blame: carried.blame }),
  ...(carried.exitCode !== undefined && { exitCode: carried.exitCode }),
  ...(carried.endedAt !== undefined && { endedAt: carried.endedAt }),
  ...(carried.current && {
    key: carried.current.key,
    ...(carried.current.workerId !== undefined && { workerId: carried.current.workerId }),
    ...(carried.current.handle && { handle: carried.current.handle }),
  }),
});

/** What outlives the run: part of the result, and of a continue-as-new. */
export const carriedState = (state: JobState): CarriedState => ({
  attempt: state.attempt,
  seq: state.seq,
  status: state.status,
  appliedIds: state.appliedIds,
  ...(state.patch && { patch: state.patch }),
  ...(state.killRequested && { killRequested: state.killRequested }),
  ...(state.superseded.length > 0 && { superseded: state.superseded }),
});
