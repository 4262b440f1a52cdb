// A node of a DAG as people write it. Its kind is told by its fields: job, or one of dag, foreach, mapReduce, broadcast, wait.
import { z } from 'zod';
import { bounded, duration, json, name, text, userName } from './fields.schema.ts';
import { jobPatchSchema } from './job.schema.ts';
import { parseWindow, parseWindowRule } from './schedule-window.ts';

/** Names that expressions can read as params.NAME. */
export const parameterName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'must be 1 to 63 letters, digits and "_", and not begin with a digit');

/** Most needs of one node. */
export const MAX_NEEDS = 100;
/** Most items of a foreach or mapReduce. */
export const MAX_ITEMS = 10_000;

const ref = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}(?:@[1-9]\d{0,8})?$/, 'must be name or name@version')
  .meta({ description: 'A stored definition of the app, by name or name@version. Default: its newest version when the run is made.' });

const storedJob = z
  .strictObject({ ref, with: jobPatchSchema.optional().meta({ description: 'Fields to change: merged or replaced as in a JobPatch.' }) })
  .meta({ description: 'A stored job.' });
const inlineJob = jobPatchSchema
  .extend({
    type: name.meta({ description: 'Job type: shell, python, builtin, or one of your own.' }),
    name: name.optional().meta({ description: "Name of the job. Default: the node's." }),
  })
  .meta({ id: 'NodeJob', description: "A job as in a Job document; what is left out is the DAG's defaults, then the job's own." });
const job = z.union([storedJob, inlineJob]);

const resultWord = z.enum(['success', 'failure', 'skipped']);
const needSchema = z
  .strictObject({
    on: z
      .union([z.enum(['success', 'failure', 'skipped', 'done']), z.array(resultWord).min(1).max(3)])
      .optional()
      .meta({
        description:
          'How that node must end: success, failure, skipped, a list of them, or done, which is all three. A kill is none of them. Default: success.',
      }),
    required: z.boolean().optional().meta({ description: 'false: it is waited for, and may end as it likes; not together with on. Default: true.' }),
  })
  .meta({ description: 'What is asked of a needed node.' });

const item = z.union([z.array(json).min(1).max(MAX_ITEMS), text(4096)]).meta({
  template: 'value',
  description: `The items: a list, or an expression that gives one, at most ${MAX_ITEMS}. Each is item in the expressions of the job.`,
});
const limit = z.int().min(1).max(MAX_ITEMS).optional().meta({ description: 'Most of them that run at once. Default: no limit.' });

const dagSchema = z.strictObject({
  ref,
  params: bounded(parameterName, json, 100)
    .optional()
    .meta({ template: 'value', description: 'Values for its parameters; may hold expressions. Default: none.' }),
});
const foreachSchema = z.strictObject({ item, limit });
const mapReduceSchema = z.strictObject({
  item,
  limit,
  reduce: job.meta({ description: 'The job that runs once all items have succeeded; it reads the list of their outputs.' }),
});
const broadcastSchema = z.strictObject({
  limit,
  final: job.optional().meta({ description: 'A job that runs once, after it has succeeded on every worker. Default: none.' }),
});

/** A text that this parser takes; what is wrong with it says the parser. */
const readable = (parse: (text: string) => unknown) =>
  text(100).superRefine((value, ctx) => {
    try {
      parse(value);
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

const timeout = duration.optional().meta({ description: 'Longest wait; then the node fails. Default: none.' });
const waitSchema = z
  .union([
    z.strictObject({
      dag: name.meta({ description: 'The DAG of the same app whose runs are waited for.' }),
      node: name.optional().meta({ description: 'Only this node of it. Default: the whole run.' }),
      window: readable(parseWindow)
        .optional()
        .meta({ description: 'Which cycles, counted from this run\'s: "d(-1)", "last 3 hours", "cM", "7 to 1 days ago". Default: the same cycle.' }),
      rule: readable(parseWindowRule)
        .optional()
        .meta({ description: 'How many of these cycles must have succeeded: all (*), any (+), last 3 (L(3)), first 3 (F(3)). Default: all.' }),
      timeout,
    }),
    z.strictObject({ signal: name.meta({ description: 'A signal of this name, sent to the run.' }), timeout }),
    z.strictObject({
      approval: z
        .strictObject({
          by: z
            .array(userName)
            .min(1)
            .max(100)
            .optional()
            .meta({ description: 'Names of the tokens that may give it. Default: all that may operate the run.' }),
          message: text(4096).optional().meta({ description: 'What is to be decided. Default: nothing is said.' }),
        })
        .meta({ description: 'A person says yes, or no: then the node fails.' }),
      timeout,
    }),
    z.strictObject({
      time: text(200).meta({
        template: 'value',
        description:
          'How long, counted from when the node could start ("10m"), until when ("2026-11-21T06:00:00Z"), or an expression that gives one.',
      }),
    }),
  ])
  .meta({ description: "A wait for another DAG's runs, a signal, an approval or a time." });

export const nodeSchema = z
  .strictObject({
    description: text(4096).optional().meta({ description: 'For people.' }),
    needs: z
      .union([z.array(name).max(MAX_NEEDS), bounded(name, needSchema, MAX_NEEDS)])
      .optional()
      .meta({ description: `The nodes that come before: a list of names, or name → what is asked of it; at most ${MAX_NEEDS}. Default: none.` }),
    join: z.enum(['all', 'any']).optional().meta({
      description: 'all: it starts once every need has ended, if all are met; any: with the first need that is met. Default: all.',
    }),
    when: text(4096).optional().meta({ description: 'An expression, evaluated when it could start; false skips the node. Default: it runs.' }),
    onFailure: z.enum(['fail', 'ignore']).optional().meta({
      description: 'fail: a key node, whose failure fails the run; ignore: what needs its success runs all the same. Default: fail.',
    }),
    disabled: z.boolean().optional().meta({ description: 'true: it is not run, and counts as a success in its turn. Default: false.' }),
    isolate: z.boolean().optional().meta({ description: 'true: its job has a workflow of its own. Default: false.' }),
    labels: bounded(name, text(256), 32).optional().meta({ description: 'Free words to find nodes by. Default: none.' }),
    job: job.optional().meta({ description: 'What it runs; of foreach, mapReduce and broadcast what runs for each item or worker.' }),
    dag: dagSchema.optional().meta({ description: 'A run of another DAG, as one node.' }),
    foreach: foreachSchema.optional().meta({ description: 'The job once for each item; its outputs are lists in the order of the items.' }),
    mapReduce: mapReduceSchema.optional().meta({ description: 'The job once for each item, then reduce once.' }),
    broadcast: broadcastSchema.optional().meta({ description: "The job once on each worker of the job's worker group." }),
    wait: waitSchema.optional(),
  })
  .meta({ id: 'DagNode', description: 'A node of a DAG: what it needs, and one thing that it does.' });
/** A node as written: what has its default is left out, because a DAG may have 10,000. */
export type NodeSpec = z.infer<typeof nodeSchema>;
export type Need = z.infer<typeof needSchema>;
/** What a node runs: a stored job, or one written where it is. */
export type NodeJob = z.infer<typeof job>;
