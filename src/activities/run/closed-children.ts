// Child runs that can no longer tell their end: a workflow that was terminated signals nothing.
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { RunDuties, RunResult } from '../../specs/run.ts';
import { forEachLimited } from '../loop.ts';

const AT_ONCE = 8;

type Closed = Awaited<ReturnType<RunDuties['closedChildren']>>;

export async function closedChildren(client: Client, workflowIds: readonly string[]): Promise<Closed> {
  const closed: Closed[number][] = [];
  await forEachLimited(workflowIds, AT_ONCE, async (workflowId) => {
    const outcome = await outcomeOf(client, workflowId);
    if (outcome !== undefined) closed.push({ workflowId, outcome });
  });
  return closed;
}

/** Undefined while it is open. */
async function outcomeOf(client: Client, workflowId: string): Promise<Closed[number]['outcome'] | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    const { status } = await handle.describe();
    switch (status.name) {
      case 'COMPLETED':
        return ((await handle.result()) as RunResult).outcome;
      case 'TERMINATED':
      case 'CANCELLED':
        return 'KILLED';
      case 'FAILED':
      case 'TIMED_OUT':
        return 'FAILED';
      default:
        return undefined;
    }
  } catch (error) {
    // A rerun may have begun meanwhile, and been terminated: the next look tells.
    if (error instanceof WorkflowFailedError) return undefined;
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
