// One workflow for each worker: its activity on the worker's host queue heartbeats load and slots, for as long as the worker lives.
import { condition, continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { WorkerActivities } from '../../specs/activities.ts';
import { QUEUES } from '../../specs/identity.ts';

/** Runs for ever: the activity waits in the queue while the worker is away, and is scheduled again when the worker has drained. */
export async function worker(input: { workerId: string }): Promise<void> {
  const { announce } = proxyActivities<WorkerActivities>({
    taskQueue: QUEUES.host(input.workerId),
    startToCloseTimeout: '365 days',
    heartbeatTimeout: '20 s',
    retry: { initialInterval: '1 s', maximumInterval: '10 s' },
    summary: `worker ${input.workerId}`,
  });
  for (;;) {
    await announce({ workerId: input.workerId });
    // It ends when the worker drains; the pause keeps a worker that refuses from turning this into a busy loop.
    await condition(() => false, '1 s');
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof worker>(input);
  }
}
