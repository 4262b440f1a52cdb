// Schedules: look, preview, pause, resume, trigger.
import type { Handlers } from '../route.ts';

type Names = 'listSchedules' | 'previewSchedule' | 'getSchedule' | 'listCycles' | 'pauseSchedule' | 'resumeSchedule' | 'triggerSchedule';

export const scheduleHandlers: Pick<Handlers, Names> = {
  listSchedules: async ({ core, caller, query }) => await core.listSchedules(caller, query),
  previewSchedule: async ({ core, caller, body }) => await core.previewSchedule(caller, body),
  getSchedule: async ({ core, caller, params, query }) => await core.getSchedule(caller, { name: params.name, count: query.count }),
  listCycles: async ({ core, caller, params, query }) => await core.listCycles(caller, { name: params.name, ...query }),
  pauseSchedule: async ({ core, caller, params, body }) => await core.pauseSchedule(caller, { name: params.name, ...body }),
  resumeSchedule: async ({ core, caller, params, body }) => await core.resumeSchedule(caller, { name: params.name, ...body }),
  triggerSchedule: async ({ core, caller, params, body }) => await core.triggerSchedule(caller, { name: params.name, ...body }),
};
