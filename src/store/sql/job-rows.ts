// Rows of jobs and attempts: from the start input, to the contract's shapes and back.
import type { CarriedSpec, Handle, JobInput, KillRequest, Observation, Outputs, StepTiming } from '../../specs/execution.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import type { ItemId, NodePlace } from '../../specs/run.ts';
import type { Blame, Status } from '../../specs/status.ts';
import type { AttemptRow, JobRow } from '../contract.ts';
import type { AttemptState, JobState } from './projection.ts';
import type { AttemptsTable, JobsTable } from './tables.ts';
import { filled, fromJson, toJson } from './values.ts';

/** The row of a job of which nothing but its creation is known. */
export function newJobRow(input: JobInput, workflowId: string, runId?: string): JobsTable {
  const { spec } = input;
  return {
    job_id: BigInt(input.jobId),
    workflow_id: workflowId,
    run_id: runId ?? null,
    app: input.app,
    request_id: input.requestId ?? null,
    name: spec.name,
    type: spec.type,
    ...specColumns(spec),
    status: 'CREATED',
    reason: null,
    code: null,
    blame: null,
    attempt: 1,
    digest: input.digest,
    kill_requested: null,
    created_by: input.by,
    created_at: input.createdAt,
    updated_at: input.createdAt,
    ended_at: null,
    seq: 0,
    ...placeColumns(input.place),
  };
}

/** Where in a run it stands; a job without a run has a workflow of its own. */
const placeColumns = (place: NodePlace | undefined) => ({
  owner: place?.owner ?? null,
  run: place === undefined ? null : BigInt(place.run),
  node: place?.node ?? null,
  item: place?.item === undefined ? null : String(place.item),
});

/** The columns that show the spec of the newest attempt; name and type never change. */
export const specColumns = (spec: CarriedSpec) => ({
  cluster: spec.cluster,
  queue: spec.queue,
  group_name: spec.group,
  priority: spec.priority,
  labels: JSON.stringify(spec.labels),
});

export const jobState = (row: JobsTable): JobState => ({
  status: row.status as Status,
  attempt: row.attempt,
  seq: row.seq,
  updatedAt: row.updated_at,
  ...jobOptionals(row),
});

const jobOptionals = (row: JobsTable) =>
  filled({
    reason: row.reason,
    code: row.code as OutcomeCode | null,
    blame: row.blame as Blame | null,
    killRequested: fromJson(row.kill_requested) as KillRequest | undefined,
    endedAt: row.ended_at,
  });

/** The columns that events change. */
export const jobColumns = (state: JobState) => ({
  status: state.status,
  reason: state.reason ?? null,
  code: state.code ?? null,
  blame: state.blame ?? null,
  attempt: state.attempt,
  kill_requested: toJson(state.killRequested),
  updated_at: state.updatedAt,
  ended_at: state.endedAt ?? null,
  seq: state.seq,
});

export const toJob = (row: JobsTable): JobRow => ({
  jobId: String(row.job_id),
  workflowId: row.workflow_id,
  owner: row.owner ?? row.workflow_id,
  app: row.app,
  name: row.name,
  type: row.type,
  cluster: row.cluster,
  queue: row.queue,
  group: row.group_name,
  priority: row.priority,
  status: row.status as Status,
  attempt: row.attempt,
  digest: row.digest,
  labels: JSON.parse(row.labels) as JobRow['labels'],
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  seq: row.seq,
  ...filled({ requestId: row.request_id, run: row.run === null ? null : String(row.run), node: row.node, item: itemOf(row.item) }),
  ...jobOptionals(row),
});

const itemOf = (item: string | null): ItemId | null => (item === null || item === 'final' ? item : Number(item));

/** The columns of an attempt that events change. */
export const attemptColumns = (state: AttemptState) => ({
  key: state.key ?? null,
  worker_id: state.workerId ?? null,
  status: state.status,
  code: state.code ?? null,
  blame: state.blame ?? null,
  reason: state.reason ?? null,
  handle: toJson(state.handle),
  observation: toJson(state.observation),
  timings: toJson(state.timings),
  outputs: toJson(state.outputs),
  exit_code: state.exitCode ?? null,
  started_at: state.startedAt ?? null,
  ended_at: state.endedAt ?? null,
});

export const attemptState = (row: AttemptsTable): AttemptState => ({
  status: row.status as Status,
  ...filled({
    code: row.code as OutcomeCode | null,
    blame: row.blame as Blame | null,
    reason: row.reason,
    key: row.key,
    workerId: row.worker_id,
    handle: fromJson(row.handle) as Handle | undefined,
    observation: fromJson(row.observation) as Observation | undefined,
    timings: fromJson(row.timings) as readonly StepTiming[] | undefined,
    outputs: fromJson(row.outputs) as Outputs | undefined,
    exitCode: row.exit_code,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }),
});

export const toAttempt = (row: AttemptsTable): AttemptRow =>
  ({ jobId: String(row.job_id), attempt: row.attempt, createdAt: row.created_at, ...attemptState(row) }) as AttemptRow;
