// Looks, again and again, at what carries our mark on a cluster or on one worker's machine, and ends what nobody owns any more.
import { ActivityFailure, continueAsNew, isCancellation, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { DutyActivities, SweepReport, SweepPlan, SweepTarget, WorkerActivities } from '../../specs/activities.ts';
import { QUEUES } from '../../specs/identity.ts';

const EVERY_MS = 60_000;
const PATIENCE = '30 s';

const { sweepPlan, sweepSettle } = proxyActivities<DutyActivities>({
  startToCloseTimeout: '5 min',
  retry: { initialInterval: '1 s', maximumInterval: '1 min' },
});

/** Sweeps every `everyMs` until the cluster is gone. A host that does not answer is left alone until the next time. */
export async function sweep(target: SweepTarget): Promise<void> {
  do {
    const plan = await sweepPlan(target);
    if (plan === null) return;
    const report = await look(target, plan);
    if (report) await sweepSettle({ target, plan, report });
    await sleep(target.everyMs ?? EVERY_MS);
  } while (!workflowInfo().continueAsNewSuggested);
  await continueAsNew<typeof sweep>(target);
}

async function look(target: SweepTarget, plan: SweepPlan): Promise<SweepReport | undefined> {
  const activities = proxyActivities<WorkerActivities>({
    taskQueue: target.workerId === undefined ? QUEUES.group(plan.cluster.workers) : QUEUES.host(target.workerId),
    scheduleToStartTimeout: PATIENCE,
    startToCloseTimeout: '5 min',
    heartbeatTimeout: PATIENCE,
    retry: { maximumAttempts: 1 },
  });
  try {
    const { cluster, mark, stop, prune } = plan;
    return await activities.sweep({ cluster, mark, stop, ...(prune && { prune }) });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return undefined;
  }
}
