// How a run's workflow is started and found again: id, memo, search attributes.
import { crashPoint } from '../crash-points.ts';
import { QUEUES } from '../specs/identity.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { RUN_TASK_TIMEOUT, type RunInput, type RunMemo } from '../specs/run.ts';
import { runAttributesOf } from '../specs/search-attributes.ts';
import type { Deps } from './deps.ts';
import { keywords, startOnce } from './start-workflow.ts';
import { ask, isNotFound } from './temporal.ts';

/** What every start of a run's workflow carries, the first one and a rerun's. */
export function runStartOptions(run: { workflowId: string; runId: string; app: string; dag: string; digest: string }) {
  const memo: RunMemo = { runId: run.runId, digest: run.digest };
  return {
    workflowId: run.workflowId,
    taskQueue: QUEUES.scheduler,
    workflowTaskTimeout: RUN_TASK_TIMEOUT,
    memo: { ...memo },
    staticSummary: `${run.dag}: a run`,
    typedSearchAttributes: keywords(runAttributesOf(run, 'WAITING')),
  };
}

/** Starts the workflow. Returns the memo of the run that was there before, or undefined when it is new. */
export const startRun = (deps: Pick<Deps, 'temporal' | 'eagerStart'>, input: RunInput, workflowId: string): Promise<RunMemo | undefined> =>
  startOnce<RunMemo>(deps, WORKFLOW_TYPES.dag, input, runStartOptions({ ...input, workflowId }));

/** Sends a signal. A run that is closed is opened again by it, as its workflow's own last result left it, when `opens`; else false. */
export async function signalRun(
  deps: Pick<Deps, 'temporal'>,
  run: Parameters<typeof runStartOptions>[0],
  signal: { readonly name: string; readonly message: object; readonly opens: boolean },
): Promise<boolean> {
  const { workflow } = deps.temporal;
  crashPoint('signal-run.before');
  try {
    await ask(deps.temporal, () => workflow.getHandle(run.workflowId).signal(signal.name, signal.message));
    crashPoint('signal-run.after');
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (!signal.opens) return false;
    const options = { ...runStartOptions(run), signal: signal.name, signalArgs: [signal.message] };
    await ask(deps.temporal, () => workflow.signalWithStart(WORKFLOW_TYPES.dag, options));
    crashPoint('signal-run.opened');
    return true;
  }
}
