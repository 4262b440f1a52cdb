// The language of DAGs: what people write in a Dag document. What a schema cannot say (graph, kinds) is said by validateDag.
import { z } from 'zod';
import { nodeSchema, parameterName } from './dag-node.schema.ts';
import { FAILURE_MODES } from './dag.ts';
import { bounded, json, name, text } from './fields.schema.ts';
import { jobPatchSchema } from './job.schema.ts';
import { scheduleSchema } from './schedule.schema.ts';

/** Most nodes of one DAG. */
export const MAX_NODES = 10_000;

const parameterSchema = z.strictObject({
  type: z.enum(['string', 'int', 'float', 'bool', 'date', 'json']).meta({ description: 'What it holds; date is a day such as 2026-11-21.' }),
  default: json
    .optional()
    .meta({ template: 'value', description: 'Its value where a run gives none; may be an expression. Default: none, a run must give it.' }),
  description: text(4096).optional().meta({ description: 'For people.' }),
});
export type Parameter = z.infer<typeof parameterSchema>;

export const dagSpecSchema = z
  .strictObject({
    name: name.meta({ description: 'Name of the DAG, unique in its app.' }),
    description: text(4096).optional().meta({ description: 'For people.' }),
    parameters: bounded(parameterName, parameterSchema, 100)
      .default({})
      .meta({ description: 'What a run may be given, by name; expressions read it as params.NAME.' }),
    defaults: jobPatchSchema.default({}).meta({
      description: 'Fields of jobs that its nodes leave out: config, env, secrets and labels are merged by key. Stored jobs (ref) have their own.',
    }),
    schedule: scheduleSchema.optional().meta({ description: 'When runs start by themselves. Default: never.' }),
    failure: z.enum(FAILURE_MODES).default('finish').meta({
      description:
        'What a run does when a key node fails. stop: kills what runs and skips the rest; drain: starts nothing more, and lets end what runs; finish: goes on with all that does not depend on the failed node.',
    }),
    maxParallel: z.int().min(1).max(MAX_NODES).optional().meta({
      description: 'Most nodes of one run that run at once; nodes that only wait do not count. Default: no limit but those of apps and clusters.',
    }),
    nodes: bounded(name, nodeSchema, MAX_NODES).meta({ description: 'The nodes, by name.' }),
  })
  .meta({ id: 'DagSpec', description: 'What a DAG is: the document of kind Dag, without its kind.' });
/** A DAG as stored. Nodes are as they were written: what has a default is left out. */
export type DagSpec = z.infer<typeof dagSpecSchema>;
/** A DAG as people write it. */
export type DagSpecInput = z.input<typeof dagSpecSchema>;
