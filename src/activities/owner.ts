// How the workflow stands that owns a job or a run.
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/** `broken`: closed without an end of its own (terminated, failed, timed out). */
export type Owner = 'open' | 'ended' | 'broken' | 'missing';

/** `firstRunId`: of the newest execution, however often it was continued as new; a server may not tell it. */
export interface Standing {
  readonly owner: Owner;
  readonly firstRunId?: string;
}

export async function standingOf(client: Client, workflowId: string): Promise<Standing> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    const firstRunId = raw.workflowExecutionInfo?.firstRunId;
    const is = (owner: Owner): Standing => ({ owner, ...(firstRunId && { firstRunId }) });
    if (status.name === 'RUNNING' || status.name === 'PAUSED' || status.name === 'CONTINUED_AS_NEW') return is('open');
    return is(status.name === 'COMPLETED' ? 'ended' : 'broken');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { owner: 'missing' };
    throw error;
  }
}

export const ownerOf = async (client: Client, workflowId: string): Promise<Owner> => (await standingOf(client, workflowId)).owner;
