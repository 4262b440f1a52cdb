// Asks a cluster for an id before the start, so that it is in history first and a repeated start is the same start.
import { Context } from '@temporalio/activity';
import { StepError } from '../specs/errors.ts';
import type { AttemptInput } from '../specs/activities.ts';
import { checkAllowed } from './allow.ts';
import { beating } from './beat.ts';
import { initialize, type LifecycleDeps } from './container.ts';
import { Steps } from './steps.ts';

/** Longest id, in characters. */
const MAX_ID = 1_000;

export async function allocateId(deps: LifecycleDeps, input: AttemptInput): Promise<{ id: string }> {
  const steps = new Steps('launch', Context.current().cancellationSignal);
  const allocate = async (signal: AbortSignal): Promise<{ id: string }> => {
    checkAllowed(deps.config, deps.host.workerId, input);
    const { cluster, attempt } = await initialize(deps, input, signal);
    if (cluster.adapter.allocateId === undefined)
      throw new StepError('START_REFUSED', `clusters of type ${cluster.type.type} give no ids before the start`);
    const id: unknown = await cluster.adapter.allocateId(attempt);
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID)
      throw new StepError('START_ERROR', `the adapter gave no id, or one of over ${MAX_ID} characters`);
    return { id };
  };
  return await beating(
    () => ({ step: steps.current }),
    () => steps.run('start', allocate),
  );
}
