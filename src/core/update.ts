// Updates are answered by the workflow; where no scheduler answers in time the same message goes as a signal, which is durable and,
// by its id, applied once.
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { hasCode, LongshoreError } from '../specs/errors.ts';
import type { JobSnapshot } from '../specs/messages.ts';
import type { Deps } from './deps.ts';
import { ask } from './temporal.ts';

/** Longest wait for the workflow's own answer. */
const ANSWER_MS = 2_000;

/** The job as the workflow left it, or undefined when it has not answered yet. CONFLICT when it refuses; Temporal's "not found" passes through. */
export async function updateOrSignal(
  deps: Deps,
  workflowId: string,
  name: string,
  message: { readonly id: string },
): Promise<JobSnapshot | undefined> {
  const handle = deps.temporal.workflow.getHandle(workflowId);
  try {
    return await ask(deps.temporal, () => handle.executeUpdate<JobSnapshot, [unknown]>(name, { args: [message], updateId: message.id }), ANSWER_MS);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw new LongshoreError('CONFLICT', error.cause?.message ?? error.message, { cause: error });
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !hasCode(error, 'TEMPORAL_UNAVAILABLE')) throw error;
    await ask(deps.temporal, () => handle.signal(name, message));
    return undefined;
  }
}
