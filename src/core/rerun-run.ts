// Rerun in place: the same run, next attempts of the nodes it is about. A dry run answers by the rules that the run follows itself.
import { randomUUID } from 'node:crypto';
import type { RerunMode } from '../specs/dag.ts';
import { LongshoreError } from '../specs/errors.ts';
import { RUN_SIGNALS, type CarriedDag, type ItemId, type RunRerunMessage } from '../specs/run.ts';
import type { RerunPlanView, ShownNodeStatus } from '../specs/run-views.schema.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import { isLive, PHASES, type DagState } from '../workflows/dag/dag.state.ts';
import { planRerun, type RerunPlan } from '../workflows/dag/rerun.ts';
import { onPlan } from '../workflows/dag/versions.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { repin, type Repinned } from './repin.ts';
import { requireRole } from './roles.ts';
import { indexOf, type RunDag } from './run-dag.ts';
import { answeredBefore, awaitRunEffect, type RunAccepted } from './run-effect.ts';
import { hasItems, nodesOf, type RunNodes } from './run-nodes.ts';
import { signalRun } from './run-start.ts';
import type { Params } from './run-views.ts';

export interface RerunRunArgs {
  readonly runId: string;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
  /** Default: nodes where some are named, else failed. */
  readonly mode?: RerunMode | undefined;
  readonly nodes?: readonly string[] | undefined;
  /** Only this item of the one node that is named. */
  readonly item?: ItemId | undefined;
  /** Only if this is the run's generation. */
  readonly generation?: number | undefined;
  /** Parameters that change; the others stay. */
  readonly params?: Params | undefined;
  /** Another version, of a run that has ended. */
  readonly version?: number | undefined;
}

/** CONFLICT when the run cannot do it now. What changes what runs needs role editor, and is checked as at creation. */
export async function rerunRun(deps: Deps, caller: Caller, args: RerunRunArgs): Promise<RunAccepted> {
  const known = await answeredBefore(deps, await ownRun(deps, caller, args.runId), args.id);
  if (known !== undefined) return known;
  const prepared = await prepare(deps, caller, args);
  const { before, mode, changed } = prepared;
  const { run } = before;
  if (prepared.planned.refused !== undefined) throw refusal(prepared);
  const message = {
    id: args.id ?? randomUUID(),
    by: byOf(caller),
    mode,
    // A second click on an old page does nothing.
    generation: args.generation ?? run.generation,
    ...(args.reason !== undefined && { reason: args.reason }),
    ...(args.nodes !== undefined && { nodes: args.nodes }),
    ...(args.item !== undefined && { item: args.item }),
    ...(changed && { params: changed.params, ...carriedOf(changed) }),
  } satisfies RunRerunMessage;
  await signalRun(deps, run, { name: RUN_SIGNALS.rerun, message, opens: true });
  return await awaitRunEffect(deps, run, message);
}

const carriedOf = ({ carried, version }: Repinned): { spec?: CarriedDag; version?: number } =>
  carried === undefined ? {} : { spec: carried, ...(version !== undefined && { version }) };

/** What a rerun would do, and nothing is done. CONFLICT where it would be refused. */
export async function planRerunOf(deps: Deps, caller: Caller, args: RerunRunArgs): Promise<RerunPlanView> {
  const prepared = await prepare(deps, caller, args);
  const { before, mode, changed, planned, target, state } = prepared;
  if (planned.refused !== undefined) throw refusal(prepared);
  const shown = (node: number): RerunPlanView['again'][number] => {
    const { name } = target.plan.nodes[node]!;
    const items = itemsAgain(before, name, mode, args.item);
    return { name, status: statusOf(prepared, node), attempt: (state.attempts[node] ?? 0) + 1, ...(items !== undefined && { items }) };
  };
  const wasRun = (node: number): boolean => !['SKIPPED', 'DISABLED'].includes(PHASES[state.phases[node]!].status);
  const version = changed?.version ?? before.run.version;
  return {
    dryRun: true,
    mode,
    generation: before.run.generation,
    again: planned.again.filter(wasRun).map(shown),
    stopped: planned.stopped.map(shown),
    anew: planned.again.filter((node) => !wasRun(node)).map(shown),
    removed: before.plan.nodes.flatMap(({ name }) => (target.indices.has(name) ? [] : [name])),
    params: { ...((changed?.params ?? before.run.input.params) as Record<string, never>) },
    ...(version !== undefined && { version }),
  };
}

interface Prepared {
  readonly before: RunNodes;
  readonly mode: RerunMode;
  /** What is to be another than before. */
  readonly changed: Repinned | undefined;
  /** The DAG with which it runs again, and the run's state on it. */
  readonly target: RunDag;
  readonly state: DagState;
  readonly planned: RerunPlan;
}

async function prepare(deps: Deps, caller: Caller, args: RerunRunArgs): Promise<Prepared> {
  const before = await nodesOf(deps, await ownRun(deps, caller, args.runId));
  const mode = args.mode ?? (args.nodes === undefined ? 'failed' : 'nodes');
  requireNodes(mode, args);
  if (args.params !== undefined || args.version !== undefined) requireRole(caller, 'editor', 'A rerun with changes');
  const changed = await repin(deps, caller, before.run, before.spec, args);
  if (changed !== undefined && before.run.status !== 'FINISH') {
    throw new LongshoreError('CONFLICT', `Run ${args.runId} is ${before.run.status}: parameters and version change only in a run that has ended.`);
  }
  const target = changed?.carried === undefined ? before : await deps.dags.of(changed.carried);
  const state = target === before ? before.state : onPlan(before.plan, before.state, target.plan)!;
  const nodes = (args.nodes ?? []).map((node) => indexOf(target, args.runId, node));
  return { before, mode, changed, target, state, planned: planOf(target, state, mode, nodes, args) };
}

function requireNodes(mode: RerunMode, { nodes, item }: RerunRunArgs): void {
  const named = mode === 'nodes' || mode === 'downstream';
  if (named && (nodes ?? []).length === 0) throw invalid([fieldError(['nodes'], `is required with mode ${mode}`)]);
  if (!named && nodes !== undefined) throw invalid([fieldError(['nodes'], `must be left out with mode ${mode}`, nodes)]);
  if (item !== undefined && (mode !== 'nodes' || nodes?.length !== 1)) throw invalid([fieldError(['item'], 'goes with exactly one of nodes', item)]);
}

function planOf(dag: RunDag, state: DagState, mode: RerunMode, nodes: readonly number[], { item, generation }: RerunRunArgs): RerunPlan {
  const [node] = nodes;
  if (item !== undefined && node !== undefined) {
    if (!hasItems(dag.plan.nodes[node]!)) return { again: [], stopped: [], refused: `node ${dag.plan.nodes[node]!.name} has no items` };
    // An item that has ended may run again while the others are under way.
    if (isLive(state.phases[node]!)) return { again: [node], stopped: [] };
  }
  return planRerun(dag.plan, state, { mode, nodes, ...(generation !== undefined && { generation }) });
}

const refusal = ({ before: { run }, planned }: Prepared): LongshoreError =>
  new LongshoreError('CONFLICT', `Run ${run.runId} cannot be rerun so: ${planned.refused}.`);

function statusOf({ before, target, state }: Prepared, node: number): ShownNodeStatus {
  const index = before.indices.get(target.plan.nodes[node]!.name);
  return index === undefined ? (PHASES[state.phases[node]!].status as ShownNodeStatus) : before.summaries[index]!.status;
}

/** How many items of a node run again, as far as they are known: of a failed one those that did not succeed. */
function itemsAgain(before: RunNodes, name: string, mode: RerunMode, item: ItemId | undefined): number | undefined {
  const index = before.indices.get(name);
  const items = index === undefined ? undefined : before.summaries[index]!.items;
  if (items === undefined) return undefined;
  if (item !== undefined) return 1;
  const all = items.total ?? Object.values(items.statuses).reduce((sum, count) => sum + count, 0);
  return mode === 'failed' ? Math.max(0, all - (items.statuses['SUCCEED'] ?? 0)) : all;
}
