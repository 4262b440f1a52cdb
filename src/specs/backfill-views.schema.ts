// What the API shows of backfills.
import { z } from 'zod';
import { BACKFILL_STATES, EXISTING, ORDERS } from './backfill.ts';
import { json } from './fields.schema.ts';

const plannedFields = {
  name: z.string().meta({ description: 'The definition that it is of: with downstream also a DAG that waits.' }),
  cycle: z.string().meta({ description: 'The instant that it is known by, in UTC to the second.' }),
  planned: z.string().meta({ description: "The local time that it stands for, in the schedule's zone." }),
  zone: z.string().meta({ description: 'Zone of the planned time.' }),
  dataDate: z.string().meta({ description: 'The day whose data it is for.' }),
};
const objectFields = {
  job: z.string().optional().meta({ description: 'Id of its job.' }),
  run: z.string().optional().meta({ description: 'Id of its run.' }),
};

export const backfillCycleSchema = z
  .object({
    ...plannedFields,
    state: z.enum(['WAITING', 'STARTED', 'ENDED', 'SKIPPED', 'REFUSED']).meta({
      description: 'STARTED: its job or run goes on; ENDED: status says how; SKIPPED, and REFUSED where it could not be made: the reason says why.',
    }),
    action: z.enum(['start', 'rerun']).optional().meta({ description: 'What was done: a new job or run, or the one it had, once more.' }),
    ...objectFields,
    status: z.string().optional().meta({ description: 'Status of its job or run, or how that ended.' }),
    reason: z.string().optional().meta({ description: 'Why it was not run.' }),
    startedAt: z.string().optional().meta({ description: 'When it was started.' }),
    endedAt: z.string().optional().meta({ description: 'When its job or run ended.' }),
  })
  .meta({ id: 'BackfillCycle' });

const count = (description: string) => z.number().meta({ description });

export const backfillViewSchema = z
  .object({
    id: z.string().meta({ description: 'Id of the backfill.' }),
    app: z.string().meta({ description: 'App that it belongs to.' }),
    name: z.string().meta({ description: 'Name of the definition whose cycles it runs.' }),
    kind: z.enum(['Job', 'Dag']).meta({ description: 'Kind of the definition.' }),
    version: z.number().meta({ description: 'Version of the definition by which its cycles were planned.' }),
    requestId: z.string().optional().meta({ description: 'Chosen by who created it.' }),
    state: z.enum([...BACKFILL_STATES, 'PAUSED', 'STOPPING']).meta({
      description: 'PAUSED: nothing more is started until it is resumed; STOPPING: it was killed, and what it has started goes on.',
    }),
    reason: z.string().optional().meta({ description: 'How it ended, or why it is paused, in words.' }),
    from: z.string().meta({ description: 'As it was asked for.' }),
    until: z.string().meta({ description: 'As it was asked for.' }),
    order: z.enum(ORDERS).meta({ description: 'Which cycle comes first.' }),
    parallelism: z.number().meta({ description: 'Most of its cycles that go on at once.' }),
    failFast: z.boolean().meta({ description: 'Nothing more is started after the first that does not succeed.' }),
    existing: z.enum(EXISTING).meta({ description: 'What becomes of cycles that have their job or run already.' }),
    params: z.record(z.string(), json).optional().meta({ description: 'Parameters of every run.' }),
    downstream: z.boolean().optional().meta({ description: 'Whether cycles of DAGs that wait for these are run, too.' }),
    counts: z
      .object({
        waiting: count('Not begun.'),
        started: count('Going on.'),
        succeeded: count('Ended well.'),
        failed: count('Ended otherwise.'),
        skipped: count('Not run, with a reason.'),
        refused: count('Their job or run could not be made.'),
      })
      .meta({ description: 'Its cycles by what became of them.' }),
    createdBy: z.string().meta({ description: 'Who created it.' }),
    createdAt: z.string().meta({ description: 'When.' }),
    endedAt: z.string().optional().meta({ description: 'When the last of it had ended.' }),
    workflowId: z.string().meta({ description: 'Id of its workflow in Temporal.' }),
  })
  .meta({ id: 'Backfill' });

export const backfillPlanSchema = z
  .object({
    dryRun: z.literal(true).meta({ description: 'Nothing was done.' }),
    counts: z
      .object({
        start: count('Get a job or run.'),
        rerun: count('Have one, which is run again.'),
        skip: count('Are not run, with a reason.'),
      })
      .meta({ description: 'All cycles of the range.' }),
    cycles: z
      .array(
        z.object({
          ...plannedFields,
          does: z.enum(['start', 'rerun', 'skip']).meta({ description: 'What would happen to it.' }),
          ...objectFields,
          status: z.string().optional().meta({ description: 'Status of the job or run that it has.' }),
          reason: z.string().optional().meta({ description: 'Why it would be skipped.' }),
        }),
      )
      .meta({ description: 'In the order of their turns, at most 1000.' }),
    left: count('How many more there are.'),
  })
  .meta({ id: 'BackfillPlan' });

export type BackfillView = z.infer<typeof backfillViewSchema>;
export type BackfillCycleView = z.infer<typeof backfillCycleSchema>;
export type BackfillPlan = z.infer<typeof backfillPlanSchema>;
