// What the cluster's refusals and silences mean for a step.
import { StepError } from '../../specs/errors.ts';
import { Refused } from './client.ts';
import { Unanswered } from './http.ts';

/** A silence may pass; a refusal is for good. Anything else stays what it is. */
function asStepError(error: unknown): unknown {
  if (error instanceof Unanswered) return new StepError('CLUSTER_UNREACHABLE', error.message, { cause: error, retryable: true });
  if (error instanceof Refused) return new StepError('START_REFUSED', `YARN refuses: ${error.message}`, { cause: error });
  return error;
}

/** Runs a verb so that it throws only errors that a step understands. */
export async function plainly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStepError(error);
  }
}
