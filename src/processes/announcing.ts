// The workflow by which a worker announces itself: it is made once for each worker id, and outlives the worker's processes.
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DUTY_IDS, QUEUES } from '../specs/identity.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';

/** PENDING_ACTIVITY_STATE_STARTED. */
const STARTED = 2;

/** Makes sure that the workflow runs. */
export async function announceWorker(client: Client, workerId: string): Promise<void> {
  await client.workflow.start(WORKFLOW_TYPES.worker, {
    workflowId: DUTY_IDS.worker(workerId),
    taskQueue: QUEUES.scheduler,
    args: [{ workerId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}

/**
 * Call before the Workers poll: an announcement that is still under way is that of a process that died. Ending it saves the wait for its
 * heartbeat timeout, in which this worker would count as gone.
 */
export async function endStaleAnnouncement(client: Client, workerId: string): Promise<void> {
  const workflowId = DUTY_IDS.worker(workerId);
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const stale = raw.pendingActivities?.find(({ state }) => Number(state) === STARTED);
  if (stale?.activityId == null) return;
  const over = ApplicationFailure.create({ message: 'the process of this worker is gone', type: 'WORKER_GONE', nextRetryDelay: '1ms' });
  await client.activity.fail({ workflowId, activityId: stale.activityId }, over);
}
