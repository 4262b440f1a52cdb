// The part of the route table that is about backfills.
import { z } from 'zod';
import { EXISTING, ORDERS } from './backfill.ts';
import { backfillCycleSchema, backfillPlanSchema, backfillViewSchema } from './backfill-views.schema.ts';
import { parameterName } from './dag-node.schema.ts';
import { bounded, json, name } from './fields.schema.ts';
import { JOB_ID } from './patterns.ts';
import { cursor, limit, page, reasonBody, requestId, type Route } from './route.schema.ts';
import { isTime } from './schedule-time.ts';

const STATES = ['WAITING', 'STARTED', 'ENDED', 'SKIPPED', 'REFUSED'] as const;
const backfillId = z.object({
  id: z.string().regex(JOB_ID, 'must be the id of a backfill: a positive integer').meta({ description: 'Id of the backfill.' }),
});
const edge = z.string().refine(isTime, 'must be a date or a time, such as 2026-12-01, 2026-12-01T06:00 or 2026-12-01T06:00:00Z');
const told = z.object({
  effect: z.enum(['done', 'pending']).meta({ description: 'done: seen within 2 s; pending: durable, on its way.' }),
  backfill: backfillViewSchema,
});
const toBackfill = (verb: string, summary: string) =>
  ({ method: 'post', path: `/api/v1/backfills/:id/${verb}`, role: 'operator', summary, status: 202, params: backfillId, result: told }) as const;

export const BACKFILL_ROUTES = {
  createBackfill: {
    method: 'post',
    path: '/api/v1/backfills',
    role: 'editor',
    summary: 'Run the cycles of a range; with dryRun only say which, and what would happen to each',
    status: 201,
    note: 'The same requestId is the same backfill, however often it is sent. A dry run answers 200.',
    body: z.strictObject({
      name: name.meta({ description: 'Name of a Job or Dag that is stored with a schedule.' }),
      from: edge.meta({ description: 'The first day or time, on the clock of the zone of the schedule.' }),
      until: edge.meta({ description: 'The last day or time; it belongs to the range. What is still to come does not.' }),
      order: z.enum(ORDERS).default('oldest').meta({ description: 'Which cycle comes first.' }),
      parallelism: z.int().min(1).max(100).default(1).meta({ description: 'Most cycles that go on at once.' }),
      failFast: z.boolean().default(true).meta({ description: 'Start nothing more after the first that does not succeed; what runs goes on.' }),
      existing: z
        .enum(EXISTING)
        .default('skip')
        .meta({ description: 'Cycles that have a job or run: skip them, rerun those that did not succeed in place, or rerun all.' }),
      params: bounded(parameterName, json, 100).optional().meta({ description: 'Of a Dag: parameters of every run.' }),
      downstream: z.boolean().optional().meta({
        description: 'Of a Dag: also the cycles of DAGs that wait for these, and so on, each once what it waits for has ended. Default: false.',
      }),
      dryRun: z.boolean().optional().meta({ description: 'Only say what would happen.' }),
      requestId: requestId.optional().meta({
        description: 'Chosen by the caller: within the app it stands for one backfill. Also taken from the header Idempotency-Key.',
      }),
    }),
    result: z.union([backfillViewSchema, backfillPlanSchema]),
  },
  listBackfills: {
    method: 'get',
    path: '/api/v1/backfills',
    role: 'viewer',
    summary: 'Backfills of the app, newest first',
    status: 200,
    query: z.strictObject({ name: name.optional().meta({ description: 'Only of this Job or Dag.' }), limit, cursor }),
    result: page(backfillViewSchema),
  },
  getBackfill: {
    method: 'get',
    path: '/api/v1/backfills/:id',
    role: 'viewer',
    summary: 'One backfill: how it stands',
    status: 200,
    params: backfillId,
    result: backfillViewSchema,
  },
  listBackfillCycles: {
    method: 'get',
    path: '/api/v1/backfills/:id/cycles',
    role: 'viewer',
    summary: 'Its cycles in the order of their turns, each with what became of it',
    status: 200,
    params: backfillId,
    query: z.strictObject({
      state: z
        .string()
        .transform((s) => s.split(','))
        .pipe(z.array(z.enum(STATES)))
        .optional()
        .meta({ description: 'One or more of WAITING, STARTED, ENDED, SKIPPED, REFUSED, with commas between.' }),
      limit,
      cursor,
    }),
    result: page(backfillCycleSchema),
  },
  pauseBackfill: {
    ...toBackfill('pause', 'Start none of its cycles until it is resumed; what runs goes on'),
    body: z.strictObject({ note: z.string().max(1024).optional().meta({ description: 'Why, for people.' }), id: reasonBody.id }).prefault({}),
  },
  resumeBackfill: { ...toBackfill('resume', 'Go on with it'), body: z.strictObject({ id: reasonBody.id }).prefault({}) },
  killBackfill: {
    ...toBackfill('kill', 'Start none of its cycles any more'),
    body: z.strictObject({ ...reasonBody, runs: z.boolean().default(false).meta({ description: 'Kill what it has started, too.' }) }).prefault({}),
  },
} as const satisfies Record<string, Route>;
