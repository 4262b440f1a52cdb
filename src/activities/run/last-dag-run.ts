// What a run's workflow that was started without an input takes up: the run as the store has it, and the result of its last execution.
import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { LastRun, RunInput, RunResult } from '../../specs/run.ts';
import type { Runs } from '../../store/contract.ts';
import { inputOf, newestClosedRun, resultOf } from '../last-run.ts';

/** Null when neither the store nor Temporal has a trace of it; the workflow asks again, because lists lag. */
export async function lastDagRun(runs: Runs, client: Client, workflowId: string): Promise<LastRun | null> {
  const row = await runs.byWorkflowId(workflowId);
  const thisRun = activityInfo().workflowExecution?.runId;
  const before = row?.temporalRunId !== undefined && row.temporalRunId !== thisRun ? row.temporalRunId : undefined;
  const runId = before ?? (await newestClosedRun(client, workflowId, thisRun));
  const result = runId === undefined ? undefined : await resultOf<RunResult>(client, workflowId, runId);
  if (row !== undefined) {
    if (result !== undefined) return { input: row.input, result };
    return { input: row.input, rows: { seq: row.seq, generation: row.generation, nodes: await runs.nodes(row.runId) } };
  }
  const input = runId === undefined ? undefined : await inputOf<RunInput>(client, workflowId, runId);
  return input ? { input, ...(result && { result }) } : null;
}
