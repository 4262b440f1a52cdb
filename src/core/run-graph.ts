// The graph of a run with its states: nodes, edges and levels, as a drawing needs them.
import { FAILURE, SKIPPED, SUCCESS, type DagPlan } from '../specs/dag.ts';
import type { GraphView } from '../specs/run-views.schema.ts';
import { countsAs, PHASES, type DagState } from '../workflows/dag/dag.state.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { nodesOf } from './run-nodes.ts';

export async function runGraph(deps: Deps, caller: Caller, args: { readonly runId: string }): Promise<GraphView> {
  const { plan, state, summaries } = await nodesOf(deps, await ownRun(deps, caller, args.runId));
  const level = levelsOf(plan);
  const levels: string[][] = [];
  for (const [index, { name }] of plan.nodes.entries()) (levels[level[index]!] ??= []).push(name);
  return { nodes: summaries.map((node, index) => ({ ...node, level: level[index]! })), edges: edgesOf(plan, state), levels };
}

/** By node the length of the longest way to it. In the order of their needs, without recursion: a chain may have 10,000 nodes. */
function levelsOf({ nodes }: DagPlan): number[] {
  const level = nodes.map(() => 0);
  const open = nodes.map(({ needs = [] }) => needs.length);
  const queue = [...nodes.keys()].filter((node) => open[node] === 0);
  for (const node of queue) {
    for (const next of nodes[node]!.feeds ?? []) {
      level[next] = Math.max(level[next]!, level[node]! + 1);
      open[next]! -= 1;
      if (open[next] === 0) queue.push(next);
    }
  }
  return level;
}

const WORDS = [
  [SUCCESS, 'success'],
  [FAILURE, 'failure'],
  [SKIPPED, 'skipped'],
] as const;

/** The words of `on`; any: it is only waited for. */
function wordsOf(bits: number): string {
  return WORDS.flatMap(([bit, word]) => ((bits & bit) === 0 ? [] : [word])).join(',') || 'any';
}

const edgesOf = (plan: DagPlan, state: DagState): GraphView['edges'] =>
  plan.nodes.flatMap(({ name, needs = [], on }) =>
    needs.map((need, i) => {
      const wanted = on?.[i] ?? SUCCESS;
      const ended = PHASES[state.phases[need]!].end;
      const met = wanted === 0 || (countsAs(plan, state, need) & wanted) !== 0;
      return { from: plan.nodes[need]!.name, to: name, on: wordsOf(wanted), ...(ended && { met }) };
    }),
  );
