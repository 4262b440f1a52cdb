// Rows of runs as the API shows them.
import type { Json } from '../specs/execution.ts';
import type { RunEvent } from '../specs/run.ts';
import type { ItemView, RunEventView, RunSummary, RunView } from '../specs/run-views.schema.ts';
import type { JobRow, RunDetail, RunRow } from '../store/contract.ts';

export function runSummary(row: RunRow): RunSummary {
  const { app, dag, version, status, outcome, reason, paused, generation, killRequested, cycle, requestId, parent } = row;
  const { createdAt, createdBy, updatedAt, startedAt, endedAt } = row;
  return {
    id: row.runId,
    app,
    dag,
    version,
    status,
    outcome,
    reason,
    paused,
    generation,
    killRequested,
    cycle,
    requestId,
    parent,
    createdAt,
    createdBy,
    updatedAt,
    startedAt,
    endedAt,
  };
}

/** `nodes`: how many of each status. */
export function runView(row: RunDetail, nodes: RunView['nodes']): RunView {
  const base = `/api/v1/runs/${row.runId}`;
  return {
    ...runSummary(row),
    params: { ...(row.input.params as Record<string, never>) },
    nodes,
    workflowId: row.workflowId,
    links: {
      self: base,
      nodes: `${base}/nodes`,
      graph: `${base}/graph`,
      timeline: `${base}/timeline`,
      events: `${base}/events`,
      outputs: `${base}/outputs`,
    },
  };
}

export function itemView(row: JobRow): ItemView {
  const { item = 'final', jobId, status, reason, code, attempt, createdAt, endedAt } = row;
  return { item, jobId, status, reason, code, attempt, createdAt, endedAt };
}

export function runEventView(runId: string, event: RunEvent): RunEventView {
  const { seq, at, type, status, outcome, generation, of, nodes = [], reason, by } = event;
  return {
    seq,
    at,
    runId,
    type,
    status,
    outcome,
    generation,
    of,
    nodes: nodes.map(({ node, status: nodeStatus, attempt, reason: why, code, jobId }) => ({
      node,
      status: nodeStatus,
      attempt,
      reason: why,
      code,
      jobId,
    })),
    reason,
    by,
  };
}

/** Parameters as JSON that a caller may change. */
export type Params = { readonly [name: string]: Json };
