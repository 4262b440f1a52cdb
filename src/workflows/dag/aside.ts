// Work beside everything else. It begins where a message was applied or another node ended, and has nothing to do with that place's
// cancellation: Temporal's cancel is a kill, which stops jobs in their own way.
import { CancellationScope } from '@temporalio/workflow';

/** Runs it; nobody waits for it. */
export function aside(run: () => Promise<unknown>): void {
  void CancellationScope.nonCancellable(run);
}
