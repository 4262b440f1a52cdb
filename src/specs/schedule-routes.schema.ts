// The part of the route table that is about schedules.
import { z } from 'zod';
import { scheduleSchema } from './schedule.schema.ts';
import { byName, cursor, limit, page, reasonBody, type Route } from './route.schema.ts';
import { cycleViewSchema, previewSchema, scheduleSummarySchema, scheduleViewSchema } from './schedule-views.schema.ts';

const count = z.coerce.number().int().min(1).max(100).default(10).meta({ description: 'How many cycles to show that are to run.' });
const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => `${new Date(text).toISOString().slice(0, 19)}Z`)
  .meta({ description: 'An instant, such as 2026-12-01T06:00:00Z.' });
const STATES = ['WAITING', 'STARTED', 'SKIPPED', 'REFUSED'] as const;
const switched = z.object({
  effect: z.enum(['done', 'pending']).meta({ description: 'done: seen within 2 s; pending: durable, on its way.' }),
  schedule: scheduleSummarySchema,
});

export const SCHEDULE_ROUTES = {
  listSchedules: {
    method: 'get',
    path: '/api/v1/schedules',
    role: 'viewer',
    summary: 'Schedules of the app, by name',
    status: 200,
    query: z.strictObject({ limit, cursor }),
    result: page(scheduleSummarySchema),
  },
  previewSchedule: {
    method: 'post',
    path: '/api/v1/schedule-preview',
    role: 'viewer',
    summary: 'What a schedule would run, before it is saved',
    status: 200,
    body: z.strictObject({
      schedule: scheduleSchema,
      name: byName.shape.name.optional().meta({ description: 'Name of the definition: jitter follows from it.' }),
      from: instant.optional().meta({ description: 'Cycles after this. Default: now.' }),
      count,
    }),
    result: previewSchema,
  },
  getSchedule: {
    method: 'get',
    path: '/api/v1/schedules/:name',
    role: 'viewer',
    summary: 'One schedule: how it stands and what comes next',
    status: 200,
    params: byName,
    query: z.strictObject({ count }),
    result: scheduleViewSchema,
  },
  listCycles: {
    method: 'get',
    path: '/api/v1/schedules/:name/cycles',
    role: 'viewer',
    summary: 'Cycles that were decided, newest first, with reasons for those that were not run',
    status: 200,
    params: byName,
    query: z.strictObject({
      state: z
        .string()
        .transform((s) => s.split(','))
        .pipe(z.array(z.enum(STATES)))
        .optional()
        .meta({ description: 'One or more of WAITING, STARTED, SKIPPED, REFUSED, with commas between.' }),
      limit,
      cursor,
    }),
    result: page(cycleViewSchema),
  },
  pauseSchedule: {
    method: 'post',
    path: '/api/v1/schedules/:name/pause',
    role: 'operator',
    summary: 'Skip its cycles from now on',
    status: 202,
    params: byName,
    body: z.strictObject({ note: z.string().max(1024).optional().meta({ description: 'Why, for people.' }), id: reasonBody.id }).prefault({}),
    result: switched,
  },
  resumeSchedule: {
    method: 'post',
    path: '/api/v1/schedules/:name/resume',
    role: 'operator',
    summary: 'Run its cycles again; none of the pause is made up for',
    status: 202,
    params: byName,
    body: z.strictObject({ id: reasonBody.id }).prefault({}),
    result: switched,
  },
  triggerSchedule: {
    method: 'post',
    path: '/api/v1/schedules/:name/trigger',
    role: 'editor',
    summary: 'Start one cycle now: of this instant, or one that it plans',
    status: 201,
    params: byName,
    body: z
      .strictObject({
        cycle: instant
          .optional()
          .meta({ description: 'A cycle that the schedule plans, skipped or not; if it has its job or run, that is the answer. Default: now.' }),
      })
      .prefault({}),
    result: cycleViewSchema,
  },
} as const satisfies Record<string, Route>;
