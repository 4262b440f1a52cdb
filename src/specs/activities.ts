// The activities that workflows call: types only, so that workflows import no implementation.
import type { OutcomeCode } from './errors.ts';
import type {
  AttemptRef,
  CarriedSpec,
  ClusterRecord,
  Handle,
  JobEvent,
  JobInput,
  JobResult,
  Observation,
  Outputs,
  StepTiming,
  Timestamp,
} from './execution.ts';

/** Everything a step needs; alone enough on any machine, nothing is read from a lost cache. */
export interface AttemptInput {
  readonly attempt: AttemptRef;
  readonly spec: CarriedSpec;
  readonly cluster: ClusterRecord;
}

export interface LaunchResult {
  readonly handle: Handle;
  readonly observation: Observation;
  readonly timings: readonly StepTiming[];
  /** A job that was seen to end at once has been finished in the same activity: Submit and Clean have run, and `finish` is not called. */
  readonly finished?: FinishResult;
}

export interface DescribeInput extends AttemptInput {
  readonly handle: Handle;
  /** What the workflow knows; describe returns when the cluster says something else. */
  readonly known: Observation;
}
export interface DescribeResult {
  readonly observation: Observation;
  /** A failed Check: the workflow stops the external job, proves the end, and fails it with this reason. */
  readonly checkFailed?: string;
  /** The cluster has not been reached since then; the workflow shows it and describes again with the newest record. */
  readonly staleSince?: Timestamp;
}

export interface StopInput extends AttemptInput {
  readonly handle?: Handle;
  readonly how: 'graceful' | 'forced';
  /** From TERM to KILL. */
  readonly graceMs: number;
  /** Nothing new with this key may appear for so long before the stop counts as proved. */
  readonly settleMs: number;
}
export interface StopResult {
  /** The proof: phase ended, or not-found (nothing of that key was ever started or is left). */
  readonly observation: Observation;
  /** The cluster refuses: the job goes on, with an alarm. */
  readonly refused?: string;
  /** Every handle with this key that was stopped. */
  readonly stopped: readonly Handle[];
}

export interface FinishInput extends AttemptInput {
  readonly handle?: Handle;
  readonly observation?: Observation;
  /** Collect outputs (after success only); logs are always taken, Clean always runs. */
  readonly submit: boolean;
  /**
   * It has been tried for long: end it with what there is. A log that cannot be stored stays where it is until retention; outputs that
   * cannot be collected fail the job. Before the last try such trouble is thrown, and nothing is cleaned away.
   */
  readonly lastTry?: boolean;
}
export interface FinishResult {
  readonly outputs: Outputs;
  readonly timings: readonly StepTiming[];
  /** Submit failed for good, or in the last try; Clean has run all the same. */
  readonly failure?: { readonly code: OutcomeCode; readonly reason: string };
}

/** Steps on a worker: queues longshore.workers.*, longshore.host.*, and their `.stop`. */
export interface WorkerActivities {
  /** Before the start, on clusters that give ids; its result is in history first. */
  allocateId(input: AttemptInput): Promise<{ id: string }>;
  launch(input: AttemptInput): Promise<LaunchResult>;
  /** Completed asynchronously by the watcher, when phase, final status or health changes. */
  describe(input: DescribeInput): Promise<DescribeResult>;
  stop(input: StopInput): Promise<StopResult>;
  finish(input: FinishInput): Promise<FinishResult>;
  /** List what carries our mark; stop only `stop` keys; report keys that nobody knows. */
  sweep(input: SweepInput): Promise<SweepReport>;
  /** Heartbeats load and slots until the worker drains. Runs on the host queue, one for each worker. */
  announce(input: { workerId: string }): Promise<void>;
}

/** What the scheduler knows of a cluster (or of one worker's machine) before a sweep. */
export interface SweepPlan extends SweepInput {
  /** Jobs whose workflow closed without an end: KILLED (TERMINATED) once the report shows their key gone. */
  readonly terminated: readonly { readonly jobId: string; readonly key: string }[];
}
/** `workerId` for a cluster whose jobs live on one worker's machine. */
export interface SweepTarget {
  readonly cluster: string;
  readonly workerId?: string;
  /** Milliseconds between sweeps. Default 1 min. */
  readonly everyMs?: number;
}

export interface SweepInput {
  readonly cluster: ClusterRecord;
  readonly mark: string;
  /** Keys known to be ended, killed or superseded, or whose workflow is closed: whatever lives under them is stopped. */
  readonly stop: readonly string[];
  /** Keys that the last report said have left something, and that nobody can start any more: it may be removed. */
  readonly prune?: readonly string[];
}
export interface SweepReport {
  /** At most so many that it fits history. Keys of the input's `stop` come first, so that they are never among what is left out. */
  readonly seen: readonly { readonly key: string; readonly handle: Handle; readonly phase: Observation['phase'] }[];
  readonly stopped: readonly string[];
  /** What cleaned attempts left, older than retention; `since`: when it was last changed. */
  readonly remains?: readonly { readonly key: string; readonly since: Timestamp }[];
}

/** What admission needs to know of one attempt. */
export interface AdmitRequest {
  readonly attempt: AttemptRef;
  readonly cluster: string;
  readonly queue: string;
  readonly group: string;
  readonly priority: number;
  readonly workers: string;
  /** Workers to choose only when there is no other: a launch there was never begun, or retry wants another. */
  readonly notWorkers: readonly string[];
  /** Only this one of the group. Default: any. */
  readonly worker?: string;
  /** What the store is to be told with the answer: an activity of its own would hold the launch back. */
  readonly telling?: Telling;
}
/** Events of a job that go to the store together with the answer of admission. */
export interface Telling {
  /** Those that are not there yet. */
  readonly record: RecordRequest;
  /** What follows when it is admitted; the worker is added to `set`. */
  readonly starting: JobEvent;
  /** What follows when it has to wait; the reason is added. */
  readonly waiting: JobEvent;
  /** The reason that is known: a wait for the same one is told once. */
  readonly reason?: string;
}
/** `events`: those of `telling` and the one that followed, which are in the store with this answer; `jobId`: whose, where many are answered. */
export type AdmitResult = { readonly events?: readonly JobEvent[]; readonly jobId?: string } & (
  | { readonly admitted: true; readonly cluster: ClusterRecord; readonly workerId?: string }
  /** `outside`: it is not in the queue, because no worker is there, so no grant will come. */
  | { readonly admitted: false; readonly reason: string; readonly outside?: true }
);

/** One call of `record`: idempotent by (firstRunId, seq). */
export interface RecordRequest {
  readonly jobId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Written with the first record, so that a job whose client never got its answer still appears. */
  readonly input: JobInput;
  readonly events: readonly JobEvent[];
  /** The lease of this attempt is no longer needed. */
  readonly release?: string;
}

/** One event on its way to a webhook. `id` is the delivery id, the same on every try. */
export interface Delivery {
  readonly id: string;
  readonly workflowId: string;
  readonly app: string;
  readonly jobId: string;
  readonly url: string;
  readonly event: JobEvent;
}

/** Activities of the scheduler that may take longer than a second; ordinary activities on queue `longshore`. */
export interface DutyActivities {
  /** Looks at rows that have not ended and at leases, and describes their workflows. Null when the cluster is gone: the sweep ends. */
  sweepPlan(target: SweepTarget): Promise<SweepPlan | null>;
  /** Writes what the sweep proved: ends, freed leases; counts and logs keys that nobody knows. */
  sweepSettle(input: { target: SweepTarget; plan: SweepPlan; report: SweepReport }): Promise<void>;
  /** One signed POST. Throws to be tried again; a 410 or a refused address is final (non-retryable). */
  deliver(delivery: Delivery): Promise<void>;
  deadLetter(input: { delivery: Delivery; error: string }): Promise<void>;
}

/** Local activities of the scheduler: at most 1 s each on the store; 5 s where they ask Temporal, too. */
export interface SchedulerActivities {
  /** Enters the queue, or passes at once when no limit is in the way and a worker is there. */
  admit(request: AdmitRequest): Promise<AdmitResult>;
  /** After the signal `admitted`: takes the grant, or says that it has lapsed. */
  take(request: AdmitRequest): Promise<AdmitResult>;
  /** Writes events to the projection and returns them, so that history can rebuild it. The workflow does not depend on the answer. */
  record(request: RecordRequest): Promise<readonly JobEvent[]>;
  /** The newest cluster record and a worker, for a describe, stop or finish later in a job's life. */
  clusterRecord(name: string): Promise<ClusterRecord>;
  /** What a workflow started by signal-with-start needs to rerun a closed job; null when there is no trace of it. Asks Temporal, too. */
  lastRun(workflowId: string): Promise<{ input: JobInput; result?: JobResult } | null>;
  /** Hands events to the job's webhook workflow, in Temporal, in their order. */
  notify(deliveries: readonly Delivery[]): Promise<void>;
}
