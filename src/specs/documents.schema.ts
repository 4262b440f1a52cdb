// Documents that `longshore apply -f` takes: App, Cluster, Job and Dag.
import { z } from 'zod';
import { dagSpecSchema } from './dag.schema.ts';
import { json, name, text, userName } from './fields.schema.ts';
import { jobSpecSchema } from './job.schema.ts';
import { scheduleSchema } from './schedule.schema.ts';

const limit = z.int().min(0).max(1_000_000);
const grant = <Name extends z.ZodType>(of: Name) => z.array(of).max(1000).default([]);

/** Limits count running jobs; a job over a limit waits. */
export const appSpecSchema = z
  .strictObject({
    name: name.meta({ description: 'Name of the app: who calls. Jobs, definitions and tokens belong to one.' }),
    tenant: name.default('default').meta({ description: 'Department or project that owns the app; for people.' }),
    description: text(4096).optional().meta({ description: 'For people.' }),
    grants: z
      .strictObject({
        clusters: grant(name).meta({ description: 'Clusters that its jobs may run on.' }),
        workers: grant(name).meta({ description: 'Worker groups that may run its jobs.' }),
        queues: grant(name).meta({ description: 'Queues that its jobs may wait in, on any of its clusters.' }),
        users: grant(userName).meta({ description: 'Users that its jobs may run as.' }),
        secrets: grant(name).meta({ description: "Secrets that its jobs may be given; the worker's own list must allow it, too." }),
      })
      .prefault({})
      .meta({ description: 'What the app may use. Deny by default: an empty list is nothing.' }),
    limits: z
      .strictObject({ running: limit.optional().meta({ description: 'Most jobs of the app that run at once, on all clusters. Default: no limit.' }) })
      .prefault({})
      .meta({ description: 'Limits of the app; a job over one waits.' }),
  })
  .meta({ id: 'AppSpec', description: 'Who calls and what it may use: the document of kind App, without its kind.' });
export type AppSpec = z.infer<typeof appSpecSchema>;

const engineSchema = z.strictObject({
  env: z.record(z.string(), text(4096)).default({}).meta({ description: "Environment variables of every such job; the job's own win." }),
  defaults: z.record(z.string(), text(4096)).default({}).meta({
    description: 'Settings of every such job that does not set them (for spark: properties of Spark); shell, python and builtin use none.',
  }),
  submit: z.enum(['rest', 'spark-submit']).optional().meta({
    description:
      "How Spark is submitted to YARN. rest: by the ResourceManager's REST API with an id from history, exactly once and without a JVM (default); spark-submit: by the program of SPARK_HOME on the worker.",
  }),
  forbidden: z
    .array(
      z.strictObject({
        name: text(256).meta({
          description: 'The variable of env, or the field of config at any depth, that is refused; with * at its end, all that begin so.',
        }),
        use: text(256).meta({ description: 'What to use in its place; said in the refusal.' }),
        description: text(1024).meta({ description: 'Why; said in the refusal.' }),
      }),
    )
    .max(200)
    .default([])
    .meta({ description: 'Settings that no job may set: it is refused at its creation with CONF_FORBIDDEN.' }),
});

export const clusterSpecSchema = z
  .strictObject({
    name: name.meta({ description: 'Name of the cluster: a place to run.' }),
    type: name.meta({ description: 'Type of cluster: the adapter that speaks to it. local, yarn, or one of your own.' }),
    description: text(4096).optional().meta({ description: 'For people.' }),
    workers: name
      .default('default')
      .meta({ description: 'Worker group whose machines reach it; where jobs live on the workers themselves (local), the job says its group.' }),
    config: z.record(z.string(), json).default({}).meta({ description: "The adapter's own configuration. No secrets." }),
    limits: z
      .strictObject({
        running: limit.optional().meta({ description: 'Most jobs that run on the cluster at once. Default: no limit.' }),
        queues: z.record(name, limit).default({}).meta({ description: 'Most jobs of one queue that run at once. Default: no limit.' }),
      })
      .prefault({})
      .meta({ description: 'Limits of the cluster and of its queues; a job over one waits.' }),
    engines: z
      .record(name, engineSchema)
      .default({})
      .meta({ description: 'Per job type: its environment here, its defaults, and what is forbidden.' }),
  })
  .meta({ id: 'ClusterSpec', description: 'A place to run: the document of kind Cluster, without its kind. At most 32 KB of JSON.' });
export type ClusterSpec = z.infer<typeof clusterSpecSchema>;

/** A stored Job: what is created from it runs once; its schedule creates it again and again. */
export const jobDefinitionSchema = jobSpecSchema
  .extend({ schedule: scheduleSchema.optional().meta({ description: 'When it is created by itself. Default: never.' }) })
  .meta({ id: 'JobDefinition', description: 'What a stored job is: the document of kind Job, without its kind.' });

/** One document of a file given to `apply`. */
export const documentSchema = z.discriminatedUnion('kind', [
  appSpecSchema.extend({ kind: z.literal('App') }),
  clusterSpecSchema.extend({ kind: z.literal('Cluster') }),
  jobDefinitionSchema.extend({ kind: z.literal('Job') }),
  dagSpecSchema.extend({ kind: z.literal('Dag') }),
]);
export type Document = z.infer<typeof documentSchema>;

/** Kinds of stored, versioned documents. App and Cluster are global (scope ""), Job and Dag belong to an app. */
export const KINDS = ['App', 'Cluster', 'Job', 'Dag'] as const;
export type Kind = (typeof KINDS)[number];

/** Largest cluster record in bytes of JSON: it is part of each activity's input. */
export const MAX_CLUSTER_BYTES = 32 * 1024;
