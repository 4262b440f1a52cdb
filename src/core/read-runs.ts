// One run, and lists of runs, of nodes and of their items: always of the caller's app only.
import type { NodeKind } from '../specs/dag.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { nodeJobAddress, runWorkflowId } from '../specs/identity.ts';
import { JOB_ID } from '../specs/patterns.ts';
import type { ItemView, NodeSummary, NodeView, RunSummary, RunView, ShownNodeStatus } from '../specs/run-views.schema.ts';
import { formatInstant } from '../specs/schedule-time.ts';
import type { Status } from '../specs/status.ts';
import type { JobRow, RunFilter } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { viewOf } from './own-job.ts';
import { indexOf } from './run-dag.ts';
import { countsOf, hasItems, nodesOf, type RunNodes } from './run-nodes.ts';
import { itemView, runSummary, runView } from './run-views.ts';
import { fieldError, invalid } from '../specs/validate.ts';

export interface ListRunsArgs extends Omit<RunFilter, 'app'> {
  /** The one run of `dag` that this request id made. */
  readonly requestId?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** Newest first. */
export async function listRuns(deps: Deps, caller: Caller, args: ListRunsArgs): Promise<{ items: RunSummary[]; next?: string }> {
  const { requestId, limit, cursor, ...filter } = args;
  if (requestId !== undefined) {
    if (filter.dag === undefined) throw invalid([fieldError(['query', 'dag'], 'is required with requestId')]);
    const row = await deps.store.runs.byWorkflowId(runWorkflowId(caller.app, filter.dag, { runId: '', requestId }));
    return { items: row === undefined ? [] : [runSummary(row)] };
  }
  const { cycleFrom, cycleUntil } = filter;
  const cycles = {
    ...(cycleFrom !== undefined && { cycleFrom: instant(cycleFrom) }),
    ...(cycleUntil !== undefined && { cycleUntil: instant(cycleUntil) }),
  };
  const rows = await deps.store.runs.runs({ ...filter, ...cycles, app: caller.app }, { limit, ...before(cursor) });
  return { items: rows.map(runSummary), ...(rows.length === limit && { next: rows.at(-1)!.runId }) };
}

/** A time as cycles have it: to the second. */
const instant = (time: string): string => formatInstant(Date.parse(time));

export async function getRun(deps: Deps, caller: Caller, args: { readonly runId: string }): Promise<RunView> {
  const run = await ownRun(deps, caller, args.runId);
  return runView(run, countsOf(await nodesOf(deps, run)));
}

/** The DAG as the run has it. */
export async function runSpec(deps: Deps, caller: Caller, args: { readonly runId: string }): Promise<DagSpec> {
  return (await deps.dags.of((await ownRun(deps, caller, args.runId)).input.spec)).spec;
}

export interface ListNodesArgs {
  readonly runId: string;
  readonly status?: readonly ShownNodeStatus[] | undefined;
  readonly kind?: readonly NodeKind[] | undefined;
  /** Text in the name. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** `next` of the page before: a node's name. */
  readonly cursor?: string | undefined;
}

/** In the order of the DAG. */
export async function listNodes(deps: Deps, caller: Caller, args: ListNodesArgs): Promise<{ items: NodeSummary[]; next?: string }> {
  const { status, kind, search, limit, cursor } = args;
  const nodes = await nodesOf(deps, await ownRun(deps, caller, args.runId));
  const rest = nodes.summaries.slice(placeAfter(nodes, cursor));
  const items = rest.filter(
    (node) =>
      (status === undefined || status.includes(node.status)) &&
      (kind === undefined || kind.includes(node.kind)) &&
      (search === undefined || node.name.includes(search)),
  );
  return { items: items.slice(0, limit), ...(items.length > limit && { next: items[limit - 1]!.name }) };
}

/** Where a page of nodes begins. */
export function placeAfter({ indices }: Pick<RunNodes, 'indices'>, cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const index = indices.get(cursor);
  if (index === undefined) throw invalid([fieldError(['cursor'], 'must be `next` of the page before', cursor)]);
  return index + 1;
}

export interface GetNodeArgs {
  readonly runId: string;
  readonly node: string;
  /** Only items of these statuses. */
  readonly status?: readonly Status[] | undefined;
  /** Only this item. */
  readonly item?: number | 'final' | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** A node with the attempts of its job, or a page of its items. */
export async function getNode(deps: Deps, caller: Caller, args: GetNodeArgs): Promise<NodeView> {
  const nodes = await nodesOf(deps, await ownRun(deps, caller, args.runId), args.node);
  const index = indexOf(nodes, args.runId, args.node);
  const { needs = [], feeds = [] } = nodes.plan.nodes[index]!;
  const nameOf = (at: number): string => nodes.plan.nodes[at]!.name;
  const summary = nodes.summaries[index]!;
  const { items, next } = hasItems(summary) ? await itemsOf(deps, nodes, args) : { items: [] };
  return {
    ...summary,
    needs: needs.map(nameOf),
    feeds: feeds.map(nameOf),
    spec: { ...nodes.spec.nodes[args.node] },
    attempts: hasItems(summary) ? [] : await attemptsOf(deps, summary),
    jobs: items,
    ...(next !== undefined && { next }),
  };
}

async function attemptsOf(deps: Deps, { jobId }: NodeSummary): Promise<NodeView['attempts']> {
  const row = jobId === undefined ? undefined : await deps.store.executions.job(jobId);
  return row === undefined ? [] : (await viewOf(deps, row)).attempts;
}

async function itemsOf(deps: Deps, { run }: RunNodes, args: GetNodeArgs): Promise<{ items: ItemView[]; next?: string }> {
  const { executions } = deps.store;
  const { node, item, status, limit, cursor } = args;
  if (item !== undefined) {
    const row = await executions.byWorkflowId(nodeJobAddress(run.workflowId, node, item));
    return { items: row === undefined ? [] : [itemView(row)] };
  }
  const filter = { app: run.app, run: run.runId, node, ...(status !== undefined && { status }) };
  const rows: JobRow[] = await executions.jobs(filter, { limit, ...before(cursor) });
  return { items: rows.map(itemView), ...(rows.length === limit && { next: rows.at(-1)!.jobId }) };
}

/** A cursor that is an id. */
export function before(cursor: string | undefined): { before?: string } {
  if (cursor === undefined) return {};
  if (!JOB_ID.test(cursor)) throw invalid([fieldError(['cursor'], 'must be `next` of the page before', cursor)]);
  return { before: cursor };
}
