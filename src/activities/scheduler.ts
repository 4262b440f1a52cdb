// The activities of a scheduler process, bound to what they need: one file each.
import type { DutyActivities, SchedulerActivities, SweepTarget } from '../specs/activities.ts';
import type { BackfillActivities, BackfillDuties } from '../specs/backfill.ts';
import type { ScheduleActivities, ScheduleDuties } from '../specs/schedule-run.ts';
import type { RunActivities, RunDuties } from '../specs/run.ts';
import { crashPoint } from '../crash-points.ts';
import { durationMs } from '../specs/units.ts';
import { admit, take } from './admit.ts';
import { createBackfillActivities } from './backfill/index.ts';
import { clusterRecord } from './cluster-record.ts';
import { deliver } from './deliver.ts';
import type { SchedulerDeps } from './deps.ts';
import { lastRun } from './last-run.ts';
import { notify } from './notify.ts';
import { createRunActivities } from './run/index.ts';
import { createScheduleActivities } from './schedule/index.ts';
import { sweepPlan, sweepSettle, type SweepMemory } from './sweep-plan.ts';

export function createSchedulerActivities(
  deps: SchedulerDeps,
): SchedulerActivities & DutyActivities & RunActivities & RunDuties & ScheduleActivities & ScheduleDuties & BackfillActivities & BackfillDuties {
  const { store, client, config } = deps;
  const memories = new Map<string, SweepMemory>();
  const memoryOf = ({ cluster, workerId = '' }: SweepTarget): SweepMemory => {
    const id = `${cluster}/${workerId}`;
    const memory = memories.get(id) ?? { seen: [] };
    memories.set(id, memory);
    return memory;
  };
  return {
    ...createRunActivities(deps),
    ...createScheduleActivities(deps),
    ...createBackfillActivities(deps),
    admit: (request) => admit(deps, request),
    take: (request) => take(deps, request),
    clusterRecord: (name) => clusterRecord(deps, name),
    lastRun: (workflowId) => lastRun(store.executions, client, workflowId),
    notify: (deliveries) => notify(client, deliveries, durationMs(config.timings.webhookGiveUp)),
    async record(request) {
      crashPoint('record.before');
      await store.executions.record(request);
      if (request.release !== undefined) deps.poke();
      return request.events;
    },
    deliver: (delivery) => deliver(store.hooks, delivery, { allowPrivate: config.webhooks.allowPrivate }),
    deadLetter: ({ delivery, error }) => {
      const { id, jobId, app, url, event } = delivery;
      return store.hooks.deadLetter({ id, jobId, app, url, event, error, at: new Date().toISOString() });
    },
    sweepPlan: (target) => sweepPlan(deps, target, memoryOf(target)),
    sweepSettle: ({ target, plan, report }) => sweepSettle(deps, plan, report, memoryOf(target)),
  };
}
