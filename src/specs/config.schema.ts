// The configuration file longshore.yaml. Precedence: file < environment < flags; `longshore config show --origin` says which one won.
import { z } from 'zod';
import { duration, name, size, userName } from './fields.schema.ts';

const nameOrAll = z.union([z.literal('*'), z.array(name)]);

/** Where a worker finds a secret and which apps may use it. What is not listed is refused. */
const secretSourceSchema = z
  .strictObject({
    name,
    apps: nameOrAll.default([]).meta({ description: 'Apps that may use it: a list, or "*".' }),
    env: z.string().min(1).optional().meta({ description: "Name of a variable in the worker's own environment." }),
    file: z.string().min(1).optional().meta({ description: 'A file on the worker; a trailing newline is dropped.' }),
  })
  .refine((s) => (s.env === undefined) !== (s.file === undefined), 'must have exactly one of env and file');

/** Each setting says in `readBy` which processes read it; `up` is api, scheduler and worker in one. The documentation shows it. */
export const configSchema = z.strictObject({
  data: z.string().min(1).meta({ description: 'Data folder. LONGSHORE_DATA, --data. Default ~/.local/share/longshore.', readBy: 'all' }),
  api: z
    .strictObject({
      host: z.string().default('127.0.0.1').meta({ description: 'Address to listen on. Default 127.0.0.1.', readBy: 'api' }),
      port: z.int().min(0).max(65535).default(7788).meta({ description: 'Port; 0 takes a free one. Default 7788.', readBy: 'api' }),
      publicUrl: z.url().optional().meta({ description: 'How users reach the API, for links. Default: the address it listens on.', readBy: 'api' }),
    })
    .prefault({}),
  store: z
    .strictObject({ sqlite: z.string().optional().meta({ description: 'Database file. Default <data>/longshore.db.', readBy: 'api, scheduler' }) })
    .prefault({}),
  logs: z
    .strictObject({
      folder: z
        .string()
        .optional()
        .meta({ description: 'Folder of the LogStore. Default <data>/logs. Shared by API and workers.', readBy: 'api, worker' }),
      limit: size
        .default('1Gi')
        .meta({ description: 'Longest log of one stream; what is over is cut with a marker and the job goes on. Default 1Gi.', readBy: 'worker' }),
      streams: z.int().min(0).max(2_000).default(200).meta({
        description: 'Most logs of an attempt besides stdout and stderr; together they stay below logs.limit. Default 200.',
        readBy: 'worker',
      }),
    })
    .prefault({}),
  artifacts: z
    .strictObject({
      folder: z.string().optional().meta({
        description: 'Folder of the ArtifactStore. Default <data>/artifacts. Shared by API, schedulers and workers.',
        readBy: 'api, scheduler, worker',
      }),
      limit: size.default('1Gi').meta({ description: 'Largest upload or output file. Default 1Gi.', readBy: 'api, worker' }),
    })
    .prefault({}),
  temporal: z
    .strictObject({
      address: z.string().optional().meta({
        description: "host:port. Default: Temporal's own settings (temporal.toml, TEMPORAL_*); `up` starts an embedded server.",
        readBy: 'api, scheduler, worker',
      }),
      namespace: z
        .string()
        .optional()
        .meta({ description: "Temporal namespace. Default: Temporal's own settings, else default.", readBy: 'api, scheduler, worker' }),
      port: z.int().min(0).max(65535).default(0).meta({ description: 'Port of the embedded server; 0 takes a free one and keeps it.', readBy: 'up' }),
      uiPort: z.int().min(0).max(65535).default(0).meta({ description: 'Port of its UI; 0 takes a free one and keeps it.', readBy: 'up' }),
    })
    .prefault({}),
  worker: z
    .strictObject({
      id: name.optional().meta({ description: 'Stable id. Default: made at first start and kept in the data folder.', readBy: 'worker' }),
      group: name
        .default('default')
        .meta({ description: 'Worker group. --workers. The API grants it to the app of the first start. Default default.', readBy: 'worker, api' }),
      slots: z
        .int()
        .min(1)
        .max(1000)
        .default(20)
        .meta({ description: 'Lifecycle steps at once; running jobs take no slot. Default 20.', readBy: 'worker' }),
      maxJobs: z.int().min(1).max(100000).default(1000).meta({ description: 'Local jobs at once on this machine. Default 1000.', readBy: 'worker' }),
      watch: z.boolean().default(true).meta({ description: 'Watch remote clusters of the group. Default true.', readBy: 'worker' }),
      allow: z
        .strictObject({ apps: nameOrAll, clusters: nameOrAll, users: z.union([z.literal('*'), z.array(userName)]) })
        .optional()
        .meta({ description: 'What this worker runs. In `up`: everything; elsewhere it must be given.', readBy: 'worker' }),
      secrets: z.array(secretSourceSchema).default([]).meta({
        description: 'Secrets that this worker can give to jobs: name, apps, and env or file. What is not listed is refused.',
        readBy: 'worker',
      }),
    })
    .prefault({}),
  plugins: z
    .strictObject({
      jobTypes: z
        .array(z.string())
        .default([])
        .meta({ description: 'Modules whose default export is a JobType. Relative to the configuration file.', readBy: 'all' }),
      adapters: z.array(z.string()).default([]).meta({ description: 'Modules whose default export is an AdapterType.', readBy: 'all' }),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      allowPrivate: z.boolean().default(false).meta({
        description: 'Webhooks, and on a worker https: files, may use loopback and private addresses, too. Default false.',
        readBy: 'scheduler, worker',
      }),
    })
    .prefault({}),
  retention: z
    .strictObject({
      records: duration
        .default('90d')
        .meta({ description: 'Rows of ended jobs and runs, with their attempts, nodes and events. Default 90d.', readBy: 'api' }),
      logs: duration.default('30d').meta({ description: 'Logs of ended jobs. Default 30d.', readBy: 'api' }),
      runs: duration.default('1d').meta({ description: 'Run folders of ended local jobs on their worker. Default 1d.', readBy: 'worker' }),
      artifacts: duration.default('90d').meta({ description: 'Uploads and outputs that were not used for so long. Default 90d.', readBy: 'api' }),
      audit: duration.default('365d').meta({ description: 'Lines of the audit. Default 365d.', readBy: 'api' }),
    })
    .prefault({}),
  timings: z
    .strictObject({
      hostPatience: duration
        .default('2m')
        .meta({ description: 'How long a step waits for a worker to take it before the worker counts as gone. Default 2m.', readBy: 'api' }),
      sweepEvery: duration
        .default('1m')
        .meta({ description: 'How often each cluster and worker is searched for what nobody owns any more. Default 1m.', readBy: 'scheduler' }),
      grace: duration.default('10s').meta({ description: 'From TERM to KILL on a graceful kill. Default 10s.', readBy: 'api' }),
      settle: duration.default('1s').meta({ description: 'How long nothing new of a killed key may appear. Default 1s.', readBy: 'api' }),
      heartbeat: duration.default('60s').meta({ description: 'Heartbeat timeout of describe. Default 60s.', readBy: 'api' }),
      webhookGiveUp: duration
        .default('24h')
        .meta({ description: 'How long a webhook is tried before it becomes a dead letter. Default 24h.', readBy: 'scheduler' }),
    })
    .prefault({}),
});
export type Config = z.infer<typeof configSchema>;
