// The activities of schedules, bound to what they need.
import type { ScheduleActivities, ScheduleDuties } from '../../specs/schedule-run.ts';
import type { SchedulerDeps } from '../deps.ts';
import { decideCycles } from './decide.ts';
import { endSchedule, replaceCycles, startCycles } from './start.ts';

export function createScheduleActivities(deps: SchedulerDeps): ScheduleActivities & ScheduleDuties {
  return {
    decideCycles: (question) => decideCycles(deps.store, question),
    startCycles: (request) => startCycles(deps, request),
    replaceCycles: (request) => replaceCycles(deps, request),
    endSchedule: (request) => endSchedule(deps, request),
  };
}
