// The activities of backfills, bound to what they need.
import type { BackfillActivities, BackfillDuties } from '../../specs/backfill.ts';
import type { SchedulerDeps } from '../deps.ts';
import { killBackfillCycles, startBackfillCycles } from './start.ts';

export function createBackfillActivities(deps: Pick<SchedulerDeps, 'store' | 'backfills' | 'logger'>): BackfillActivities & BackfillDuties {
  const { backfills } = deps.store;
  return {
    lookBackfill: (question) => backfills.looked(question, new Date().toISOString()),
    startBackfillCycles: (request) => startBackfillCycles(deps, request),
    killBackfillCycles: (request) => killBackfillCycles(deps, request),
    endBackfill: ({ id, state, reason }) => backfills.ended(id, state, reason, new Date().toISOString()),
  };
}
