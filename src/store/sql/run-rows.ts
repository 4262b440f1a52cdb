// Rows of runs and nodes: from the start input, to the contract's shapes and back.
import type { RunOutcome, RunStatus } from '../../specs/dag.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import type { NodeStatus, RunInput } from '../../specs/run.ts';
import type { NodeRow, RunRow } from '../contract.ts';
import type { NodeState, RunChanges, RunState } from './run-projection.ts';
import type { RunNodesTable, RunsTable } from './run-tables.ts';
import { filled, fromJson, idOf, toJson } from './values.ts';

/** The row of a run of which nothing but its creation is known. */
export function newRunRow(input: RunInput, workflowId: string, temporalRunId?: string): RunsTable {
  return {
    run_id: BigInt(input.runId),
    workflow_id: workflowId,
    temporal_run_id: temporalRunId ?? null,
    app: input.app,
    dag: input.dag,
    version: input.version ?? null,
    digest: input.digest,
    request_id: input.requestId ?? null,
    cycle_at: input.cycle?.at ?? null,
    cycle: toJson(input.cycle),
    parent: toJson(input.parent),
    status: 'WAITING',
    outcome: null,
    reason: null,
    paused: 0,
    kill_requested: null,
    generation: 1,
    created_by: input.by,
    created_at: input.createdAt,
    updated_at: input.createdAt,
    started_at: null,
    ended_at: null,
    seq: 0,
  };
}

export const runState = (row: RunsTable): RunState => ({
  status: row.status as RunStatus,
  paused: row.paused !== 0,
  generation: row.generation,
  updatedAt: row.updated_at,
  seq: row.seq,
  ...filled({
    outcome: row.outcome as RunOutcome | null,
    reason: row.reason,
    killRequested: fromJson(row.kill_requested) as RunRow['killRequested'],
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }),
});

/** The columns that events change. */
export const runColumns = (state: RunState) => ({
  status: state.status,
  outcome: state.outcome ?? null,
  reason: state.reason ?? null,
  paused: state.paused ? 1 : 0,
  kill_requested: toJson(state.killRequested),
  generation: state.generation,
  updated_at: state.updatedAt,
  started_at: state.startedAt ?? null,
  ended_at: state.endedAt ?? null,
  seq: state.seq,
});

/** The column that shows what reruns have changed. */
export const versionColumn = (created: RunInput, changes: RunChanges) => ({
  version: changes.version ?? (changes.spec === undefined ? (created.version ?? null) : null),
});

export const toRun = (row: RunsTable): RunRow =>
  ({
    runId: String(row.run_id),
    workflowId: row.workflow_id,
    app: row.app,
    dag: row.dag,
    digest: row.digest,
    ...filled({
      version: row.version,
      requestId: row.request_id,
      cycle: fromJson(row.cycle) as RunRow['cycle'],
      parent: fromJson(row.parent) as RunRow['parent'],
    }),
    createdBy: row.created_by,
    createdAt: row.created_at,
    ...runState(row),
  }) as RunRow;

/** The row of a node, without its run. */
export const nodeColumns = (state: NodeState) => ({
  phase: state.phase,
  status: state.status,
  attempt: state.attempt,
  reason: state.reason ?? null,
  code: state.code ?? null,
  job_id: state.jobId === undefined ? null : idOf(state.jobId),
  child_run: state.childRun ?? null,
  items: state.items ?? null,
  updated_at: state.updatedAt,
  started_at: state.startedAt ?? null,
  ended_at: state.endedAt ?? null,
});

export const toNode = (row: RunNodesTable): NodeRow => ({
  node: row.node,
  phase: row.phase,
  status: row.status as NodeStatus,
  attempt: row.attempt,
  updatedAt: row.updated_at,
  ...filled({
    reason: row.reason,
    code: row.code as OutcomeCode | null,
    jobId: row.job_id === null ? null : String(row.job_id),
    childRun: row.child_run,
    items: row.items,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }),
});
