// What a workflow that was started without a spec needs to rerun a job: the row's start input, and the result of its last run.
import { activityInfo } from '@temporalio/activity';
import { WorkflowContinuedAsNewError, WorkflowFailedError, isGrpcServiceError, type Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { CarriedState, JobInput, JobResult } from '../specs/execution.ts';
import { isEnd } from '../specs/status.ts';
import type { Executions } from '../store/contract.ts';
import { firstValue } from '../temporal/payloads.ts';

/** Null when neither the store nor Temporal has a trace of it; the workflow asks again, because lists lag. */
export async function lastRun(executions: Executions, client: Client, workflowId: string): Promise<{ input: JobInput; result?: JobResult } | null> {
  const row = await executions.byWorkflowId(workflowId);
  const thisRun = activityInfo().workflowExecution?.runId;
  const runId = row?.runId !== undefined && row.runId !== thisRun ? row.runId : await newestClosedRun(client, workflowId, thisRun);
  const result = runId === undefined ? undefined : await resultOf<JobResult>(client, workflowId, runId);
  if (row === undefined) {
    const input = runId === undefined ? undefined : await inputOf<JobInput>(client, workflowId, runId);
    return input ? { input, ...(result && { result }) } : null;
  }
  if (result !== undefined) return { input: row.input, result };
  return { input: { ...row.input, carried: await carriedByRow(executions, row) } };
}

/** A run that was terminated, or whose history is gone, left no result: the row says where it stood. */
export async function carriedByRow(executions: Executions, row: NonNullable<Awaited<ReturnType<Executions['byWorkflowId']>>>): Promise<CarriedState> {
  const newest = (await executions.attempts(row.jobId)).find(({ attempt }) => attempt === row.attempt);
  const { key, workerId, handle } = newest ?? {};
  return {
    attempt: row.attempt,
    seq: row.seq,
    status: row.status,
    appliedIds: [],
    ...(row.patch && { patch: row.patch, attemptPatch: row.attemptPatch ?? {} }),
    ...(row.killRequested && { killRequested: row.killRequested }),
    ...(key !== undefined &&
      !isEnd(row.status) && { current: { key, begun: true, ...(workerId !== undefined && { workerId }), ...(handle && { handle }) } }),
  };
}

/** The newest execution that is closed, besides this one. */
export async function newestClosedRun(client: Client, workflowId: string, thisRun: string | undefined): Promise<string | undefined> {
  const query = ['WorkflowId = ', JSON.stringify(workflowId), ' AND ExecutionStatus != "Running" AND ExecutionStatus != "ContinuedAsNew"'].join('');
  for await (const { runId } of client.workflow.list({ query, pageSize: 10 })) if (runId !== thisRun) return runId;
  return undefined;
}

/** The run may have been continued as new; its last link has the result. */
export async function resultOf<Result>(client: Client, workflowId: string, runId: string): Promise<Result | undefined> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    if (status.name === 'RUNNING') return undefined;
    return (await client.workflow.getHandle(workflowId, runId).result()) as Result;
  } catch (error) {
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof WorkflowContinuedAsNewError) return await resultOf<Result>(client, workflowId, error.newExecutionRunId);
    throw error;
  }
}

/** The start input of an execution whose history is there. */
export async function inputOf<Input>(client: Client, workflowId: string, runId: string): Promise<Input | undefined> {
  try {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return await firstValue<Input>(client, events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isGrpcServiceError(error)) return undefined;
    throw error;
  }
}
