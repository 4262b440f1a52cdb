// Initialize for a running job, then its registration with the watcher, which completes this activity when there is news.
import { CompleteAsyncError, Context } from '@temporalio/activity';
import type { DescribeInput, DescribeResult } from '../specs/activities.ts';
import type { Observation } from '../specs/execution.ts';
import { durationMs } from '../specs/units.ts';
import { initialize, openAttempt, type LifecycleDeps } from './container.ts';
import { hiding } from './hiding.ts';
import { logSource } from './log-pump.ts';
import type { Mask } from './mask.ts';
import { Steps } from './steps.ts';
import type { Registration } from './watched.ts';
import type { Watcher } from './watcher.ts';

const DEFAULT_HEARTBEAT_MS = 60_000;

export async function describe(deps: LifecycleDeps, watcher: Watcher, input: DescribeInput): Promise<DescribeResult> {
  const { info, cancellationSignal } = Context.current();
  const { handle, known, spec } = input;
  const steps = new Steps('describe', cancellationSignal);
  const registration = await steps.run('initialize', async (): Promise<Registration> => {
    const { cluster, attempt } = await openAttempt(deps, input);
    const { mask, alarm } = await hiding(deps, input);
    steps.mask = mask;
    const { workflowId, runId } = info.workflowExecution!;
    return {
      id: JSON.stringify([workflowId, runId, info.activityId]),
      taskToken: info.taskToken,
      heartbeatTimeoutMs: info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_MS,
      cluster,
      attempt,
      handle,
      known,
      mask,
      ...(alarm === undefined ? { logs: logSource(cluster.adapter, attempt, handle, mask) } : { alarm }),
      ...(hasCheck(deps, spec.type) && {
        check: { everyMs: durationMs(spec.check.every), run: (observation: Observation) => check(deps, input, observation, mask) },
      }),
    };
  });
  watcher.register(registration);
  throw new CompleteAsyncError();
}

/** A worker without the job type can still watch its jobs. */
function hasCheck(deps: LifecycleDeps, type: string): boolean {
  try {
    return deps.jobTypes.get(type).check !== undefined;
  } catch {
    return false;
  }
}

/** Each Check opens the container anew and has its own time limit. */
async function check(deps: LifecycleDeps, input: DescribeInput, observation: Observation, mask: Mask): Promise<string | undefined> {
  const steps = new Steps('describe', new AbortController().signal);
  steps.mask = mask;
  return await steps.run('check', async (signal) => {
    const { jobType, container, context } = await initialize(deps, input, signal);
    return await jobType.check?.(container, context, observation);
  });
}
