// What the API shows of schedules and their cycles.
import { z } from 'zod';
import { SKIP_CODES, type SkipCode } from './schedule.ts';
import { scheduleSchema } from './schedule.schema.ts';

const instant = z.string();
const skipCodes = Object.keys(SKIP_CODES) as [SkipCode, ...SkipCode[]];

const plannedFields = {
  cycle: instant.meta({ description: 'The instant that it is known by, in UTC to the second.' }),
  planned: z.string().meta({ description: "The local time that it stands for, in the schedule's zone." }),
  dataDate: z.string().meta({ description: 'The day whose data it is for.' }),
  fireAt: instant.meta({ description: 'When it is to start: the cycle, later by its jitter.' }),
};

export const nextFireSchema = z
  .object({
    ...plannedFields,
    local: z.string().meta({ description: 'The cycle on the clock of the zone, with its offset.' }),
    decision: z.enum(['start', 'skip']).meta({ description: 'skip: holidays or a gap of the clock take it away.' }),
    code: z.enum(skipCodes).optional().meta({ description: 'Why it is not run.' }),
    reason: z.string().optional().meta({ description: 'The same in words.' }),
  })
  .meta({ id: 'NextFire' });

export const scheduleSummarySchema = z
  .object({
    app: z.string().meta({ description: 'App that it belongs to.' }),
    name: z.string().meta({ description: 'Name of its definition.' }),
    kind: z.enum(['Job', 'Dag']).meta({ description: 'Kind of its definition.' }),
    version: z.number().meta({ description: 'Version of the definition.' }),
    state: z.enum(['active', 'paused', 'over', 'late']).meta({
      description: 'over: it has no further cycle; late: it should have looked again a minute ago or more, because no scheduler runs, say.',
    }),
    words: z.string().meta({ description: 'When it runs, in words.' }),
    paused: z
      .object({
        note: z.string().meta({ description: 'Why.' }),
        by: z.string().optional().meta({ description: 'Who paused it; absent: its document says so.' }),
        at: z.string().optional().meta({ description: 'When.' }),
      })
      .optional()
      .meta({ description: 'While it is paused.' }),
    next: instant.optional().meta({ description: 'When the next cycle starts. Absent: none is known.' }),
    decidedUntil: instant.optional().meta({ description: 'All cycles up to this are decided.' }),
  })
  .meta({ id: 'ScheduleSummary' });

export const cycleViewSchema = z
  .object({
    ...plannedFields,
    zone: z.string().meta({ description: 'Zone of the planned time.' }),
    state: z
      .enum(['WAITING', 'STARTED', 'SKIPPED', 'REFUSED'])
      .meta({ description: 'STARTED: it has its job or run; REFUSED: that could not be made, the reason says why.' }),
    code: z.enum(skipCodes).optional().meta({ description: 'Why it was skipped.' }),
    reason: z.string().optional().meta({ description: 'In words: why it waits, was skipped or refused.' }),
    decidedAt: z.string().meta({ description: 'When that was decided.' }),
    startedAt: z.string().optional().meta({ description: 'Actual time: when its job or run was created.' }),
    by: z.string().optional().meta({ description: 'Who started it by hand.' }),
    job: z.string().optional().meta({ description: 'Id of its job.' }),
    run: z.string().optional().meta({ description: 'Id of its run.' }),
    status: z.string().optional().meta({ description: 'Status of its job or run. Absent where retention has taken that.' }),
    outcome: z.string().optional().meta({ description: 'Outcome of its run.' }),
    endedAt: z.string().optional().meta({ description: 'When its job or run ended.' }),
  })
  .meta({ id: 'Cycle' });

export const scheduleViewSchema = scheduleSummarySchema
  .extend({
    schedule: scheduleSchema,
    upcoming: z
      .array(nextFireSchema)
      .meta({ description: 'What comes next, a pause not looked at. Empty with after: the next cycle follows from an end.' }),
    recent: z.array(cycleViewSchema).meta({ description: 'The newest cycles that were decided.' }),
    workflowId: z.string().meta({ description: 'Id of its workflow in Temporal.' }),
  })
  .meta({ id: 'ScheduleView' });

export const previewSchema = z
  .object({
    words: z.string().meta({ description: 'When it runs, in words.' }),
    upcoming: z.array(nextFireSchema).meta({ description: 'What would come next.' }),
  })
  .meta({ id: 'SchedulePreview' });

export type NextFireView = z.infer<typeof nextFireSchema>;
export type ScheduleSummary = z.infer<typeof scheduleSummarySchema>;
export type ScheduleView = z.infer<typeof scheduleViewSchema>;
export type CycleView = z.infer<typeof cycleViewSchema>;
export type SchedulePreview = z.infer<typeof previewSchema>;
