// Hands events to the webhook workflow of their job: one for each job, so that deliveries keep their order.
import type { Client } from '@temporalio/client';
import { crashPoint } from '../crash-points.ts';
import type { Delivery } from '../specs/activities.ts';
import { DUTY_IDS, QUEUES } from '../specs/identity.ts';
import { HOOK_SIGNAL, WORKFLOW_TYPES } from '../specs/messages.ts';

export async function notify(client: Client, deliveries: readonly Delivery[], giveUpMs: number): Promise<void> {
  for (const delivery of deliveries) {
    crashPoint('hook.before-notify');
    await client.workflow.signalWithStart(WORKFLOW_TYPES.hook, {
      workflowId: DUTY_IDS.hook(delivery.workflowId),
      taskQueue: QUEUES.scheduler,
      args: [{ giveUpMs }],
      signal: HOOK_SIGNAL,
      signalArgs: [delivery],
    });
    crashPoint('hook.after-notify');
  }
}
