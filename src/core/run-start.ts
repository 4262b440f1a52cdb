// How a run's workflow is started and found again: id, memo, search attributes, and what AlreadyStarted means.
import { TypedSearchAttributes, SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { crashPoint, guardStands } from '../crash-points.ts';
import { QUEUES } from '../specs/identity.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { RUN_TASK_TIMEOUT, type RunInput, type RunMemo } from '../specs/run.ts';
import { runAttributesOf } from '../specs/search-attributes.ts';
import type { Deps } from './deps.ts';
import { ask, isAlreadyStarted, isNotFound } from './temporal.ts';

/** What every start of a run's workflow carries, the first one and a rerun's. */
export function runStartOptions(run: { workflowId: string; runId: string; app: string; dag: string; digest: string }) {
  const memo: RunMemo = { runId: run.runId, digest: run.digest };
  return {
    workflowId: run.workflowId,
    taskQueue: QUEUES.scheduler,
    workflowTaskTimeout: RUN_TASK_TIMEOUT,
    memo: { ...memo },
    staticSummary: `${run.dag}: a run`,
    typedSearchAttributes: new TypedSearchAttributes(
      Object.entries(runAttributesOf(run, 'WAITING')).map(([name, value]) => ({
        key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
        value,
      })),
    ),
  };
}

/** Starts the workflow, once for ever under its id. Returns the memo of the run that was there before, or undefined when it is new. */
export async function startRun(deps: Pick<Deps, 'temporal' | 'eagerStart'>, input: RunInput, workflowId: string): Promise<RunMemo | undefined> {
  try {
    await ask(deps.temporal, () =>
      deps.temporal.workflow.start(WORKFLOW_TYPES.dag, {
        ...runStartOptions({ ...input, workflowId }),
        args: [input],
        workflowIdReusePolicy: guardStands('reject-duplicate') ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
        requestEagerStart: deps.eagerStart ?? false,
      }),
    );
    return undefined;
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
    const { memo } = await ask(deps.temporal, () => deps.temporal.workflow.getHandle(workflowId).describe());
    return memo as unknown as RunMemo;
  }
}

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
