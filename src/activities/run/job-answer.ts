// The input with which a job of a node starts, or runs again: its spec filled with the values of now, and checked as every job is.
import { carrySpec } from '../../compose/carried-spec.ts';
import { checkSpec } from '../../compose/check.ts';
import { newJobId } from '../../compose/job-id.ts';
import { composeSpec } from '../../compose/spec.ts';
import { nodeJob } from '../../dags/fill.ts';
import type { Part } from '../../dags/written.ts';
import { guardStands } from '../../crash-points.ts';
import { digestOf } from '../../specs/canonical.ts';
import type { CarriedState, JobInput } from '../../specs/execution.ts';
import { nodeJobAddress } from '../../specs/identity.ts';
import type { RunAnswer, RunQuestion } from '../../specs/run.ts';
import { isEnd } from '../../specs/status.ts';
import type { Executions } from '../../store/contract.ts';
import { carriedByRow } from '../last-run.ts';
import { failed, refusal } from './failed.ts';
import { notYet } from './not-yet.ts';
import type { Scene } from './scene.ts';

/** Bytes of config and env that stay in the input: the history of a run, and each continue-as-new, carry those of 200 jobs. */
const MAX_NODE_BYTES = 2 * 1024;
const EVENTS = 500;

type JobQuestion = Extract<RunQuestion, { readonly ask: 'job' }>;
type Row = NonNullable<Awaited<ReturnType<Executions['byWorkflowId']>>>;

export async function jobAnswer(scene: Scene, question: JobQuestion): Promise<RunAnswer> {
  const { deps, run, workflowId } = scene;
  const { node, item } = question;
  const row = await deps.store.executions.byWorkflowId(nodeJobAddress(workflowId, node, item));
  const carried = await stateBefore(deps.store.executions, row, question.attempt);
  const part: Part = item === undefined ? 'job' : item === 'final' ? 'final' : 'item';
  const values = await scene.jobValues(question, part);
  const filled = nodeJob(scene.open, node, part, values);
  if (!filled.ok) return failed('EXPRESSION_FAILED', filled.reason);
  // Each job of a broadcast is for the worker that is its item.
  const isBroadcast = part === 'item' && scene.open.dag.nodes[node]!.broadcast !== undefined;
  try {
    const spec = composeSpec(isBroadcast ? { ...filled.value, worker: values.item } : filled.value, undefined);
    await checkSpec(deps, run.app, spec);
    const known = guardStands('same-node-job') ? row?.input : undefined;
    const { jobId, createdAt, by } = known ?? { jobId: newJobId(), createdAt: new Date().toISOString(), by: run.by };
    const input: JobInput = {
      jobId,
      app: run.app,
      digest: digestOf(spec),
      spec: { ...(await carrySpec(spec, deps.artifacts, MAX_NODE_BYTES)), ...(run.cycle && { cycle: run.cycle }) },
      mark: run.mark,
      createdAt,
      by,
      place: { run: run.runId, dag: run.dag, node, ...(item !== undefined && { item }), owner: workflowId },
      ...(run.timings && { timings: run.timings }),
    };
    return { input, ...(carried && { carried }) };
  } catch (error) {
    return refusal(error, `node ${node}`);
  }
}

/**
 * What the attempts before this one have left. What the store knows of this one was told by a task that was lost, and will be told again.
 * Throws while the store does not know the attempt before it.
 */
async function stateBefore(executions: Executions, row: Row | undefined, attempt: number): Promise<CarriedState | undefined> {
  if (attempt <= 1) return undefined;
  if (row === undefined || row.attempt < attempt - 1) throw notYet(`the store does not know attempt ${attempt - 1} yet`);
  // One that has not ended was under way when its run was lost.
  if (row.attempt < attempt) return await carriedByRow(executions, row);
  const last = await lastEventBefore(executions, row.jobId, attempt);
  const { appliedIds, patch, attemptPatch } = await carriedByRow(executions, row);
  return (
    last && { attempt: last.attempt, seq: last.seq, status: last.status, appliedIds, ...(patch && { patch }), ...(attemptPatch && { attemptPatch }) }
  );
}

async function lastEventBefore(executions: Executions, jobId: string, attempt: number) {
  let last: Awaited<ReturnType<Executions['events']>>[number] | undefined;
  for (;;) {
    const events = await executions.events(jobId, last?.seq ?? 0, EVENTS);
    const before = events.filter((event) => event.attempt < attempt);
    last = before.at(-1) ?? last;
    if (events.length < EVENTS || before.length < events.length) return last !== undefined && isEnd(last.status) ? last : undefined;
  }
}
