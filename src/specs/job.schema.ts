// The language of jobs: what people write in a Job document and send to POST /api/v1/jobs.
import { z } from 'zod';
import { isReservedEnv } from './env-names.ts';
import { bounded, duration, envName, json, name, size, text, userName } from './fields.schema.ts';
import { RETRY } from './retry.ts';
import { BLAMES } from './status.ts';

const ownEnvName = envName.refine((n) => !isReservedEnv(n), "is reserved: LONGSHORE_* and the shell's own variables cannot be set");

const retrySchema = z.strictObject({
  attempts: z.int().min(1).max(100).default(RETRY.attempts).meta({ description: 'Most tries in all, the first one included; 1 is no retry.' }),
  backoff: z
    .strictObject({
      initial: duration.default(RETRY.backoff.initial).meta({ description: 'Wait before the second try.' }),
      factor: z.number().min(1).max(100).default(RETRY.backoff.factor).meta({ description: 'What each further wait is multiplied by.' }),
      max: duration.default(RETRY.backoff.max).meta({ description: 'Longest wait.' }),
    })
    .prefault({})
    .meta({ description: 'Wait before try n+1: initial × factor^(n-1), at most max.' }),
  on: z
    .array(z.enum(['any', ...BLAMES]))
    .min(1)
    .max(8)
    .default([...RETRY.on])
    .meta({ description: 'Whose blame is retried; never after a kill.' }),
  anotherWorker: z.boolean().default(RETRY.anotherWorker).meta({ description: 'Prefer another worker for the next try.' }),
});

const timeoutsSchema = z.strictObject({
  queue: duration.optional().meta({ description: 'Longest wait before STARTING; then CANCELED. Default: none.' }),
  start: duration.optional().meta({ description: 'From STARTING to RUNNING; then stopped and START_FAILED. Default: none.' }),
  run: duration.optional().meta({ description: 'From RUNNING to the end; then stopped and FAILED. Default: none.' }),
  total: duration
    .optional()
    .meta({ description: 'From CREATED, or the last rerun by hand, to the end, over all attempts; then stopped and FAILED. Default: none.' }),
});

const outputSchema = z
  .union([
    z.strictObject({
      file: z
        .string()
        .min(1)
        .max(1024)
        .refine(
          (p) => !p.startsWith('/') && !p.split('/').includes('..') && !p.includes('\0'),
          'must be a relative path inside the working directory',
        )
        .meta({ template: 'value', description: 'A file of the working directory, by its relative path.' }),
    }),
    z.strictObject({
      type: z
        .enum(['string', 'int', 'float', 'bool', 'json'])
        .meta({ description: 'A value of this type, which the job appends to $LONGSHORE_OUTPUT as name=json.' }),
    }),
  ])
  .meta({ description: 'A file of the working directory (file), or a value that the job appends to $LONGSHORE_OUTPUT as name=json (type).' });

const webhookSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an address that begins with http: or https:' })
      .max(2048)
      .meta({ description: 'Where each event is sent to, by http or https, without credentials in it.' }),
    events: z
      .array(z.enum(['created', 'accepted', 'starting', 'running', 'unknown', 'ended', 'all']))
      .min(1)
      .max(7)
      .default(['ended'])
      .meta({ description: 'Which statuses are told; all also brings what is not a change of status.' }),
  })
  .meta({ description: 'Who is told of it. Default: nobody.' });

/** What has a default in a spec. A patch has the same fields without: a field that it leaves out must not come back with its default. */
const fields = {
  cluster: name.meta({ description: 'Where it runs: a stored cluster that is granted to the app.' }),
  queue: name.meta({ description: 'Queue of that cluster; must be granted to the app. Queues need not be declared.' }),
  group: name.meta({ description: 'Business group; part of the queue key.' }),
  priority: z.int().min(1).max(10).meta({ description: '1 goes first, 10 last.' }),
  workers: name.meta({
    description: 'Worker group whose workers may run it, on clusters whose jobs live on the workers (local); must be granted to the app.',
  }),
  config: z.record(z.string(), json).meta({ description: 'The configuration of the job type; see its own fields.' }),
  env: bounded(ownEnvName, text(128 * 1024), 500).meta({ template: 'value', description: 'Environment variables, byte for byte.' }),
  secrets: bounded(ownEnvName, name, 50).meta({
    description: 'Environment variable → name of a secret that the worker has and the app is granted.',
  }),
  resources: z
    .strictObject({
      cpu: z.number().positive().max(1024).optional().meta({ description: 'Cores, also parts of one. Default: no limit.' }),
      memory: size.optional().meta({ description: 'Memory of the whole job. Default: no limit.' }),
    })
    .meta({ description: 'Cores and memory that it may use, enforced where the worker can.' }),
  outputs: bounded(name, outputSchema, 50).meta({ description: 'What is kept of a job that succeeded, by name.' }),
  retry: retrySchema.meta({ description: 'Automatic further attempts.' }),
  timeouts: timeoutsSchema.meta({ description: 'How long each part may last.' }),
  check: z
    .strictObject({ every: duration.meta({ description: 'Time between two Checks.' }) })
    .meta({ description: 'Periodic Checks while it runs, for job types that have one.' }),
  onLost: z
    .enum(['ask', 'fail', 'rerun'])
    .meta({ description: 'What to do when the cluster can no longer say how it ended; ask: it stays UNKNOWN until a person resolves.' }),
  lostAfter: duration.meta({ description: 'How long UNKNOWN is looked into before onLost acts.' }),
  rerunWindow: duration.meta({
    description: 'How long the workflow of a failed job stays open for a plain rerun signal; a closed one is rerun by signal-with-start.',
  }),
  labels: bounded(name, text(256), 32).meta({ template: 'value', description: 'Free words to find jobs by.' }),
};

export const jobSpecSchema = z
  .strictObject({
    name: name.meta({ description: 'Name of the job; need not be unique among executions.' }),
    description: text(4096).optional().meta({ template: 'value', description: 'For people.' }),
    type: name.meta({ description: 'Job type: shell, python, builtin, spark, or one of your own.' }),
    cluster: fields.cluster.default('local'),
    queue: fields.queue.default('default'),
    group: fields.group.default('default'),
    priority: fields.priority.default(5),
    user: userName.optional().meta({ description: "Run-as user; must be granted to the app. Default: the worker's own." }),
    workers: fields.workers.default('default'),
    worker: name
      .optional()
      .meta({ description: 'Only this worker of the group, by its id; it waits until that one is online. Default: any of them.' }),
    config: fields.config.default({}),
    env: fields.env.default({}),
    secrets: fields.secrets.default({}),
    resources: fields.resources.prefault({}),
    outputs: fields.outputs.default({}),
    retry: fields.retry.prefault({}),
    timeouts: fields.timeouts.prefault({}),
    check: z
      .strictObject({ every: fields.check.shape.every.default('30s') })
      .prefault({})
      .meta({ description: fields.check.description }),
    onLost: fields.onLost.default('ask'),
    lostAfter: fields.lostAfter.default('10m'),
    rerunWindow: fields.rerunWindow.default('0s'),
    webhook: webhookSchema.optional(),
    labels: fields.labels.default({}),
  })
  .meta({ id: 'JobSpec', description: 'What a job is: the document of kind Job, without its kind.' });
/** A job as stored: every default filled in, files pinned. */
export type JobSpec = z.infer<typeof jobSpecSchema>;
/** A job as people write it. */
export type JobSpecInput = z.input<typeof jobSpecSchema>;
export type Retry = z.infer<typeof retrySchema>;

/** The fields of a spec that `with` and `modify` may change; each replaces the field of the spec whole, env, secrets, labels and config are merged by key. */
export const jobPatchSchema = jobSpecSchema
  .omit({ name: true, type: true })
  .extend(fields)
  .partial()
  .meta({ id: 'JobPatch', description: 'Fields of a spec to change: config, env, secrets and labels are merged by key, all others replaced.' });
export type JobPatch = z.infer<typeof jobPatchSchema>;

/** Largest spec in bytes of JSON. */
export const MAX_SPEC_BYTES = 256 * 1024;
/** A spec part over this many bytes travels by digest, not inside Temporal's history. */
export const MAX_INLINE_BYTES = 16 * 1024;
