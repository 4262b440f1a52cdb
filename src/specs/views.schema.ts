// What the API shows: schemas of its answers, which also feed OpenAPI, the typed client and the CLI.
import { z } from 'zod';
import { BLAMES, STATUSES } from './status.ts';
import { jobSpecSchema } from './job.schema.ts';
import { KINDS } from './documents.schema.ts';

const timestamp = z.iso.datetime();
const json = z.record(z.string(), z.unknown());
const statusSchema = z.enum(STATUSES).meta({ id: 'Status', description: 'Status of a job or an attempt.' });

/** Which job of a node with items. */
export const itemId = z
  .union([z.int().nonnegative(), z.literal('final')])
  .meta({ id: 'ItemId', description: 'Index of the item, from 0; final: the job after all items.' });

/** Links that a person may follow. */
const links = z.record(z.string(), z.string()).meta({ description: 'Addresses by name.' });

export const jobSummarySchema = z
  .object({
    id: z.string().meta({ description: 'Job id: a 63-bit integer in decimal.' }),
    app: z.string().meta({ description: 'App that it belongs to.' }),
    name: z.string().meta({ description: 'Name from its spec.' }),
    type: z.string().meta({ description: 'Job type.' }),
    cluster: z.string().meta({ description: 'Cluster.' }),
    queue: z.string().meta({ description: 'Queue of the cluster.' }),
    group: z.string().meta({ description: 'Business group.' }),
    priority: z.number().meta({ description: '1 goes first, 10 last.' }),
    status: statusSchema,
    reason: z.string().optional().meta({ description: 'In words: why it waits, or how it ended.' }),
    code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
    blame: z.enum(BLAMES).optional().meta({ description: 'Who is to blame for an end that is not a success.' }),
    attempt: z.number().meta({ description: 'Number of the newest attempt, from 1.' }),
    requestId: z.string().optional().meta({ description: 'The id that its creator chose.' }),
    run: z.string().optional().meta({ description: 'The run of a DAG that it belongs to.' }),
    node: z.string().optional().meta({ description: 'Of a job in a run: its node.' }),
    item: itemId.optional(),
    labels: z.record(z.string(), z.string()).meta({ description: 'Labels of its spec.' }),
    killRequested: z
      .object({
        at: timestamp.meta({ description: 'When.' }),
        by: z.string().meta({ description: 'Who asked; unverified when it came by a raw signal.' }),
        reason: z.string().optional().meta({ description: 'Why, in their words.' }),
        confirmed: z.boolean().meta({ description: 'Whether its cluster has confirmed that it was stopped.' }),
      })
      .optional()
      .meta({ description: 'The kill that was asked for.' }),
    createdAt: timestamp.meta({ description: 'When it was created.' }),
    createdBy: z.string().meta({ description: 'Token that created it, as app/name.' }),
    updatedAt: timestamp.meta({ description: 'When its row changed last.' }),
    endedAt: timestamp.optional().meta({ description: 'When it ended.' }),
  })
  .meta({ id: 'JobSummary' });

const moment = z.object({
  status: z.string().meta({ description: 'What it was from then on.' }),
  at: timestamp.meta({ description: 'When that was seen.' }),
});

const timelinesSchema = z.object({
  statuses: z
    .array(
      moment.extend({
        code: z.string().optional().meta({ description: 'Code, where there is one.' }),
        message: z.string().optional().meta({ description: 'In words.' }),
      }),
    )
    .meta({ description: 'Statuses of the attempt, oldest first.' }),
  cluster: z.array(moment).meta({ description: 'What its cluster said, in our words: pending, running, ended, not-found, unknown.' }),
  raw: z.array(moment).meta({ description: "The same in the cluster's own words. Empty for clusters without." }),
});

export const attemptViewSchema = z
  .object({
    attempt: z.number().meta({ description: 'Number of the attempt, from 1.' }),
    status: statusSchema,
    key: z.string().optional().meta({ description: 'Its identity on the cluster.' }),
    workerId: z.string().optional().meta({ description: 'Worker that carries it.' }),
    handle: json.optional().meta({ description: 'What identifies the started thing on its cluster; `id` is for people.' }),
    code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
    blame: z.enum(BLAMES).optional().meta({ description: 'Who is to blame for an end that is not a success.' }),
    reason: z.string().optional().meta({ description: 'In words: why it waits, or how it ended.' }),
    exitCode: z.number().optional().meta({ description: 'Exit code of the process, where there is one.' }),
    createdAt: timestamp.meta({ description: 'When its first event happened.' }),
    startedAt: timestamp.optional().meta({ description: 'When it began to run, by its cluster.' }),
    endedAt: timestamp.optional().meta({ description: 'When it ended.' }),
    observation: json.optional().meta({ description: 'What its cluster said last: phase, progress, resources.' }),
    timelines: timelinesSchema.meta({ description: 'How it went, three times: ours, its cluster by our phases, and its cluster in its own words.' }),
    timings: z.array(json).optional().meta({ description: 'How long each step took: step, startedAt, ms, error.' }),
    outputs: json.optional().meta({ description: 'By name: a value, or a file by its SHA-256.' }),
  })
  .meta({ id: 'Attempt' });

const cycleSchema = z.object({
  at: z.string().meta({ description: 'Its instant in UTC.' }),
  planned: z.string().meta({ description: 'Planned time, on the clock of its zone.' }),
  dataDate: z.string().meta({ description: 'The day whose data it is for.' }),
  zone: z.string().meta({ description: 'Its zone.' }),
  previous: z.string().optional().meta({ description: 'Planned time of the cycle before.' }),
  next: z.string().optional().meta({ description: 'Planned time of the cycle after.' }),
});

export const jobViewSchema = jobSummarySchema
  .extend({
    spec: jobSpecSchema,
    cycle: cycleSchema.optional().meta({ description: 'The cycle of a schedule that it stands for.' }),
    attempts: z.array(attemptViewSchema).meta({ description: 'Its attempts, first to newest.' }),
    workflowId: z.string().meta({ description: "Id of its workflow in Temporal; of a job in a run, the run's." }),
    links,
  })
  .meta({ id: 'Job' });

export const eventViewSchema = z
  .object({
    seq: z.number().meta({ description: 'Counts from 1 within the job, over its reruns.' }),
    at: timestamp.meta({ description: 'When it happened.' }),
    jobId: z.string().meta({ description: 'The job.' }),
    attempt: z.number().meta({ description: 'The attempt.' }),
    status: statusSchema,
    attemptStatus: statusSchema,
    type: z
      .string()
      .meta({ description: 'status, or what else happened: kill-requested, kill-refused, rerun, resolved, modified, stale, alarm, note.' }),
    code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
    blame: z.enum(BLAMES).optional().meta({ description: 'Who is to blame for an end that is not a success.' }),
    reason: z.string().optional().meta({ description: 'In words.' }),
    by: z.string().optional().meta({ description: 'Who caused it; unverified when it came by a raw signal.' }),
  })
  .meta({ id: 'Event' });

export const deadLetterViewSchema = z
  .object({
    id: z.string().meta({ description: "The delivery's webhook-id." }),
    jobId: z.string().meta({ description: 'The job.' }),
    url: z.string().meta({ description: 'Where it should have gone.' }),
    error: z.string().meta({ description: 'Why the last try failed.' }),
    at: timestamp.meta({ description: 'When it was given up.' }),
    event: eventViewSchema,
  })
  .meta({ id: 'DeadLetter' });

/** `event: progress` of a job's stream: the last line of its progress file. It has no id: it is news, not history. */
export interface ProgressView {
  readonly attempt: number;
  readonly text: string;
}

export const definitionViewSchema = z
  .object({
    kind: z.enum(KINDS).meta({ description: 'App, Cluster, Job or Dag.' }),
    app: z.string().meta({ description: 'App that a Job or Dag belongs to; empty for apps and clusters.' }),
    name: z.string().meta({ description: 'Name of the document.' }),
    version: z.number().meta({ description: 'Counts from 1 with each change.' }),
    digest: z.string().meta({ description: 'SHA-256 of the document.' }),
    spec: json.meta({ description: 'The document without its kind.' }),
    createdAt: timestamp.meta({ description: 'When this version was stored.' }),
    createdBy: z.string().meta({ description: 'Token that stored it, as app/name.' }),
    unchanged: z.boolean().optional().meta({ description: 'The digest equals the newest version: nothing was written.' }),
  })
  .meta({ id: 'Definition' });
/** One version in a list of them. */
export const definitionVersionSchema = definitionViewSchema.omit({ spec: true, unchanged: true }).meta({ id: 'DefinitionVersion' });

export const tokenViewSchema = z
  .object({
    id: z.string().meta({ description: 'Id, for revoking it.' }),
    name: z.string().meta({ description: 'What it is for.' }),
    app: z.string().meta({ description: 'App that it acts for.' }),
    role: z.enum(['viewer', 'operator', 'editor', 'admin']).meta({ description: 'What it may do.' }),
    createdAt: timestamp.meta({ description: 'When it was made.' }),
    createdBy: z.string().meta({ description: 'Token that made it, as app/name.' }),
    expiresAt: timestamp.optional().meta({ description: 'When it becomes void. Absent: never.' }),
    revokedAt: timestamp.optional().meta({ description: 'When it was revoked.' }),
  })
  .meta({ id: 'Token' });

export const queueViewSchema = z
  .object({
    cluster: z.string().meta({ description: 'Cluster.' }),
    queue: z.string().meta({ description: 'Its queue.' }),
    limit: z.number().optional().meta({ description: 'Most running jobs. Absent: no limit.' }),
    running: z.number().meta({ description: 'Jobs that count against the limit.' }),
    waiting: z.number().meta({ description: 'Jobs that wait.' }),
    apps: z
      .array(
        z.object({
          app: z.string().meta({ description: 'App.' }),
          running: z.number().meta({ description: 'Its jobs that count against the limit.' }),
          waiting: z.number().meta({ description: 'Its jobs that wait.' }),
        }),
      )
      .meta({ description: 'The same by app, of the apps that the caller may see.' }),
  })
  .meta({ id: 'Queue' });

export const workerViewSchema = z
  .object({
    id: z.string().meta({ description: 'Stable id.' }),
    group: z.string().meta({ description: 'Worker group.' }),
    host: z.string().meta({ description: 'Name of its machine.' }),
    online: z.boolean().meta({ description: 'Whether it was heard of lately and takes work.' }),
    seenAt: timestamp.meta({ description: 'When it was heard of last.' }),
    slots: z.number().meta({ description: 'Local jobs that it takes at once.' }),
    running: z.number().meta({ description: 'Local jobs that it has.' }),
    load: z.number().meta({ description: 'Load of the machine for each core.' }),
    freeMemory: z.number().meta({ description: 'Free memory of the machine in bytes.' }),
    version: z.string().meta({ description: 'Version of Longshore.' }),
  })
  .meta({ id: 'Worker' });

export const outputViewSchema = z
  .object({
    name: z.string().meta({ description: 'Name from the spec.' }),
    sha256: z.string().optional().meta({ description: 'SHA-256 of a file.' }),
    size: z.number().optional().meta({ description: 'Bytes of a file.' }),
    file: z.string().optional().meta({ description: 'File name of a file.' }),
    value: z.unknown().optional().meta({ description: 'A value, as JSON.' }),
  })
  .meta({ id: 'Output' });

/** Data of one Server-Sent Event of a log; its id is the offset after it. Bytes that are not UTF-8 are shown as U+FFFD. */
const logEventSchema = z
  .object({ offset: z.number().meta({ description: 'Byte offset where the text begins.' }), text: z.string() })
  .meta({ id: 'LogEvent' });

/** RFC 9457. `code` is from the catalogue (docs/errors.md). */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'URI of the code.' }),
    title: z.string().meta({ description: 'The code in words.' }),
    status: z.number().meta({ description: 'HTTP status.' }),
    code: z.string().meta({ description: 'Stable code; match on it.' }),
    detail: z.string().meta({ description: 'What was wrong with this request.' }),
    advice: z.string().meta({ description: 'What to do.' }),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    traceId: z.string().meta({ description: "Id of the request in the server's log; also the header X-Request-Id." }),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON pointer of the place.' }),
          message: z.string().meta({ description: 'What to write there.' }),
          value: z.string().optional().meta({ description: 'What is there, shortened.' }),
        }),
      )
      .optional()
      .meta({ description: 'Wrong places of an invalid request, at most 20.' }),
  })
  .meta({ id: 'Problem' });

export type JobSummary = z.infer<typeof jobSummarySchema>;
export type JobView = z.infer<typeof jobViewSchema>;
export type AttemptView = z.infer<typeof attemptViewSchema>;
export type EventView = z.infer<typeof eventViewSchema>;
export type DeadLetterView = z.infer<typeof deadLetterViewSchema>;
export type DefinitionVersionView = z.infer<typeof definitionVersionSchema>;
export type DefinitionView = z.infer<typeof definitionViewSchema>;
export type TokenView = z.infer<typeof tokenViewSchema>;
export type QueueView = z.infer<typeof queueViewSchema>;
export type WorkerView = z.infer<typeof workerViewSchema>;
export type OutputView = z.infer<typeof outputViewSchema>;
export type LogEvent = z.infer<typeof logEventSchema>;
export type Problem = z.infer<typeof problemSchema>;
