// Tables as the queries see them, the same in every dialect. Times are ISO 8601 in UTC with milliseconds, so text order is time order.
import type { Generated } from 'kysely';
import type { PositionsTable, RunEventsTable, RunInputsTable, RunNodesTable, RunsTable } from './run-tables.ts';
import type { BackfillCyclesTable, BackfillsTable } from './backfill-tables.ts';
import type { CyclesTable, SchedulesTable } from './schedule-tables.ts';

/**
 * An id of a job or run in the database: a 64-bit integer, because ids are time-ordered numbers up to 63 bits: half the size of zero-padded text
 * in every index, and the order of the primary key is the order of creation. Drivers give back numbers, bigints or strings; String() reads them all.
 */
export type Id = bigint | number | string;

interface MetaTable {
  name: string;
  value: string;
}

export interface DefinitionsTable {
  kind: string;
  app: string;
  name: string;
  version: number;
  digest: string;
  spec: string;
  created_at: string;
  created_by: string;
}

/** The newest version of each definition, and whether it is hidden. */
interface DefinitionHeadsTable {
  kind: string;
  app: string;
  name: string;
  version: number;
  removed_at: string | null;
  removed_by: string | null;
}

export interface JobsTable {
  job_id: Id;
  workflow_id: string;
  /** Temporal's id of the execution; the run that the job is in is `run`. */
  run_id: string | null;
  app: string;
  request_id: string | null;
  name: string;
  type: string;
  cluster: string;
  queue: string;
  group_name: string;
  priority: number;
  status: string;
  reason: string | null;
  code: string | null;
  blame: string | null;
  attempt: number;
  digest: string;
  labels: string;
  kill_requested: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
  seq: number;
  /** Of a job in a run: the workflow in whose history it runs, and its place; null: it has a workflow of its own. */
  owner: string | null;
  run: Id | null;
  node: string | null;
  item: string | null;
}

/** Start inputs and what was changed in their specs since, apart from the rows that lists walk over. */
interface JobInputsTable {
  job_id: Id;
  input: string;
  patch: string | null;
  attempt_patch: string | null;
}

interface JobLabelsTable {
  name: string;
  value: string;
  job_id: Id;
}

export interface AttemptsTable {
  job_id: Id;
  attempt: number;
  key: string | null;
  worker_id: string | null;
  status: string;
  code: string | null;
  blame: string | null;
  reason: string | null;
  handle: string | null;
  observation: string | null;
  timings: string | null;
  outputs: string | null;
  exit_code: number | null;
  started_at: string | null;
  ended_at: string | null;
  created_at: string;
}

/** `position` orders the events of all jobs and runs and is never used twice. */
interface EventsTable {
  position: number;
  job_id: Id;
  seq: number;
  app: string;
  event: string;
}

export interface TokensTable {
  id: string;
  hash: string;
  name: string;
  app: string;
  role: string;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  revoked_at: string | null;
}

type LeaseState = 'waiting' | 'granted' | 'taken';

/** `arrival` orders the queue; a lapsed grant keeps its place. */
export interface LeasesTable {
  arrival: Generated<number>;
  key: string;
  state: LeaseState;
  job_id: string;
  workflow_id: string;
  app: string;
  cluster: string;
  queue: string;
  group_name: string;
  priority: number;
  workers: string;
  worker_id: string | null;
  arrived_at: string;
  granted_at: string | null;
  taken_at: string | null;
}

/** When each queue key was last granted anything: ageing counts from there. */
interface QueueKeysTable {
  cluster: string;
  queue: string;
  app: string;
  group_name: string;
  priority: number;
  served_at: string;
}

interface WorkersTable {
  worker_id: string;
  group_name: string;
  host: string;
  seen_at: string;
  offline: number;
  slots: number;
  running: number;
  load: number;
  free_memory: number;
  version: string;
}

export interface AuditTable {
  position: Generated<number>;
  at: string;
  by: string;
  app: string;
  action: string;
  object: string;
  detail: string | null;
  hash: string;
}

interface SigningKeysTable {
  app: string;
  key: string;
  created_at: string;
}

interface DeadLettersTable {
  id: string;
  job_id: string;
  app: string;
  url: string;
  event: string;
  error: string;
  at: string;
}

export interface Tables {
  meta: MetaTable;
  definitions: DefinitionsTable;
  definition_heads: DefinitionHeadsTable;
  jobs: JobsTable;
  job_inputs: JobInputsTable;
  job_labels: JobLabelsTable;
  attempts: AttemptsTable;
  events: EventsTable;
  tokens: TokensTable;
  leases: LeasesTable;
  queue_keys: QueueKeysTable;
  workers: WorkersTable;
  audit: AuditTable;
  signing_keys: SigningKeysTable;
  dead_letters: DeadLettersTable;
  positions: PositionsTable;
  runs: RunsTable;
  run_inputs: RunInputsTable;
  run_nodes: RunNodesTable;
  run_events: RunEventsTable;
  backfills: BackfillsTable;
  backfill_cycles: BackfillCyclesTable;
  schedules: SchedulesTable;
  cycles: CyclesTable;
}
