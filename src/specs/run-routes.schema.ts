// The part of the route table that is about runs of DAGs: create, look, follow, and what people do to a run and its nodes.
import { z } from 'zod';
import { RERUN_MODES, RUN_OUTCOMES, RUN_STATUSES, NODE_KINDS } from './dag.ts';
import { dagSpecSchema } from './dag.schema.ts';
import { bounded, json, name } from './fields.schema.ts';
import { parameterName } from './dag-node.schema.ts';
import { JOB_ID } from './patterns.ts';
import { cursor, limit, page, reasonBody, requestId, time, type Route } from './route.schema.ts';
import { itemId } from './views.schema.ts';
import {
  acrossSchema,
  graphViewSchema,
  NODE_STATUSES,
  nodeSummarySchema,
  nodeViewSchema,
  rerunPlanSchema,
  runEventViewSchema,
  runFeedSchema,
  runOutputSchema,
  runSummarySchema,
  runViewSchema,
  timelineViewSchema,
} from './run-views.schema.ts';
import { STATUSES } from './status.ts';

const runId = z.object({ id: z.string().regex(JOB_ID, 'must be a run id: a positive integer').meta({ description: 'Run id.' }) });
const runNode = runId.extend({ node: name.meta({ description: 'Name of the node.' }) });
const accepted = z.object({
  id: z.string().meta({ description: 'Id of the message.' }),
  effect: z.enum(['done', 'pending']).meta({ description: 'done: seen within 2 s; pending: durable, on its way.' }),
  run: runSummarySchema,
});
const params = bounded(parameterName, json, 100);
const createFields = {
  requestId: requestId.optional(),
  ref: z.string().max(128).optional().meta({ description: 'name or name@version of a stored Dag.' }),
  params: params.optional().meta({ description: 'Values of its parameters. Default: their own defaults.' }),
  cycle: time.optional().meta({ description: 'The cycle of its schedule that the run stands for. Default: none.' }),
};
/** One or more words, with commas between. */
const several = <W extends readonly [string, ...string[]]>(words: W) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(words)))
    .optional();
const reasonOnly = z.strictObject(reasonBody).prefault({});

/** What is done to one node, with a reason and nothing else. */
const toNode = (verb: string, summary: string) =>
  ({
    method: 'post',
    path: `/api/v1/runs/:id/nodes/:node/${verb}`,
    role: 'operator',
    summary,
    status: 202,
    params: runNode,
    result: accepted,
    body: reasonOnly,
  }) as const;
const toRun = (verb: string, summary: string) =>
  ({
    method: 'post',
    path: `/api/v1/runs/:id/${verb}`,
    role: 'operator',
    summary,
    status: 202,
    params: runId,
    result: accepted,
    body: reasonOnly,
  }) as const;

export const RUN_ROUTES = {
  createRun: {
    method: 'post',
    path: '/api/v1/runs',
    role: 'editor',
    summary: 'Run a DAG: a stored one (ref) or a spec',
    status: 201,
    result: runViewSchema,
    body: z.strictObject({ ...createFields, spec: z.record(z.string(), json).optional() }),
    shown: z.strictObject({ ...createFields, spec: dagSpecSchema.optional() }),
    note: 'Exactly one of `ref` and `spec`. The same requestId with the same DAG and parameters is the same run, however often it is sent; so is the same cycle.',
  },
  listRuns: {
    method: 'get',
    path: '/api/v1/runs',
    role: 'viewer',
    summary: 'Runs, newest first',
    status: 200,
    result: page(runSummarySchema),
    query: z.strictObject({
      dag: name.optional().meta({ description: 'Only of this DAG.' }),
      status: several(RUN_STATUSES).meta({ description: 'One or more of WAITING, RUNNING and FINISH, with commas between.' }),
      outcome: several(RUN_OUTCOMES).meta({ description: 'One or more of SUCCEED, FAILED and KILLED, with commas between.' }),
      since: time.optional().meta({ description: 'Created at this time or later.' }),
      until: time.optional().meta({ description: 'Created before this time.' }),
      cycleFrom: time.optional().meta({ description: 'Of this cycle or a later one.' }),
      cycleUntil: time.optional().meta({ description: 'Of this cycle or an earlier one.' }),
      parent: z.literal('none').optional().meta({ description: 'none: only runs that are no node of another run. Default: all.' }),
      requestId: requestId.optional().meta({ description: 'The one run of the DAG that this request id made; with dag.' }),
      limit,
      cursor,
    }),
  },
  getRun: {
    method: 'get',
    path: '/api/v1/runs/:id',
    role: 'viewer',
    summary: 'One run, with how many nodes it has of each status',
    status: 200,
    params: runId,
    result: runViewSchema,
  },
  runSpec: {
    method: 'get',
    path: '/api/v1/runs/:id/spec',
    role: 'viewer',
    summary: 'The DAG as the run has it: versions are pinned, stored jobs are written out',
    status: 200,
    params: runId,
    result: dagSpecSchema,
  },
  listNodes: {
    method: 'get',
    path: '/api/v1/runs/:id/nodes',
    role: 'viewer',
    summary: 'Nodes of a run in the order of the DAG, with their statuses in words',
    status: 200,
    params: runId,
    result: page(nodeSummarySchema),
    query: z.strictObject({
      status: several(NODE_STATUSES).meta({ description: 'One or more statuses, with commas between.' }),
      kind: several(NODE_KINDS).meta({ description: 'One or more kinds, with commas between.' }),
      search: z.string().max(63).optional().meta({ description: 'Only nodes with this text in their name.' }),
      limit,
      cursor,
    }),
  },
  getNode: {
    method: 'get',
    path: '/api/v1/runs/:id/nodes/:node',
    role: 'viewer',
    summary: 'One node with its attempts, or with its items by page',
    status: 200,
    params: runNode,
    result: nodeViewSchema,
    query: z.strictObject({
      status: several(STATUSES).meta({ description: 'Only items of these statuses, with commas between.' }),
      item: z
        .string()
        .regex(/^(?:\d{1,5}|final)$/, 'must be the index of an item, or final')
        .optional()
        .meta({ description: 'Only this item: its index from 0, or final.' }),
      limit,
      cursor,
    }),
  },
  runGraph: {
    method: 'get',
    path: '/api/v1/runs/:id/graph',
    role: 'viewer',
    summary: 'Nodes, edges and levels of a run, with their states',
    status: 200,
    params: runId,
    result: graphViewSchema,
  },
  runTimeline: {
    method: 'get',
    path: '/api/v1/runs/:id/timeline',
    role: 'viewer',
    summary: 'When each attempt of each node was queued, ran and ended, and the critical path',
    status: 200,
    params: runId,
    result: timelineViewSchema,
    query: z.strictObject({ limit, cursor }),
  },
  runEvents: {
    method: 'get',
    path: '/api/v1/runs/:id/events',
    role: 'viewer',
    summary: 'Events of a run; with Accept: text/event-stream as they happen, with the statuses of its nodes between them',
    status: 200,
    params: runId,
    result: page(runEventViewSchema),
    query: z.strictObject({ after: z.coerce.number().int().min(0).default(0).meta({ description: 'Only events with a greater seq.' }), limit }),
  },
  runOutputs: {
    method: 'get',
    path: '/api/v1/runs/:id/outputs',
    role: 'viewer',
    summary: 'Outputs of the jobs of a run, newest job first; a file is read by its job',
    status: 200,
    params: runId,
    result: page(runOutputSchema),
    query: z.strictObject({ node: name.optional().meta({ description: 'Only of this node.' }), limit, cursor }),
  },
  runFeeds: {
    method: 'get',
    path: '/api/v1/runs/:id/feeds',
    role: 'viewer',
    summary: 'Nodes of DAGs that wait for the cycle of this run, by cycle; at most 1,000 cycles of each',
    status: 200,
    params: runId,
    result: z.object({ items: z.array(runFeedSchema).meta({ description: 'DAGs by name, cycles oldest first.' }) }).meta({ id: 'RunFeeds' }),
  },
  killRun: {
    method: 'post',
    path: '/api/v1/runs/:id/kill',
    role: 'operator',
    summary: 'Stop a run, one node of it, or one item',
    status: 202,
    params: runId,
    result: accepted,
    body: z
      .strictObject({
        ...reasonBody,
        node: name.optional().meta({ description: 'Only this node. Default: the whole run.' }),
        item: itemId.optional().meta({ description: 'With node: only this item of it.' }),
        how: z
          .enum(['graceful', 'forced'])
          .optional()
          .meta({ description: 'graceful (default): TERM, and KILL after the grace time; forced: KILL at once.' }),
      })
      .prefault({}),
  },
  rerunRun: {
    method: 'post',
    path: '/api/v1/runs/:id/rerun',
    role: 'operator',
    summary: 'Run nodes again, in place; with dryRun only say which',
    status: 202,
    params: runId,
    result: z.union([
      accepted.extend({
        across: z
          .array(acrossSchema)
          .optional()
          .meta({ description: 'With across: the runs that it carries, each after those that it waits for. effect is done when it is done of all.' }),
      }),
      rerunPlanSchema,
    ]),
    note: 'With across a call lasts at most 20 s. Where effect is then pending, the same message with the same id goes on.',
    body: z
      .strictObject({
        ...reasonBody,
        mode: z.enum(RERUN_MODES).optional().meta({
          description:
            'nodes: the named ones; downstream: these and all after them; failed: what failed or was killed; all. Default: nodes where some are named, else failed.',
        }),
        nodes: z.array(name).max(1000).optional().meta({ description: 'Of modes nodes and downstream.' }),
        item: itemId.optional().meta({ description: 'Only this item of the one node that is named.' }),
        generation: z.int().positive().optional().meta({ description: "Only if this is the run's generation; else 409." }),
        params: params.optional().meta({ description: 'Parameters that change; the others stay. Needs role editor.' }),
        version: z.int().positive().optional().meta({ description: 'Another version of the DAG, for a run that has ended. Needs role editor.' }),
        across: z
          .boolean()
          .optional()
          .meta({ description: 'Also run again what has waited for these nodes, in runs of other DAGs and cycles. Default: false.' }),
        dryRun: z.boolean().optional().meta({ description: 'Only say what would run again.' }),
      })
      .prefault({}),
  },
  markNode: {
    ...toNode('mark', 'Set a status by hand, of a node that is not under way'),
    body: z.strictObject({ ...reasonBody, as: z.enum(['succeeded', 'failed', 'skipped']).meta({ description: 'What it counts as from now on.' }) }),
  },
  skipNode: toNode('skip', 'Skip a node that has not started'),
  disableNode: toNode('disable', 'Do not run a node in its turn; what needs it goes on'),
  enableNode: toNode('enable', 'Take back disable'),
  approveNode: {
    ...toNode('approve', 'Answer a node that waits for an approval'),
    body: z
      .strictObject({ ...reasonBody, approved: z.boolean().optional().meta({ description: 'false: no, and the node fails. Default: true.' }) })
      .prefault({}),
  },
  pauseRun: toRun('pause', 'Start nothing new; what runs goes on'),
  resumeRun: toRun('resume', 'Take back pause'),
  signalRun: {
    ...toRun('signal', 'Wake the nodes that wait for a signal of this name'),
    body: z.strictObject({ ...reasonBody, name: name.meta({ description: 'Name of the signal.' }) }),
  },
} as const satisfies Record<string, Route>;
