// Tables of runs as the queries see them. Ids of runs are like those of jobs.
import type { Id } from './tables.ts';

export interface RunsTable {
  run_id: Id;
  workflow_id: string;
  /** Temporal's id of the present execution. */
  temporal_run_id: string | null;
  app: string;
  dag: string;
  version: number | null;
  digest: string;
  request_id: string | null;
  /** The instant of `cycle`, which is JSON. */
  cycle_at: string | null;
  cycle: string | null;
  parent: string | null;
  status: string;
  outcome: string | null;
  reason: string | null;
  paused: number;
  kill_requested: string | null;
  generation: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  ended_at: string | null;
  seq: number;
}

/** Start inputs, and what reruns have changed since (JSON), apart from the rows that lists walk over. */
export interface RunInputsTable {
  run_id: Id;
  input: string;
  changes: string | null;
}

export interface RunNodesTable {
  run_id: Id;
  node: string;
  phase: string;
  status: string;
  attempt: number;
  reason: string | null;
  code: string | null;
  job_id: Id | null;
  child_run: string | null;
  items: number | null;
  updated_at: string;
  started_at: string | null;
  ended_at: string | null;
}

export interface RunEventsTable {
  position: number;
  run_id: Id;
  seq: number;
  app: string;
  event: string;
}

/** The newest position of any event, of jobs and runs together. */
export interface PositionsTable {
  name: string;
  newest: number;
}
