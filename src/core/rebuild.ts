// `longshore rebuild`: adds jobs and runs that the store does not know and corrects those that are behind, from Temporal's histories. It never
// deletes.
import type { JobEvent, JobInput } from '../specs/execution.ts';
import { hasCode } from '../specs/errors.ts';
import { isEnd } from '../specs/status.ts';
import type { Caller, Deps } from './deps.ts';
import { readRun, recordedEvents, type Told } from './history.ts';
import { rebuildRun, type Execution, type Outcome } from './rebuild-run.ts';
import { ask } from './temporal.ts';

export interface Rebuilt {
  /** Jobs and runs that Temporal has; a run counts with its jobs as one. */
  readonly seen: number;
  /** Those the store did not have. */
  readonly added: number;
  /** Those whose row was behind. */
  readonly corrected: number;
  /** Those that cannot be read; the log says why. */
  readonly failed: number;
}

/** Nothing can be said of any of them while these last. */
const OUTAGES = ['TEMPORAL_UNAVAILABLE', 'TEMPORAL_REFUSED', 'STORE_UNAVAILABLE', 'DISK_FULL'];

export async function rebuild(deps: Deps, _caller: Caller): Promise<Rebuilt> {
  const counts = { added: 0, corrected: 0, known: 0, failed: 0 };
  let seen = 0;
  for (const [type, work] of [
    ['job', rebuildJob],
    ['dag', rebuildRun],
  ] as const) {
    const workflows = await executionsByWorkflow(deps, type);
    seen += workflows.size;
    for (const [workflowId, executions] of workflows) counts[await outcomeOf(deps, workflowId, () => work(deps, workflowId, executions))]++;
  }
  const { added, corrected, failed } = counts;
  return { seen, added, corrected, failed };
}

/** One that cannot be read must not keep the others from being rebuilt. */
async function outcomeOf(deps: Deps, workflowId: string, work: () => Promise<Outcome>): Promise<Outcome | 'failed'> {
  try {
    return await work();
  } catch (error) {
    if (OUTAGES.some((code) => hasCode(error, code))) throw error;
    deps.logger.error({ err: error, workflowId }, 'it cannot be rebuilt');
    return 'failed';
  }
}

/** Every execution that Temporal still has, newest first within a workflow. */
async function executionsByWorkflow(deps: Deps, type: 'job' | 'dag'): Promise<Map<string, Execution[]>> {
  const workflows = new Map<string, Execution[]>();
  const list = deps.temporal.workflow.list({ query: `WorkflowType = "${type}"` })[Symbol.asyncIterator]();
  // Each step by itself, because one may ask for a page: a deadline over all of them would be one for the size of the list.
  for (;;) {
    const { done, value } = await ask(deps.temporal, () => list.next());
    if (done === true) break;
    const { workflowId, runId, status, startTime } = value;
    const executions = workflows.get(workflowId) ?? [];
    executions.push({ runId, status: status.name, startedAt: startTime.getTime() });
    workflows.set(workflowId, executions);
  }
  for (const executions of workflows.values()) executions.sort((a, b) => b.startedAt - a.startedAt);
  return workflows;
}

async function rebuildJob(deps: Deps, workflowId: string, runs: readonly Execution[]): Promise<Outcome> {
  const [newest] = runs;
  const told = await readRun(deps, workflowId, newest!.runId, newest!.status);
  const before = await deps.store.executions.byWorkflowId(workflowId);
  const input = before?.input ?? (await firstInput(deps, workflowId, runs, told));
  if (input === undefined) return 'known';
  if (before === undefined) await deps.store.executions.created(input, workflowId);
  const last = eventOf(told);
  const behind = last !== undefined && last.seq > (before?.seq ?? 0);
  if (behind) {
    const events = await eventsAfter(deps, workflowId, runs, before?.seq ?? 0);
    // What history does not hold, because a `record` is still on its way, is told by result or snapshot.
    if (last.seq > (events.at(-1)?.seq ?? 0)) events.push(last);
    await deps.store.executions.record({ jobId: input.jobId, workflowId, runId: told.runId, input, events });
  }
  if (before === undefined) return 'added';
  return behind ? 'corrected' : 'known';
}

/** Events of all runs that Temporal still has, in order, each number once. */
async function eventsAfter(deps: Deps, workflowId: string, runs: readonly Execution[], seq: number): Promise<JobEvent[]> {
  const events = new Map<number, JobEvent>();
  for (const { runId } of runs.toReversed()) {
    for (const event of await recordedEvents(deps, workflowId, runId)) if (event.seq > seq) events.set(event.seq, event);
  }
  return [...events.values()].sort((a, b) => a.seq - b.seq);
}

/** A rerun's run begins without input; an older one has it. */
async function firstInput(deps: Deps, workflowId: string, runs: readonly Execution[], told: Told): Promise<JobInput | undefined> {
  if (told.input !== undefined) return told.input;
  for (const run of runs.slice(1)) {
    const { input } = await readRun(deps, workflowId, run.runId, 'CLOSED');
    if (input !== undefined) return input;
  }
  deps.logger.warn({ workflowId }, 'no run of this job has an input any more: it cannot be rebuilt');
  return undefined;
}

/** The last event that the job had, as far as its result or snapshot tells it. */
function eventOf({ result, snapshot }: Told): JobEvent | undefined {
  const at = result?.endedAt ?? snapshot?.observation?.observedAt ?? new Date().toISOString();
  const state = result ?? snapshot;
  if (state === undefined || state.seq === 0) return undefined;
  const { seq, attempt, status, reason } = state;
  const event: JobEvent = { seq, at, attempt, status, attemptStatus: status, type: 'status', ...(reason !== undefined && { reason }) };
  if (result !== undefined) {
    const { code, blame, exitCode, outputs, endedAt, patch } = result;
    const set = {
      outputs,
      ...(isEnd(status) && { endedAt }),
      ...(exitCode !== undefined && { exitCode }),
    };
    return { ...event, ...(code !== undefined && { code }), ...(blame !== undefined && { blame }), ...(patch && { patch }), set };
  }
  const { key, workerId, handle, observation } = snapshot!;
  const set = {
    ...(key !== undefined && { key }),
    ...(workerId !== undefined && { workerId }),
    ...(handle && { handle }),
    ...(observation && { observation }),
  };
  return { ...event, set };
}
