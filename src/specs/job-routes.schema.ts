// The part of the route table that is about jobs: create, look, follow, kill, rerun, resolve, modify.
import { z } from 'zod';
import { json, name } from './fields.schema.ts';
import { jobPatchSchema, jobSpecSchema } from './job.schema.ts';
import { isLogStream } from './log-streams.ts';
import { jobId, limit, cursor, bool, accepted, requestId, page, reasonBody, time, type Route } from './route.schema.ts';
import { STATUSES } from './status.ts';
import { eventViewSchema, jobSummarySchema, jobViewSchema, outputViewSchema } from './views.schema.ts';

const attempt = z.coerce.number().int().positive().optional().meta({ description: 'Number of the attempt. Default: the newest.' });
const logStream = z
  .string()
  .refine(isLogStream, 'must be stdout, stderr, or a name that the list of streams shows, such as container-1-2.stderr')
  .meta({ description: 'stdout, stderr, or another that `logs/streams` lists, such as container-1-2.stderr.' });

const createFields = {
  requestId: requestId.optional(),
  ref: z.string().max(128).optional().meta({ description: 'name or name@version of a stored Job.' }),
  with: jobPatchSchema.optional(),
};

export const JOB_ROUTES = {
  createJob: {
    method: 'post',
    path: '/api/v1/jobs',
    role: 'editor',
    summary: 'Create a job from a definition (ref) or a spec',
    status: 201,
    result: jobViewSchema,
    body: z.strictObject({ ...createFields, spec: z.record(z.string(), json).optional() }),
    shown: z.strictObject({ ...createFields, spec: jobSpecSchema.optional() }),
    note: 'Exactly one of `ref` and `spec`. The same requestId with the same spec is the same job, however often it is sent.',
  },
  listJobs: {
    method: 'get',
    path: '/api/v1/jobs',
    role: 'viewer',
    summary: 'Jobs, newest first',
    status: 200,
    result: page(jobSummarySchema),
    query: z.strictObject({
      status: z
        .string()
        .transform((s) => s.split(','))
        .pipe(z.array(z.enum(STATUSES)))
        .optional()
        .meta({ description: 'One or more statuses, with commas between.' }),
      cluster: name.optional().meta({ description: 'Only of this cluster.' }),
      queue: name.optional().meta({ description: 'Only of this queue.' }),
      type: name.optional().meta({ description: 'Only of this job type.' }),
      name: name.optional().meta({ description: 'Only of this name.' }),
      group: name.optional().meta({ description: 'Only of this business group.' }),
      run: z
        .union([z.literal('none'), jobId.shape.id])
        .optional()
        .meta({ description: 'Only jobs of this run; none: only jobs that are in no run. Default: all.' }),
      node: name.optional().meta({ description: 'With run: only of this node.' }),
      label: z
        .string()
        .regex(/^[^=]+=.*$/)
        .max(330)
        .optional()
        .meta({ description: 'Only with this label: name=value.' }),
      since: time.optional().meta({ description: 'Created at this time or later.' }),
      until: time.optional().meta({ description: 'Created before this time.' }),
      requestId: requestId.optional(),
      limit,
      cursor,
    }),
  },
  getJob: {
    method: 'get',
    path: '/api/v1/jobs/:id',
    role: 'viewer',
    summary: 'One job with its attempts',
    status: 200,
    params: jobId,
    result: jobViewSchema,
  },
  killJob: {
    method: 'post',
    path: '/api/v1/jobs/:id/kill',
    role: 'operator',
    summary: 'Stop it, with proof',
    status: 202,
    params: jobId,
    result: accepted,
    body: z
      .strictObject({
        ...reasonBody,
        how: z
          .enum(['graceful', 'forced'])
          .optional()
          .meta({ description: 'graceful (default): TERM, and KILL after the grace time; forced: KILL at once.' }),
      })
      .prefault({}),
  },
  rerunJob: {
    method: 'post',
    path: '/api/v1/jobs/:id/rerun',
    role: 'operator',
    summary: 'Next attempt, also of a closed job',
    status: 202,
    params: jobId,
    result: accepted,
    body: z
      .strictObject({
        ...reasonBody,
        attempt: z.int().positive().optional().meta({ description: 'Only if this is the newest attempt; else 409.' }),
        with: jobPatchSchema.optional(),
      })
      .prefault({}),
  },
  resolveJob: {
    method: 'post',
    path: '/api/v1/jobs/:id/resolve',
    role: 'operator',
    summary: 'Decide an UNKNOWN',
    status: 202,
    params: jobId,
    result: accepted,
    body: z.strictObject({
      ...reasonBody,
      as: z
        .enum(['adopt', 'rerun', 'killed', 'failed', 'succeeded'])
        .meta({ description: 'adopt: watch `handle`; rerun: FAILED, and the next attempt; else that end.' }),
      handle: z
        .object({ id: z.string().min(1).max(1024).meta({ description: 'The external id as people know it.' }) })
        .catchall(json)
        .optional()
        .meta({ description: 'With adopt: what identifies the running thing on its cluster.' }),
    }),
  },
  modifyJob: {
    method: 'patch',
    path: '/api/v1/jobs/:id',
    role: 'editor',
    summary: 'Change a waiting job, or its next attempt',
    status: 202,
    params: jobId,
    result: accepted,
    body: z.strictObject({ id: reasonBody.id, with: jobPatchSchema }),
  },
  jobEvents: {
    method: 'get',
    path: '/api/v1/jobs/:id/events',
    role: 'viewer',
    summary: 'Events of a job; with Accept: text/event-stream as they happen',
    status: 200,
    params: jobId,
    result: page(eventViewSchema),
    query: z.strictObject({ after: z.coerce.number().int().min(0).default(0).meta({ description: 'Only events with a greater seq.' }), limit }),
  },
  jobLogs: {
    method: 'get',
    path: '/api/v1/jobs/:id/logs',
    role: 'viewer',
    summary: 'Log by byte offset; text/plain by default, with follow as Server-Sent Events',
    status: 200,
    params: jobId,
    result: 'stream',
    query: z.strictObject({
      stream: logStream.default('stdout'),
      attempt,
      offset: z.coerce.number().int().min(0).default(0).meta({ description: 'Byte to begin at.' }),
      lines: z.coerce.number().int().min(1).max(10000).optional().meta({ description: 'At most so many lines.' }),
      tail: z.coerce.number().int().min(1).max(10000).optional().meta({ description: 'The last so many lines.' }),
      follow: bool.optional().meta({ description: 'As Server-Sent Events, until the log has ended.' }),
    }),
  },
  jobLogStreams: {
    method: 'get',
    path: '/api/v1/jobs/:id/logs/streams',
    role: 'viewer',
    summary: 'Logs of an attempt: stdout, stderr, and those of its executors',
    status: 200,
    params: jobId,
    query: z.strictObject({ attempt }),
    result: z.object({
      attempt: z.number().meta({ description: 'Of which attempt.' }),
      items: z
        .array(
          z.object({
            name: z.string().meta({ description: 'What to pass as `stream`.' }),
            bytes: z.number().meta({ description: 'Bytes that are there.' }),
            end: z.boolean().meta({ description: 'Nothing follows.' }),
          }),
        )
        .meta({ description: 'All of them, stdout and stderr first.' }),
    }),
  },
  jobOutputs: {
    method: 'get',
    path: '/api/v1/jobs/:id/outputs',
    role: 'viewer',
    summary: 'Outputs of the newest attempt',
    status: 200,
    params: jobId,
    result: z.object({ items: z.array(outputViewSchema).meta({ description: 'All of them.' }) }),
  },
  jobOutput: {
    method: 'get',
    path: '/api/v1/jobs/:id/outputs/:name',
    role: 'viewer',
    summary: 'One output: a file as bytes, a value as JSON',
    status: 200,
    params: jobId.extend({ name: name.meta({ description: 'Name of the output.' }) }),
    result: 'stream',
  },
  events: {
    method: 'get',
    path: '/api/v1/events',
    role: 'viewer',
    summary: 'Events of all jobs of the app, as they happen (Server-Sent Events)',
    status: 200,
    result: 'stream',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).optional().meta({ description: 'Position to go on from: an id of this stream. Default: from now on.' }),
    }),
  },
} as const satisfies Record<string, Route>;
