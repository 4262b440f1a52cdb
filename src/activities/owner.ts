// How the workflow stands that owns a job or a run.
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/** `broken`: closed without an end of its own (terminated, failed, timed out). */
export type Owner = 'open' | 'ended' | 'broken' | 'missing';

export async function ownerOf(client: Client, workflowId: string): Promise<Owner> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING' || status.name === 'PAUSED' || status.name === 'CONTINUED_AS_NEW') return 'open';
    return status.name === 'COMPLETED' ? 'ended' : 'broken';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
