// What the API shows of DAG runs: a run, its nodes, its graph, its times, its events.
import { z } from 'zod';
import { OWN_NODE_STATUSES, NODE_KINDS, RERUN_MODES, RUN_OUTCOMES, RUN_STATUSES } from './dag.ts';
import { json as value } from './fields.schema.ts';
import { STATUSES } from './status.ts';
import { attemptViewSchema, itemId, outputViewSchema } from './views.schema.ts';

const timestamp = z.iso.datetime();

/** Statuses that a node shows: its job's, or its own. */
export const NODE_STATUSES = [...OWN_NODE_STATUSES, ...STATUSES] as const;
export type ShownNodeStatus = (typeof NODE_STATUSES)[number];

const nodeStatus = z.enum(NODE_STATUSES).meta({ id: 'NodeStatus', description: "Status of a node: its job's, or WAITING, SKIPPED or DISABLED." });
const runStatus = z.enum(RUN_STATUSES).meta({ id: 'RunStatus', description: 'Status of a run; FINISH has an outcome.' });
const runOutcome = z.enum(RUN_OUTCOMES).meta({ id: 'RunOutcome', description: 'How a run ended.' });
const nodeName = z.string().meta({ description: 'Name of the node.' });
const byStatus = z.record(z.string(), z.number());
const params = z.record(z.string(), value);

const cycleSchema = z
  .object({
    at: z.string().meta({ description: 'The instant in UTC that it is known by.' }),
    planned: z.string().meta({ description: "The planned time in the schedule's zone." }),
    dataDate: z.string().meta({ description: 'Day of the data.' }),
    zone: z.string().meta({ description: "The schedule's time zone." }),
    previous: z.string().optional().meta({ description: 'The cycle before.' }),
    next: z.string().optional().meta({ description: 'The cycle after.' }),
  })
  .meta({ id: 'RunCycle', description: 'The nominal time that a run stands for.' });

export const runSummarySchema = z
  .object({
    id: z.string().meta({ description: 'Run id: a 63-bit integer in decimal.' }),
    app: z.string().meta({ description: 'App that it belongs to.' }),
    dag: z.string().meta({ description: 'Name of the DAG.' }),
    version: z.number().optional().meta({ description: 'Version of the stored DAG; absent where the spec came with the request.' }),
    status: runStatus,
    outcome: runOutcome.optional(),
    reason: z.string().optional().meta({ description: 'In words: how it ended.' }),
    paused: z.boolean().meta({ description: 'Whether nothing new starts.' }),
    generation: z.number().meta({ description: 'Counts reruns and marks, from 1.' }),
    killRequested: z
      .object({
        at: timestamp.meta({ description: 'When.' }),
        by: z.string().meta({ description: 'Who asked; unverified when it came by a raw signal.' }),
        reason: z.string().optional().meta({ description: 'Why, in their words.' }),
      })
      .optional()
      .meta({ description: 'The kill of the run that was asked for; until a rerun.' }),
    cycle: cycleSchema.optional(),
    requestId: z.string().optional().meta({ description: 'The id that its creator chose.' }),
    parent: z
      .object({
        workflowId: z.string().meta({ description: "Id of that run's workflow." }),
        node: nodeName,
        attempt: z.number().meta({ description: 'Attempt of that node.' }),
      })
      .optional()
      .meta({ description: 'The node of another run that this one is.' }),
    createdAt: timestamp.meta({ description: 'When it was created.' }),
    createdBy: z.string().meta({ description: 'Token that created it, as app/name.' }),
    updatedAt: timestamp.meta({ description: 'When its row changed last.' }),
    startedAt: timestamp.optional().meta({ description: 'When its first node started.' }),
    endedAt: timestamp.optional().meta({ description: 'When it ended.' }),
  })
  .meta({ id: 'RunSummary' });

export const runViewSchema = runSummarySchema
  .extend({
    params: params.meta({ description: 'Every parameter with its value.' }),
    nodes: byStatus.meta({ description: 'How many nodes there are of each status.' }),
    workflowId: z.string().meta({ description: 'Id of its workflow in Temporal.' }),
    links: z.record(z.string(), z.string()).meta({ description: 'Addresses by name.' }),
  })
  .meta({ id: 'Run' });

const itemsSchema = z
  .object({
    total: z.number().optional().meta({ description: 'How many there are, once that is known.' }),
    statuses: byStatus.meta({ description: 'How many of their jobs there are of each status.' }),
  })
  .meta({ id: 'ItemCounts' });

export const nodeSummarySchema = z
  .object({
    name: nodeName,
    kind: z.enum(NODE_KINDS).meta({ description: 'What it does.' }),
    status: nodeStatus,
    reason: z.string().optional().meta({ description: 'In words: why it waits, was not run, or how it ended.' }),
    code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
    attempt: z.number().meta({ description: 'Number of its newest attempt; 0: never started.' }),
    jobId: z.string().optional().meta({ description: 'Its job, once it has one.' }),
    childRun: z.string().optional().meta({ description: 'The run of another DAG that it is.' }),
    items: itemsSchema.optional().meta({ description: 'Of foreach, mapReduce and broadcast: their items.' }),
    ignored: z.boolean().optional().meta({ description: 'true: its failure does not fail the run (onFailure: ignore).' }),
    startedAt: timestamp.optional().meta({ description: 'When its newest attempt was started.' }),
    endedAt: timestamp.optional().meta({ description: 'When that ended.' }),
  })
  .meta({ id: 'NodeSummary' });

export const itemViewSchema = z
  .object({
    item: itemId,
    jobId: z.string().meta({ description: 'Its job.' }),
    status: z.enum(STATUSES).meta({ description: 'Status of its job.' }),
    reason: z.string().optional().meta({ description: 'In words: why it waits, or how it ended.' }),
    code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
    attempt: z.number().meta({ description: 'Number of its newest attempt.' }),
    createdAt: timestamp.meta({ description: 'When its job was created.' }),
    endedAt: timestamp.optional().meta({ description: 'When it ended.' }),
  })
  .meta({ id: 'Item' });

export const nodeViewSchema = nodeSummarySchema
  .extend({
    needs: z.array(nodeName).meta({ description: 'The nodes that it needs.' }),
    feeds: z.array(nodeName).meta({ description: 'The nodes that need it.' }),
    spec: z.record(z.string(), z.unknown()).meta({ description: 'The node as the run has it: stored jobs are written out.' }),
    attempts: z.array(attemptViewSchema).meta({ description: 'Attempts of its job, first to newest; empty for a node without a job of its own.' }),
    jobs: z.array(itemViewSchema).meta({ description: 'A page of its items, newest first; empty for a node without items.' }),
    next: z.string().optional().meta({ description: 'Pass as cursor for the next page of items.' }),
  })
  .meta({ id: 'Node' });

const edgeSchema = z
  .object({
    from: nodeName.meta({ description: 'The needed node.' }),
    to: nodeName.meta({ description: 'The node that needs it.' }),
    on: z.string().meta({ description: 'How the needed node must end: success, failure, skipped, done, several with commas between, or any.' }),
    met: z.boolean().optional().meta({ description: 'Whether it is met; absent while the needed node has not ended.' }),
  })
  .meta({ id: 'Edge' });

export const graphViewSchema = z
  .object({
    nodes: z
      .array(
        nodeSummarySchema.extend({ level: z.number().meta({ description: 'Length of the longest way to it, from 0.' }) }).meta({ id: 'GraphNode' }),
      )
      .meta({ description: 'All nodes, in the order of the DAG.' }),
    edges: z.array(edgeSchema).meta({ description: 'All needs.' }),
    levels: z.array(z.array(nodeName)).meta({ description: 'Names of the nodes by level: what stands beside each other.' }),
  })
  .meta({ id: 'Graph' });

const barSchema = z
  .object({
    attempt: z.number().meta({ description: 'Number of the attempt.' }),
    status: nodeStatus,
    queuedAt: timestamp.optional().meta({ description: 'When it was started by the run: from then on it waits in its queue.' }),
    startedAt: timestamp.optional().meta({ description: 'When it began to run, by its cluster.' }),
    endedAt: timestamp.optional().meta({ description: 'When it ended.' }),
  })
  .meta({ id: 'Bar' });

export const timelineViewSchema = z
  .object({
    items: z
      .array(
        z
          .object({
            name: nodeName,
            kind: z.enum(NODE_KINDS).meta({ description: 'What it does.' }),
            status: nodeStatus,
            attempts: z.array(barSchema).meta({ description: 'Its attempts, first to newest.' }),
          })
          .meta({ id: 'TimelineRow' }),
      )
      .meta({ description: 'A page of the nodes, in the order of the DAG.' }),
    next: z.string().optional().meta({ description: 'Pass as cursor for the next page.' }),
    criticalPath: z
      .object({
        seconds: z.number().meta({ description: 'From the start of its first node to the end of its last one, or until now.' }),
        nodes: z
          .array(
            z.object({
              name: nodeName,
              seconds: z.number().meta({ description: 'From its start to its end, its time in the queue included.' }),
              waited: z.number().meta({ description: 'Seconds between the end of the node before it and its start.' }),
            }),
          )
          .meta({ description: 'Each started when the one before it had ended: to be faster, the run needs one of these to be faster.' }),
      })
      .meta({ id: 'CriticalPath', description: 'The chain of nodes, by their actual times, that decided how long the run took.' }),
  })
  .meta({ id: 'Timeline' });

const changeSchema = z.object({
  node: nodeName,
  status: nodeStatus.or(z.literal('job')).meta({ description: 'Its status; job: that of its job.' }),
  attempt: z.number().meta({ description: 'Its newest attempt; 0: never started.' }),
  reason: z.string().optional().meta({ description: 'In words.' }),
  code: z.string().optional().meta({ description: 'Code of an end that is not a success, of docs/errors.md.' }),
  jobId: z.string().optional().meta({ description: 'Its job, once it has one.' }),
});

export const runEventViewSchema = z
  .object({
    seq: z.number().meta({ description: 'Counts from 1 within the run, over its reruns.' }),
    at: timestamp.meta({ description: 'When it happened.' }),
    runId: z.string().meta({ description: 'The run.' }),
    type: z.string().meta({
      description: 'status, nodes, or what was done: kill, rerun, mark, disable, enable, pause, resume, approve, signal, refused, note.',
    }),
    status: runStatus,
    outcome: runOutcome.optional(),
    generation: z.number().meta({ description: 'Counts reruns and marks.' }),
    of: z.string().optional().meta({ description: "The node, or the item (`load/3`), that was killed; without it a kill is the run's." }),
    nodes: z.array(changeSchema).meta({ description: 'The nodes that changed with it.' }),
    reason: z.string().optional().meta({ description: 'In words.' }),
    by: z.string().optional().meta({ description: 'Who caused it; unverified when it came by a raw signal.' }),
  })
  .meta({ id: 'RunEvent' });

/** An output of one of the run's jobs. */
export const runOutputSchema = outputViewSchema
  .extend({ node: nodeName, item: itemId.optional(), jobId: z.string().meta({ description: 'The job that gave it.' }) })
  .meta({ id: 'RunOutput' });

export const runFeedSchema = z
  .object({
    dag: z.string().meta({ description: 'The DAG that waits.' }),
    node: nodeName.meta({ description: 'Its node that waits.' }),
    of: nodeName.optional().meta({ description: 'The node of this run that it waits for; absent: for the whole run.' }),
    cycle: z.string().meta({ description: 'The cycle of that DAG, as its instant in UTC.' }),
    runId: z.string().optional().meta({ description: 'The run of that cycle, once there is one.' }),
  })
  .meta({ id: 'RunFeed', description: 'A node that waits for the cycle of this run, in one cycle of its DAG.' });

const rerunNode = z.object({
  name: nodeName,
  status: nodeStatus,
  attempt: z.number().meta({ description: 'The attempt that it will be, or would be if its turn comes.' }),
  items: z.number().optional().meta({ description: 'How many of its items run again; absent where it has none.' }),
});

const carriedRun = {
  runId: z.string().meta({ description: 'The run.' }),
  dag: z.string().meta({ description: 'Its DAG.' }),
  cycle: z.string().meta({ description: 'The cycle that it stands for, as its instant in UTC.' }),
  nodes: z.array(nodeName).meta({ description: 'Its nodes that wait again: it runs again from these on.' }),
};

export const acrossSchema = z
  .object({
    ...carriedRun,
    effect: z
      .enum(['done', 'pending', 'waiting'])
      .meta({ description: 'done: it runs again; pending: asked; waiting: not asked yet, because what it waits for has not begun anew.' }),
  })
  .meta({ id: 'Across', description: 'A run that a rerun has carried with it.' });

export const rerunPlanSchema = z
  .object({
    dryRun: z.literal(true).meta({ description: 'Nothing was done.' }),
    mode: z.enum(RERUN_MODES).meta({ description: 'Which nodes it is about.' }),
    generation: z.number().meta({ description: 'Send it along, and the rerun is refused when something has changed meanwhile.' }),
    again: z.array(rerunNode).meta({ description: 'Ended nodes that run again, once what they need lets them.' }),
    stopped: z.array(rerunNode).meta({ description: 'Nodes under way that are stopped first, and then run again.' }),
    anew: z.array(rerunNode).meta({ description: 'Nodes that were not run and are decided anew.' }),
    removed: z.array(nodeName).meta({ description: 'Nodes that the other version no longer has.' }),
    params: params.meta({ description: 'The parameters with which it runs.' }),
    version: z.number().optional().meta({ description: 'The version that it runs.' }),
    across: z
      .array(
        z
          .object({
            ...carriedRun,
            generation: z.number().meta({ description: 'Its generation now.' }),
            again: z.array(rerunNode).meta({ description: 'As of the run itself.' }),
            stopped: z.array(rerunNode).meta({ description: 'As of the run itself.' }),
            anew: z.array(rerunNode).meta({ description: 'As of the run itself.' }),
          })
          .meta({ id: 'AcrossPlan' }),
      )
      .optional()
      .meta({ description: 'With across: the runs that it carries, each after those that it waits for.' }),
  })
  .meta({ id: 'RerunPlan' });

export type RunSummary = z.infer<typeof runSummarySchema>;
export type RunView = z.infer<typeof runViewSchema>;
export type NodeSummary = z.infer<typeof nodeSummarySchema>;
export type NodeView = z.infer<typeof nodeViewSchema>;
export type ItemView = z.infer<typeof itemViewSchema>;
export type GraphView = z.infer<typeof graphViewSchema>;
export type TimelineView = z.infer<typeof timelineViewSchema>;
export type RunEventView = z.infer<typeof runEventViewSchema>;
export type RunFeedView = z.infer<typeof runFeedSchema>;
export type RunOutputView = z.infer<typeof runOutputSchema>;
export type AcrossView = z.infer<typeof acrossSchema>;
export type RerunPlanView = z.infer<typeof rerunPlanSchema>;
