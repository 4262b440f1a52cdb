// The nodes of a run as people see them: what the run has told of each, joined with the jobs that are under way.
import type { PlanNode } from '../specs/dag.ts';
import type { NodeSummary, ShownNodeStatus } from '../specs/run-views.schema.ts';
import { isEnd, STATUSES, type Status } from '../specs/status.ts';
import type { JobRow, NodeRow, RunDetail } from '../store/contract.ts';
import { isLive, PHASES, type DagState, type Phase } from '../workflows/dag/dag.state.ts';
import { reasonOf } from '../workflows/dag/reason.ts';
import type { Deps } from './deps.ts';
import type { RunDag } from './run-dag.ts';
import { stateOf } from './run-state.ts';
import { waitReason } from './wait-reason.ts';

/** A run with everything that is known of its nodes, at one moment. */
export interface RunNodes extends RunDag {
  readonly run: RunDetail;
  readonly state: DagState;
  readonly rows: ReadonlyMap<string, NodeRow>;
  /** By index in the plan. */
  readonly summaries: readonly NodeSummary[];
}

const UNFINISHED = STATUSES.filter((status) => !isEnd(status));
const BATCH = 1_000;
/** Waits whose cycles are looked up at once. */
const MOST_WAITS = 20;
const WITH_ITEMS: ReadonlySet<PlanNode['kind']> = new Set(['foreach', 'mapReduce', 'broadcast']);

export const hasItems = ({ kind }: Pick<PlanNode, 'kind'>): boolean => WITH_ITEMS.has(kind);

/** `about`: the node that is asked for; of others that wait for cycles only the first ones are looked up. */
export async function nodesOf(deps: Deps, run: RunDetail, about?: string): Promise<RunNodes> {
  const { runs } = deps.store;
  const [dag, told] = await Promise.all([deps.dags.of(run.input.spec), runs.nodes(run.runId)]);
  const rows = new Map(told.map((row) => [row.node, row]));
  const state = stateOf(dag.plan, run, rows);
  const under = await underWay(deps, run, dag, state, rows, about);
  const counts = dag.plan.nodes.some(hasItems) ? await jobCounts(deps, run.runId) : new Map<string, Jobs>();
  const summaries = dag.plan.nodes.map((node, index) => {
    const row = rows.get(node.name);
    const jobs = hasItems(node) ? counts.get(node.name) : undefined;
    return summaryOf({ node, phase: state.phases[index]!, row, jobs, now: under.get(node.name), reason: () => reasonOf(dag.plan, state, index) });
  });
  return { ...dag, run, state, rows, summaries };
}

/** The jobs of a node with items. */
interface Jobs {
  /** How many of its items have each status. */
  readonly items: Record<string, number>;
  /** Statuses that one of its jobs has, also the one after the items. */
  readonly statuses: Set<Status>;
}

async function jobCounts({ store }: Deps, runId: string): Promise<Map<string, Jobs>> {
  const counts = new Map<string, Jobs>();
  for (const { node, status, count } of await store.runs.jobCounts(runId)) {
    const own = counts.get(node) ?? { items: {}, statuses: new Set() };
    if (count > 0) own.items[status] = count;
    own.statuses.add(status);
    counts.set(node, own);
  }
  return counts;
}

/** How the job or the child run of a live node stands. */
interface Standing {
  readonly status: Status;
  readonly reason?: string | undefined;
  readonly attempt?: number;
}

/** One query for all jobs under way, of which a run has few; a job that has just ended is looked at by itself. */
async function underWay(
  deps: Deps,
  run: RunDetail,
  { plan, spec }: RunDag,
  state: DagState,
  rows: ReadonlyMap<string, NodeRow>,
  about: string | undefined,
): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>();
  if (state.live.length === 0) return found;
  for (let before: string | undefined, page: JobRow[] = []; ; before = page.at(-1)!.jobId) {
    page = await deps.store.executions.jobs(
      { app: run.app, run: run.runId, status: UNFINISHED },
      { limit: BATCH, ...(before !== undefined && { before }) },
    );
    for (const job of page) if (job.item === undefined && job.node !== undefined) found.set(job.node, job);
    if (page.length < BATCH) break;
  }
  let waits = 0;
  for (const index of state.live) {
    const node = plan.nodes[index]!;
    const row = rows.get(node.name);
    if (found.has(node.name) || row === undefined) continue;
    const { wait } = spec.nodes[node.name]!;
    const look = node.name === about || (wait !== undefined && ++waits <= MOST_WAITS);
    const standing =
      wait === undefined ? await standingOf(deps, node, row) : { status: 'RUNNING' as const, reason: await waitReason(deps, run, wait, row, look) };
    if (standing !== undefined) found.set(node.name, standing);
  }
  return found;
}

async function standingOf({ store }: Deps, node: PlanNode, row: NodeRow): Promise<Standing | undefined> {
  if (row.childRun !== undefined) {
    const child = await store.runs.run(row.childRun);
    return { status: child === undefined || child.status === 'WAITING' ? 'CREATED' : 'RUNNING', reason: row.reason ?? `run ${row.childRun}` };
  }
  if (row.jobId === undefined || hasItems(node)) return undefined;
  return await store.executions.job(row.jobId);
}

interface Known {
  readonly node: PlanNode;
  readonly phase: Phase;
  readonly row: NodeRow | undefined;
  readonly jobs: Jobs | undefined;
  readonly now: Standing | undefined;
  /** By the rules of the machine, where the run has not said it. */
  readonly reason: () => string | undefined;
}

function summaryOf({ node, phase, row, jobs, now, reason }: Known): NodeSummary {
  const live = isLive(phase);
  const { jobId, childRun, code, startedAt, endedAt } = row ?? {};
  return {
    name: node.name,
    kind: node.kind,
    status: live ? liveStatus(node, now, jobs?.statuses) : (PHASES[phase].status as ShownNodeStatus),
    // What is under way tells its own reason, also that it has none. That of a wait changes with what it waits for: the rules say it newer.
    reason: live ? (now ?? row)?.reason : phase === 'waiting' ? reason() : (row?.reason ?? reason()),
    code: live ? undefined : code,
    attempt: Math.max(row?.attempt ?? 0, now?.attempt ?? 0),
    jobId,
    childRun,
    items: jobs === undefined && row?.items === undefined ? undefined : { total: row?.items, statuses: jobs?.items ?? {} },
    ignored: node.ignore,
    startedAt,
    endedAt: PHASES[phase].end ? endedAt : undefined,
  };
}

/** Of several jobs the furthest one that has not ended, and between them RUNNING; before the first one CREATED, and of a wait RUNNING. */
function liveStatus({ kind }: PlanNode, now: Standing | undefined, jobs: ReadonlySet<Status> | undefined): Status {
  if (now !== undefined) return now.status;
  if (kind === 'wait') return 'RUNNING';
  if (jobs === undefined) return 'CREATED';
  const furthest = (['RUNNING', 'STARTING', 'UNKNOWN', 'ACCEPTED'] as const).find((status) => jobs.has(status));
  const begun = [...jobs].some(isEnd);
  return begun && furthest !== 'UNKNOWN' ? 'RUNNING' : (furthest ?? 'CREATED');
}

/** How many nodes there are of each status. */
export function countsOf({ summaries }: Pick<RunNodes, 'summaries'>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of summaries) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
