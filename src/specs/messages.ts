// Signals, updates and queries of a job. Plain JSON, tolerant of missing fields, idempotent by `id`, sendable by
// `temporal workflow signal` and tctl. A missing `id` stands for a fresh one.
import type { Handle, KillRequest, Observation } from './execution.ts';
import type { JobPatch } from './job.schema.ts';
import type { Status } from './status.ts';

/** Names of the messages, as `temporal workflow signal --name` takes them. */
export const SIGNALS = { kill: 'kill', rerun: 'rerun', resolve: 'resolve', modify: 'modify', admitted: 'admitted' } as const;
/** Signal of the webhook workflow `hook/<workflow id>`: a Delivery. */
export const HOOK_SIGNAL = 'deliver';
/** Workflow types, all on queue `longshore`. */
export const WORKFLOW_TYPES = {
  job: 'job',
  dag: 'dag',
  schedule: 'schedule',
  backfill: 'backfill',
  worker: 'worker',
  sweep: 'sweep',
  hook: 'hook',
} as const;
/** Name of the query that returns a JobSnapshot. */
export const SNAPSHOT_QUERY = 'snapshot';

/** What the query `snapshot` answers; also what the Temporal UI's current details are made from. */
export interface JobSnapshot {
  readonly status: Status;
  readonly attempt: number;
  readonly seq: number;
  readonly reason?: string;
  readonly key?: string;
  readonly workerId?: string;
  readonly handle?: Handle;
  readonly observation?: Observation;
  readonly killRequested?: KillRequest;
  readonly appliedIds: readonly string[];
}

export interface KillMessage {
  readonly id?: string;
  readonly reason?: string;
  readonly by?: string;
  /** graceful (default): TERM, then KILL after the grace time; forced: KILL at once. */
  readonly how?: 'graceful' | 'forced';
}

export interface RerunMessage {
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
  /** Only if this is the current attempt: a second click on an old page does nothing. */
  readonly attempt?: number;
  /**
   * Sequence of the last event that the sender knew. The store may have told of an end whose workflow task is then done again: a job that has
   * not come so far yet takes the rerun when it has.
   */
  readonly seq?: number;
  readonly with?: JobPatch;
}

export interface ResolveMessage {
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
  /** adopt: go on watching `handle`; rerun: end this attempt FAILED (LOST) and start the next; the rest mark the end. */
  readonly as?: 'adopt' | 'rerun' | 'killed' | 'failed' | 'succeeded';
  readonly handle?: Handle;
}

export interface ModifyMessage {
  readonly id?: string;
  readonly by?: string;
  /** Before STARTING it changes priority, queue, timeouts, retry; else it counts for the next attempt. */
  readonly with?: JobPatch;
}
