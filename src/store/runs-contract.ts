// What the store keeps of runs: their rows, their nodes and their events; part of contract.ts.
import type { Timestamp } from '../specs/execution.ts';
import type { RunOutcome, RunStatus } from '../specs/dag.ts';
import type { CarriedDag, NodeChange, RunEvent, RunInput, RunRecord } from '../specs/run.ts';
import type { Status } from '../specs/status.ts';
import type { AuditEntry, EndedJob } from './contract.ts';

/** A run's row. */
export interface RunRow {
  readonly runId: string;
  readonly workflowId: string;
  readonly app: string;
  readonly dag: string;
  readonly version?: number;
  readonly digest: string;
  readonly requestId?: string;
  readonly cycle?: RunInput['cycle'];
  readonly parent?: RunInput['parent'];
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
  readonly reason?: string;
  readonly paused: boolean;
  /** A kill of the run was asked for, by whom; until a rerun. */
  readonly killRequested?: { readonly at: Timestamp; readonly by: string; readonly reason?: string };
  readonly generation: number;
  readonly createdBy: string;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** When its first node left WAITING; of the present generation when it ended. */
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
  /** Sequence of the last event written. */
  readonly seq: number;
}

/** With the input as it now stands: spec and parameters of the newest rerun. */
export interface RunDetail extends RunRow {
  readonly input: RunInput;
  readonly temporalRunId?: string;
}

/** A node of a run as last told; a node that was never told of is WAITING and has no row. */
export interface NodeRow extends NodeChange {
  readonly updatedAt: Timestamp;
  /** When its newest attempt was started, and when it ended. */
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
}

export interface RunFilter {
  readonly app?: string;
  readonly dag?: string;
  readonly status?: readonly RunStatus[];
  readonly outcome?: readonly RunOutcome[];
  /** By creation. */
  readonly since?: Timestamp;
  readonly until?: Timestamp;
  /** By cycle (its instant), both included. */
  readonly cycleFrom?: string;
  readonly cycleUntil?: string;
  /** false: only those that no node of another run is. */
  readonly parent?: false;
}

export interface EndedRun {
  readonly runId: string;
  readonly endedAt: Timestamp;
}

export interface Runs {
  /** Inserts the row of a created run, and its line of audit, in one transaction; an existing row is left alone. */
  created(input: RunInput, workflowId: string, audit?: AuditEntry): Promise<void>;
  /** Writes the events that are new (by seq) and what they change in the rows of the run and its nodes, in one transaction. */
  record(record: RunRecord): Promise<void>;
  run(runId: string): Promise<RunDetail | undefined>;
  byWorkflowId(workflowId: string): Promise<RunDetail | undefined>;
  /** Newest first, keyset-paged by `before` (a run id). */
  runs(filter: RunFilter, page: { before?: string; limit: number }): Promise<RunRow[]>;
  /** Rows of its nodes, or of these. */
  nodes(runId: string, names?: readonly string[]): Promise<NodeRow[]>;
  /**
   * How many jobs of its nodes have each status: of a node with items those of the items that it has now, and whether the one after them has it
   * (`final`), which is not counted.
   */
  jobCounts(runId: string): Promise<{ node: string; status: Status; count: number; final: boolean }[]>;
  /** Events after `after` (a seq), oldest first. */
  events(runId: string, after: number, limit: number): Promise<RunEvent[]>;
  /** For each of these cycles (instants) the run of that DAG, if there is one. */
  ofCycles(app: string, dag: string, cycles: readonly string[]): Promise<RunRow[]>;
  /** Runs that have not ended, oldest first, for sweep and rebuild; keyset-paged by `after`. */
  unfinished(page: { after?: string; limit: number }): Promise<RunRow[]>;
  /** Runs that ended before a time, oldest end first: what prune looks at. */
  ended(before: Timestamp, page: { after?: EndedRun; limit: number }): Promise<EndedRun[]>;
  /** Jobs of a run with the keys of their attempts: what goes with it. */
  jobKeys(runId: string): Promise<Pick<EndedJob, 'jobId' | 'keys'>[]>;
  /** Specs that runs were created with and changed to, newest run first, keyset-paged by `before` (a run id). */
  references(page: { before?: string; limit: number }): Promise<{ runId: string; specs: CarriedDag[] }[]>;
  /** Removes ended runs with all that belongs to them, their jobs too; one that was rerun meanwhile stays. */
  remove(runIds: readonly string[]): Promise<void>;
}
