/**
 * The contract of an adapter: the code for one type of cluster.
 *
 * 1. Stateless and at least once: every call may come twice, late, and from another machine with the same attempt key, and must converge.
 * 2. A Handle alone is enough for describe, stop and readLog on another machine (within the host, where `hostBound`).
 * 3. `start` finds the key first and adopts what it finds; it calls `gate()` directly before it acts; on an ambiguous error it begins
 *    again at find. It throws StepError('START_REFUSED') when the cluster said no, StepError('AMBIGUOUS_START') when nobody can know.
 * 4. "not found" is an observation, never an exception and never a success. Unknown phases and final statuses are `unknown`.
 * 5. `stop` is a success on what has ended; on what has not started it makes a later start impossible.
 *
 * Not in here: retries, timeouts and statuses (the workflow's), files and outputs (the job type's), Temporal (never imported).
 */
import type { z } from 'zod';
import type { AttemptRef, ClusterRecord, Handle, Observation } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { LogStream } from '../specs/log-streams.ts';
import type { LaunchPlan, Workspace } from '../jobtypes/contract.ts';

/** One attempt as an adapter sees it. */
export interface Attempt {
  readonly ref: AttemptRef;
  readonly spec: JobSpec;
  readonly cluster: ClusterRecord;
  readonly workspace: Workspace;
}

/** What `stage` gets besides the attempt. */
export interface StageContext {
  readonly plan: LaunchPlan;
  /** Environment variable → secret value. Never logged, never in argv, never in a file that others can read or that outlives the attempt. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** What `start` gets besides the attempt. */
export interface StartContext extends StageContext {
  /** What `stage` returned in the same activity. */
  readonly staged?: unknown;
  /**
   * Asks Temporal, directly before acting, whether this start still owns the attempt. Rejects when another try owns it, the workflow
   * closed, a cancel was requested, or Temporal cannot be reached: then do not act.
   */
  readonly gate: () => Promise<void>;
}

/** One thing on the cluster that carries our mark. */
export interface Listed {
  readonly key: string;
  readonly handle: Handle;
  readonly phase: Observation['phase'];
}

/** The proof of a stop. */
export interface Stopped extends Observation {
  /** The cluster tells an end of its own from one by force, and this was one of its own: the stop came too late. */
  readonly byItself?: boolean;
}

/** What is left of an attempt after Clean; `since`: ISO time at which it was last changed. */
export interface Remains {
  readonly key: string;
  readonly since: string;
}

/** A piece of a log: `offset` is where it begins, `end` whether nothing will follow. */
export interface LogChunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly end: boolean;
}

/** The streams of an attempt besides stdout and stderr, such as those of its executors. */
export interface FurtherStreams {
  /**
   * While the job runs: those that may have something new; afterwards all. Each is named by a part of the job and stdout or stderr
   * ("executor-1.stderr", LOG_STREAM in src/specs/patterns.ts), and by the same name whoever asks and when. `size`: its bytes, when there will be no
   * more.
   */
  readonly streams: readonly { readonly name: LogStream; readonly size?: number }[];
  /** None is missing, and none will come. */
  readonly whole: boolean;
}

/** The verbs of one cluster. Made by AdapterType.create for one cluster record. */
export interface Adapter {
  /** Only `by-id` adapters: an id that makes the start idempotent; it is in history before `start`. */
  allocateId?(attempt: Attempt): Promise<string>;
  /**
   * Part of Prepare: brings what the plan needs to the cluster, however long that takes, and starts nothing. From look-up to act a start has
   * only seconds.
   */
  stage?(attempt: Attempt, context: StageContext): Promise<unknown>;
  start(attempt: Attempt, context: StartContext): Promise<Handle>;
  /** Looks the key up among the living and the ended. */
  find(attempt: Attempt): Promise<Handle | undefined>;
  /** Everything that carries the installation's mark. */
  list(mark: string): Promise<Listed[]>;
  /** One request for all where the cluster allows it; the answers in the order of the attempts. */
  describe(attempts: readonly { attempt: Attempt; handle: Handle }[]): Promise<Observation[]>;
  /**
   * Stops everything with this key, waits until it has ended or `graceMs` has passed and then uses force, and returns the proof.
   * Throws StepError('START_REFUSED') when the cluster refuses.
   */
  stop(attempt: Attempt, handle: Handle | undefined, how: { force: boolean; graceMs: number }): Promise<Stopped>;
  /**
   * At most `maxBytes` of a raw stream from `byteOffset`; an empty chunk when there is nothing yet, or no such stream. It may rely on what describe saw of this
   * handle in the last seconds.
   */
  readLog(attempt: Attempt, handle: Handle, stream: LogStream, byteOffset: number, maxBytes: number): Promise<LogChunk>;
  /**
   * Where jobs have more streams than stdout and stderr: which there are; `readLog` reads them. It is called as often as that, so it asks the
   * cluster only where there may be news. Of what it does not know: none, and `whole`.
   */
  streams?(attempt: Attempt, handle: Handle): Promise<FurtherStreams>;
  /**
   * Where jobs live elsewhere, so that a workspace lasts only as long as the activity: brings what a job that succeeded has written (its
   * declared output files of at most `maxBytes`, and the file of values) into the attempt's workspace, which is empty. What is not there is
   * not brought; Submit judges.
   */
  collect?(attempt: Attempt, handle: Handle, limits: { readonly maxBytes: number }): Promise<void>;
  /** Keeps a text of at most 256 KB where clean does not remove it, beside the tombstone. */
  note?(attempt: Attempt, text: string): Promise<void>;
  /** What `note` kept; undefined when it kept nothing, or what is there cannot be its text. */
  noted?(attempt: Attempt): Promise<string | undefined>;
  /** Where jobs live elsewhere: keeps a small text with the attempt's files, which clean removes. A later one replaces it. */
  keep?(attempt: Attempt, text: string): Promise<void>;
  /** What `keep` kept last; undefined when it kept nothing, or clean has removed it. */
  kept?(attempt: Attempt): Promise<string | undefined>;
  /** Removes what the attempt left on the cluster; a tombstone that refuses a late start stays. Twice is once. */
  clean(attempt: Attempt, handle: Handle | undefined): Promise<void>;
  /** Stops a key that the sweeper found, by key alone, and removes what it left but its raw logs. */
  stopKey(key: string, mark: string): Promise<void>;
  /** Attempts that were cleaned longer ago than this and left a tombstone or raw logs. */
  remains?(olderThanMs: number): Promise<Remains[]>;
  /**
   * Removes the tombstones and raw logs of `over`: attempts that nobody can start any more, because without its tombstone a start that was
   * asked for long ago would run again. What was never started and is older than this goes without being named. Called now and then.
   */
  prune?(over: readonly string[], olderThanMs: number): Promise<void>;
  close?(): Promise<void>;
}

export type { LogStream } from '../specs/log-streams.ts';

/** How sure a start is to happen once (GET /api/v1/adapters shows it). */
export type Strength = 'by-id' | 'by-name' | 'by-lookup' | 'at-most-once';

/** Where the adapter runs: a worker's stable id and its data folder. */
export interface Host {
  readonly workerId: string;
  readonly dataDir: string;
}

/** What the registry holds for a type of cluster; light, because the API loads it to validate. The code loads by `create`. */
export interface AdapterType<Config = unknown> {
  readonly type: string;
  /** Schema of Cluster.config. */
  readonly config: z.ZodType<Config>;
  readonly strength: Strength;
  /** The jobs live on one worker's machine: the worker is chosen before the launch and every step goes to its host queue. */
  readonly hostBound: boolean;
  /** Templates of launch plans that it can render; a job type whose template is missing here is refused at creation. */
  readonly templates: readonly string[];
  /** Interval of the watcher's describe, in milliseconds. */
  readonly watchEveryMs: number;
  create(cluster: ClusterRecord, host: Host): Promise<Adapter>;
}
