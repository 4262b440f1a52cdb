/**
 * What Longshore keeps outside Temporal: configuration, the projection of executions, access, admission, audit.
 * Every implementation passes the conformance suites in test/store/. All of it can be shared by several processes of one store.
 * A store that cannot be reached throws LongshoreError('STORE_UNAVAILABLE'); a full disk DISK_FULL.
 * Not in here: logs and artifacts (logs.ts, artifacts.ts), and anything that only Temporal may know.
 */
import type { AdmitRequest, RecordRequest, Telling } from '../specs/activities.ts';
import type { AttemptChange, CarriedSpec, JobEvent, JobInput, Json, KillRequest, Outputs, Timestamp } from '../specs/execution.ts';
import type { Kind } from '../specs/documents.schema.ts';
import type { ItemId } from '../specs/run.ts';
import type { Changes } from '../specs/patch.ts';
import type { Blame, Status } from '../specs/status.ts';
import type { OutcomeCode } from '../specs/errors.ts';
import type { Runs } from './runs-contract.ts';
import type { Backfills } from './backfills-contract.ts';
import type { Schedules } from './schedules-contract.ts';

/** A stored document: version counts from 1 within (kind, app, name); `digest` is the SHA-256 of its canonical JSON. */
export interface Definition {
  readonly kind: Kind;
  /** The owning app; "" for App and Cluster. */
  readonly app: string;
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly spec: { readonly [key: string]: Json };
  readonly createdAt: Timestamp;
  readonly createdBy: string;
}

export interface Definitions {
  /** A new version, or the newest one unchanged when the digest is equal. `ifVersion`: VERSION_CONFLICT unless it is the newest (0: none yet). */
  put(definition: Omit<Definition, 'version' | 'createdAt'>, ifVersion?: number): Promise<Definition>;
  get(kind: Kind, app: string, name: string, version?: number): Promise<Definition | undefined>;
  /** Newest versions, by name, keyset-paged by `after` (a name). */
  list(kind: Kind, app: string | undefined, page: { after?: string; limit: number }): Promise<Definition[]>;
  /** Versions without their documents, newest first, keyset-paged by `before` (a version). Those of a removed one, too. */
  versions(kind: Kind, app: string, name: string, page: { before?: number; limit: number }): Promise<Omit<Definition, 'spec'>[]>;
  /** Every version of every document, those of removed ones included, keyset-paged by `after`. */
  all(page: { after?: Definition; limit: number }): Promise<Definition[]>;
  /** Hides it from get and list; its versions stay readable by number. True when there was one. */
  remove(kind: Kind, app: string, name: string, by: string): Promise<boolean>;
}

/** A job's row. `status` as the job shows it; cluster, queue, group, priority and labels are those of the newest attempt. */
export interface JobRow {
  readonly jobId: string;
  /** Its workflow's id; of a job in a run its address there, which is no workflow's. */
  readonly workflowId: string;
  /** Id of the workflow in whose history it runs: its own, or its run's. */
  readonly owner: string;
  /** Of a job in a run: id of the run, and its place there. */
  readonly run?: string;
  readonly node?: string;
  readonly item?: ItemId;
  readonly app: string;
  readonly requestId?: string;
  readonly name: string;
  readonly type: string;
  readonly cluster: string;
  readonly queue: string;
  readonly group: string;
  readonly priority: number;
  readonly status: Status;
  readonly reason?: string;
  readonly code?: OutcomeCode;
  readonly blame?: Blame;
  readonly attempt: number;
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly killRequested?: KillRequest;
  readonly createdBy: string;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly endedAt?: Timestamp;
  /** Sequence of the last event written; events arrive once each and in order. */
  readonly seq: number;
}

/** A job's row with the spec of its newest attempt, and what was changed in it since the job was created. */
export interface JobDetail extends JobRow, Changes {
  readonly spec: CarriedSpec;
}

export interface AttemptRow extends AttemptChange {
  readonly jobId: string;
  readonly attempt: number;
  readonly status: Status;
  readonly code?: OutcomeCode;
  readonly blame?: Blame;
  readonly reason?: string;
  readonly createdAt: Timestamp;
}

export interface JobFilter {
  readonly app?: string;
  readonly status?: readonly Status[];
  readonly cluster?: string;
  readonly queue?: string;
  readonly type?: string;
  readonly name?: string;
  readonly group?: string;
  /** Jobs of this run; false: only jobs that are in no run. Default: all. */
  readonly run?: string | false;
  /** Jobs of this node; with `run` only. */
  readonly node?: string;
  readonly label?: { readonly name: string; readonly value: string };
  readonly since?: Timestamp;
  readonly until?: Timestamp;
}

/** A job, or a run, of which something was recorded, at this global position. */
export interface Change {
  readonly position: number;
  /** Absent where it is the run itself. */
  readonly jobId?: string;
  /** The run that it is, or that the job is in. */
  readonly runId?: string;
  readonly app: string;
}

/** An ended job, with the keys of its attempts. */
export interface EndedJob {
  readonly jobId: string;
  readonly endedAt: Timestamp;
  readonly keys: readonly string[];
}

export interface Executions {
  /** Inserts the row of a created job, and its line of audit, in one transaction; an existing row is left alone. */
  created(input: JobInput, workflowId: string, audit?: AuditEntry): Promise<void>;
  /** Writes the events that are new (by seq), the attempt's change, and the release of a lease, in one transaction. */
  record(request: RecordRequest): Promise<void>;
  job(jobId: string): Promise<JobDetail | undefined>;
  /** `input` as the job was created. */
  byWorkflowId(workflowId: string): Promise<(JobDetail & { input: JobInput; runId?: string }) | undefined>;
  attempts(jobId: string): Promise<AttemptRow[]>;
  /** Newest first, keyset-paged by `before` (a job id). */
  jobs(filter: JobFilter, page: { before?: string; limit: number }): Promise<JobRow[]>;
  /** Events of one job after `after` (a seq), oldest first. */
  events(jobId: string, after: number, limit: number): Promise<JobEvent[]>;
  /** Events of all jobs (of an app) after `after` (a global position), oldest first, with their positions. */
  feed(app: string | undefined, after: number, limit: number): Promise<(JobEvent & { position: number; jobId: string; app: string })[]>;
  /** The newest global position, of jobs and runs together. */
  head(): Promise<number>;
  /** Which jobs and runs have changed after `after` (a global position), oldest first. */
  changes(after: number, limit: number): Promise<Change[]>;
  /** Calls `listener` with what each `record` of this store object, of jobs and runs, has written, once it is committed. Other processes' records are in `changes`. */
  onRecorded(listener: (changes: readonly Change[]) => void): void;
  /** Rows that have not ended, oldest first, for sweep and rebuild; their `owner` is the workflow to look at. */
  unfinished(page: { after?: string; limit: number }): Promise<(JobRow & { key?: string; runId?: string })[]>;
  /** Which attempt carries this key; ended says whether it may be stopped. */
  attemptByKey(key: string): Promise<{ jobId: string; workflowId: string; attempt: number; status: Status; currentAttempt: number } | undefined>;
  /** Jobs by app, cluster and status, of all apps or one. It walks over their index: not to be asked often. */
  counts(app?: string): Promise<{ app: string; cluster: string; status: Status; count: number }[]>;
  /**
   * Jobs that ended within a time (`from` included), oldest end first, with the keys of their attempts: what prune looks at. `run: false`: only
   * those that are in no run, or in one that is gone; the others go with their run.
   */
  ended(within: { from?: Timestamp; before: Timestamp; run?: false }, page: { after?: EndedJob; limit: number }): Promise<EndedJob[]>;
  /** What jobs refer to, newest first, keyset-paged by `before` (a job id). `changes` is what was changed in the spec. */
  references(page: { before?: string; limit: number }): Promise<{ jobId: string; spec: CarriedSpec; changes: Changes; outputs: Outputs[] }[]>;
  /** Until when logs of ended jobs were removed, so that the next prune begins there; undefined when none ever was. */
  logsPruned(): Promise<Timestamp | undefined>;
  markLogsPruned(before: Timestamp): Promise<void>;
  /** Removes ended jobs with all that belongs to them; one that has been rerun meanwhile stays, and one of a run. */
  remove(jobIds: readonly string[]): Promise<void>;
}

export type { EndedRun, NodeRow, RunDetail, RunFilter, RunRow, Runs } from './runs-contract.ts';

export type Role = 'viewer' | 'operator' | 'editor' | 'admin';
/** A token without its secret: `hash` is SHA-256 of the token. One role and one app; role admin may act as any app. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly app: string;
  readonly role: Role;
  readonly createdAt: Timestamp;
  readonly createdBy: string;
  readonly expiresAt?: Timestamp;
  readonly revokedAt?: Timestamp;
}
export interface Access {
  add(token: Omit<Token, 'createdAt'>, hash: string): Promise<Token>;
  /** Neither revoked nor expired. */
  byHash(hash: string): Promise<Token | undefined>;
  list(app?: string): Promise<Token[]>;
  revoke(id: string): Promise<boolean>;
}

/** A place in a queue, granted or not. Every attempt has one, limited or not. */
export interface Lease {
  readonly key: string;
  readonly jobId: string;
  readonly workflowId: string;
  readonly app: string;
  readonly cluster: string;
  readonly queue: string;
  readonly group: string;
  readonly priority: number;
  readonly workers: string;
  readonly arrivedAt: Timestamp;
  readonly grantedAt?: Timestamp;
  readonly takenAt?: Timestamp;
  readonly workerId?: string;
}
/** Running and limit of one counted thing: "cluster yarn", "queue yarn/default", "app etl". */
export interface Usage {
  readonly limit?: number;
  readonly running: number;
  readonly waiting: number;
}
/** A queue key (cluster-queue-app-group-priority) with waiting leases: its oldest one stands for it, because within a key grants follow arrival. */
export interface QueueHead {
  readonly cluster: string;
  readonly queue: string;
  readonly app: string;
  readonly group: string;
  readonly priority: number;
  /** Milliseconds since the oldest one arrived. */
  readonly waitedMs: number;
  /** Milliseconds since it arrived or the queue key was last granted anything, whichever is later: what ageing counts. */
  readonly unservedMs: number;
}
/** One limit in the way of a queue key: `name` in words ("app etl", "queue yarn/default"), how many run and how many may. */
export interface Counted {
  readonly name: string;
  readonly running: number;
  readonly limit: number;
}
/** What counts for one queue key, counted from the leases themselves and read from the documents of its app and cluster. */
export interface QueueUsage {
  readonly appLimit?: number;
  readonly clusterLimit?: number;
  readonly queueLimit?: number;
  readonly appRunning: number;
  readonly clusterRunning: number;
  readonly queueRunning: number;
  /** Running jobs of this app on this cluster: what fair share compares. */
  readonly appOnCluster: number;
}
/** Gather (order) and allocate (limits) as pure functions; a cluster type may have its own. */
export interface AdmissionRules {
  /** Place in the order between queue keys: numbers compared one after another, the lower goes first. */
  gather(head: QueueHead, usage: QueueUsage): readonly number[];
  /** Every limit that one more running job of this queue key counts against; it fits while each has running < limit. */
  allocate(head: QueueHead, usage: QueueUsage): readonly Counted[];
  /** Rules of cluster types that order or count otherwise. */
  readonly byType?: Readonly<Record<string, Pick<AdmissionRules, 'gather' | 'allocate'>>>;
}
export interface Admission {
  /**
   * Enters the queue (once per key) and grants at once when no limit is in the way and nobody of the same limits waits before it.
   * Locks, counts and grants in one transaction. `limits` are read from the App and Cluster documents inside it.
   * `workerId`: where it runs when it passes; kept with the lease. The request's `telling` is written in the same transaction; `events`: what was.
   */
  request(request: AdmitRequest, at: Timestamp, workerId?: string): Promise<{ granted: boolean; reason?: string; events?: readonly JobEvent[] }>;
  /** Takes a grant that has not lapsed, for `workerId`; what is told of it is written in the same transaction. */
  take(key: string, at: Timestamp, workerId?: string, telling?: Telling): Promise<{ taken: boolean; reason?: string; events?: readonly JobEvent[] }>;
  /** For which worker this lease was taken, so that whoever asks again after a lost answer gets the same one. */
  workerOf(key: string): Promise<string | undefined>;
  /**
   * Lapses grants untaken for 2 minutes, then grants waiting leases while the limits allow, by the order of gather, at most 200 in one call.
   * Returns every grant that is not yet taken, earlier ones too: each is to be signalled until it is taken.
   */
  grant(at: Timestamp): Promise<Lease[]>;
  release(key: string): Promise<void>;
  /** Why this key waits, in words ("app etl has 20 of 20 running; 3 before you"); undefined when it does not wait. */
  reason(key: string): Promise<string | undefined>;
  /** All leases, whose owners should be looked at; by key, keyset-paged by `after` (a key), so that a pass sees each once. */
  leases(page: { after?: string; limit: number }): Promise<Lease[]>;
  /** Queues with usage and limits, for GET /queues. */
  queues(app?: string): Promise<(Usage & { cluster: string; queue: string; apps: { app: string; running: number; waiting: number }[] })[]>;
}

/** A worker as the scheduler last heard of it. */
export interface WorkerRow {
  readonly workerId: string;
  readonly group: string;
  readonly host: string;
  readonly seenAt: Timestamp;
  /** Takes no new work: drained by hand or shutting down. */
  readonly offline: boolean;
  readonly slots: number;
  readonly running: number;
  /** Load average over cores, and free memory in bytes: HEALTH_FIRST. */
  readonly load: number;
  readonly freeMemory: number;
  readonly version: string;
}
export interface Workers {
  seen(worker: WorkerRow): Promise<void>;
  list(): Promise<WorkerRow[]>;
}

export interface AuditEntry {
  readonly at: Timestamp;
  readonly by: string;
  readonly app: string;
  readonly action: string;
  readonly object: string;
  readonly detail?: { readonly [key: string]: Json };
}
/** Append-only; each entry holds the hash of the one before. */
export interface Audit {
  append(entry: AuditEntry): Promise<void>;
  list(page: { app?: string; before?: number; limit: number }): Promise<(AuditEntry & { position: number; hash: string })[]>;
  prune(before: Timestamp): Promise<number>;
}

/** Webhook deliveries that were given up after 24 h. */
export interface DeadLetter {
  readonly id: string;
  readonly jobId: string;
  readonly app: string;
  readonly url: string;
  readonly event: JobEvent;
  readonly error: string;
  readonly at: Timestamp;
}
export interface Hooks {
  /** The app's webhook signing key, made at the first call. */
  signingKey(app: string): Promise<string>;
  deadLetter(letter: DeadLetter): Promise<void>;
  deadLetters(app: string | undefined, limit: number): Promise<DeadLetter[]>;
}

export interface Store {
  readonly definitions: Definitions;
  readonly executions: Executions;
  readonly runs: Runs;
  readonly schedules: Schedules;
  readonly backfills: Backfills;
  readonly access: Access;
  readonly admission: Admission;
  readonly workers: Workers;
  readonly audit: Audit;
  readonly hooks: Hooks;
  /** The installation's mark: a random id made by the first migration. */
  mark(): Promise<string>;
  /** Cheap round trip for /readyz. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
