// Types of executions that workflow, activities, store and API share. Plain JSON only: they travel through Temporal's history.
import type { JobPatch, JobSpec } from './job.schema.ts';
import type { Blame, Status } from './status.ts';
import type { OutcomeCode } from './errors.ts';
import type { Step } from './stages.ts';
import type { NodePlace, RunCycle } from './run.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An ISO 8601 time in UTC with milliseconds. */
export type Timestamp = string;

/** The cluster as a worker learns it: versioned, without secrets, at most 32 KB. `mark` is the installation's. */
export interface ClusterRecord {
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly workers: string;
  readonly config: { readonly [key: string]: Json };
  readonly engines: {
    readonly [jobType: string]: {
      readonly env: Record<string, string>;
      readonly defaults: Record<string, string>;
      readonly submit?: 'rest' | 'spark-submit';
    };
  };
  /** Its adapter gives ids before the start (strength by-id): the workflow calls allocateId first. */
  readonly givesIds?: boolean;
}

/**
 * A spec inside Temporal: when `config` and `env` together exceed 16 KB they are in the ArtifactStore under `payload`
 * (a JSON object {config, env}) and empty here.
 */
export type CarriedSpec = JobSpec & {
  readonly payload?: { readonly sha256: string; readonly size: number };
  /** The cycle that the job stands for: its payload is told of it. */
  readonly cycle?: RunCycle;
};

/** Who one attempt is, everywhere. `key` is its identity on the cluster, `mark` the installation's. */
export interface AttemptRef {
  readonly key: string;
  readonly mark: string;
  readonly app: string;
  readonly jobId: string;
  readonly workflowId: string;
  readonly firstRunId: string;
  readonly attempt: number;
  /** An id that the cluster gave before the start (by-id adapters only). */
  readonly id?: string;
}

/** What identifies the started thing on its cluster; at most 4 KB. Enough for describe, stop and clean from another machine. */
export interface Handle {
  /** The external id as people know it: an application id, a pod name, "host/pid". */
  readonly id: string;
  readonly [key: string]: Json;
}

/**
 * What a cluster says about one attempt at one moment. "not found" is an observation, never an exception and never a success.
 * `ended` carries `final`; a phase or final status that the adapter does not know is `unknown`.
 */
export interface Observation {
  readonly phase: 'pending' | 'running' | 'ended' | 'not-found' | 'unknown';
  readonly final?: 'succeeded' | 'failed' | 'killed';
  /** Exit code of the process where there is one. */
  readonly exitCode?: number;
  readonly code?: OutcomeCode;
  /** One line for people. */
  readonly message?: string;
  readonly trackingUrl?: string;
  /** What it got: cores, memory in bytes, and how limits are enforced ("cgroup", "prlimit", "none"). */
  readonly resources?: { readonly cpu?: number; readonly memory?: number; readonly limits?: string };
  /** Last line of the progress file. */
  readonly progress?: string;
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
  /** The cluster's own word for the state, where it has one ("ACCEPTED", "FINISHED SUCCEEDED"); at most 100 characters. */
  readonly raw?: string;
  /** Each change of phase or word so far, oldest first; made by withTimeline, never by an adapter. */
  readonly timeline?: readonly { readonly at: Timestamp; readonly phase: Observation['phase']; readonly raw: string }[];
  /** Raw detail of the cluster, at most 4 KB. */
  readonly detail?: { readonly [key: string]: Json };
  readonly observedAt: Timestamp;
}

/** How long one lifecycle step took, or how it failed. */
export interface StepTiming {
  readonly step: Step;
  readonly startedAt: Timestamp;
  readonly ms: number;
  readonly error?: { readonly code: OutcomeCode; readonly message: string };
}

/** An output: a file in the ArtifactStore or an inline value (all values together at most 64 KB). */
export type Output = { readonly sha256: string; readonly size: number; readonly name: string } | { readonly value: Json };
export type Outputs = { readonly [name: string]: Output };

/** One change of a job, written by `record` and shown to users, webhooks and SSE. `seq` counts from 1 within a job, over all its runs. */
export interface JobEvent {
  readonly seq: number;
  readonly at: Timestamp;
  readonly attempt: number;
  /** The job's status after the event. */
  readonly status: Status;
  /** The attempt's own status: differs from `status` while an automatic retry is pending. */
  readonly attemptStatus: Status;
  /** What happened: a change of status, or a note ("kill requested", "worker w1 gone since …"). */
  readonly type: 'status' | 'kill-requested' | 'kill-refused' | 'rerun' | 'resolved' | 'modified' | 'stale' | 'alarm' | 'note';
  readonly code?: OutcomeCode;
  readonly blame?: Blame;
  /** In words: why it waits, how it ended. */
  readonly reason?: string;
  /** Who caused it; shown as unverified when it came by a raw signal. */
  readonly by?: string;
  /** What it changed in the job's spec (`modified`, `rerun`). Part of the history, not of views: it may be as big as a spec. */
  readonly patch?: JobPatch;
  /** Fields of the attempt's row that change with the event. */
  readonly set?: AttemptChange;
}

/** What an event may change in the attempt's row. */
export interface AttemptChange {
  readonly key?: string;
  readonly workerId?: string;
  readonly handle?: Handle;
  readonly observation?: Observation;
  readonly timings?: readonly StepTiming[];
  readonly outputs?: Outputs;
  readonly exitCode?: number;
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
}

/** `kill` as shown: requested when and by whom, and whether the cluster confirmed. */
export interface KillRequest {
  readonly at: Timestamp;
  readonly by: string;
  readonly reason?: string;
  readonly confirmed: boolean;
}

/** How patient the lifecycle is, in milliseconds (configuration `timings`). */
export interface LifecycleTimings {
  /** How long a step waits for a worker to take it before the worker counts as gone. Default 2 min. */
  readonly hostPatienceMs: number;
  /** From TERM to KILL on a graceful kill. Default 10 s. */
  readonly graceMs: number;
  /** How long nothing new of a killed key may appear. Default 1 s. */
  readonly settleMs: number;
  /** Heartbeat timeout of describe. Default 60 s. */
  readonly heartbeatMs: number;
}

/** Start input of workflow type `job`. Absent in a signal-with-start: the workflow then reads the last run. */
export interface JobInput {
  readonly jobId: string;
  readonly app: string;
  readonly requestId?: string;
  readonly digest: string;
  readonly spec: CarriedSpec;
  readonly mark: string;
  readonly createdAt: Timestamp;
  readonly by: string;
  /** Of a job in a run: its place there. It has no workflow of its own. */
  readonly place?: NodePlace;
  /** What is missing has its default. */
  readonly timings?: Partial<LifecycleTimings>;
  /** Continue-as-new after so many history events; default: when the server suggests it. */
  readonly historyBudget?: number;
  /** Carried over continue-as-new or from the closed run that is rerun. */
  readonly carried?: CarriedState;
}

/** What survives a continue-as-new or the close of a run. */
export interface CarriedState {
  readonly attempt: number;
  readonly seq: number;
  readonly status: Status;
  readonly appliedIds: readonly string[];
  /** Changes by `modify` and `rerun … with` that hold for all later attempts. */
  readonly patch?: JobPatch;
  /** Those of them that hold for the newest attempt; default: all. */
  readonly attemptPatch?: JobPatch;
  readonly killRequested?: KillRequest;
  /** The attempt under way, when its cluster state must be taken up again. */
  readonly current?: { readonly key: string; readonly workerId?: string; readonly handle?: Handle; readonly begun: boolean };
  /** Keys of earlier attempts that may still live (a rerun of an UNKNOWN): stopped if ever seen again. */
  readonly superseded?: readonly string[];
  /** What else a continue-as-new must not lose; only the job workflow reads it. */
  readonly resume?: { readonly [key: string]: Json };
}

/** Result of a closed job workflow: always Completed, for FAILED and KILLED too. */
export interface JobResult extends Omit<CarriedState, 'current' | 'resume'> {
  readonly jobId: string;
  readonly app: string;
  readonly digest: string;
  readonly code?: OutcomeCode;
  readonly blame?: Blame;
  readonly reason?: string;
  readonly exitCode?: number;
  readonly outputs: Outputs;
  readonly endedAt: Timestamp;
}

/** Temporal memo of a job: what `create` compares on AlreadyStarted. */
export interface JobMemo {
  readonly jobId: string;
  readonly digest: string;
}
