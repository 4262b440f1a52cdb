// Tables of backfills as the queries see them. Ids of backfills are like those of jobs.
import type { Id } from './tables.ts';

export interface BackfillsTable {
  id: Id;
  app: string;
  name: string;
  kind: string;
  /** Of the definition by which its cycles were planned. */
  version: number;
  request_id: string | null;
  digest: string;
  /** JSON, as hold and kill. */
  settings: string;
  state: string;
  reason: string | null;
  hold: string | null;
  kill: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}

export interface BackfillCyclesTable {
  backfill_id: Id;
  /** Its turn. */
  place: number;
  /** What it is known by: its instant; of another DAG than the backfill's own, NAME@instant. */
  key: string;
  /** The definition that it is of. */
  name: string;
  /** Its turn comes when all up to this place have ended. */
  after: number | null;
  cycle: string;
  planned: string;
  zone: string;
  data_date: string;
  state: string;
  /** What was decided before it was done: start or rerun. */
  action: string | null;
  /** Attempt or generation before it: an end counts when it is of a later one. */
  round: number | null;
  object_id: Id | null;
  /** How it ended. */
  status: string | null;
  reason: string | null;
  started_at: string | null;
  ended_at: string | null;
}
