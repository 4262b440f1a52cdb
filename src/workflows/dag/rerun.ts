// Which nodes a rerun is about. The same function answers a dry run, on a run that is under way and on one that has ended.
import type { DagPlan } from '../../specs/dag.ts';
import { PHASES, isFailed, isLive, wasHeldBack, type DagState, type Phase, type RerunRequest } from './dag.state.ts';

/** What a rerun does. Lists are in the order of the plan. */
export interface RerunPlan {
  /** Ended nodes that wait again. Those that have had an attempt get a next one. */
  readonly again: readonly number[];
  /** Nodes whose job is stopped first: they are downstream of what runs again. */
  readonly stopped: readonly number[];
  /** Why nothing is done. */
  readonly refused?: string;
}

const refuse = (refused: string): RerunPlan => ({ again: [], stopped: [], refused });

/**
 * nodes: the named ones, which must have ended. downstream: these and every node after them. failed: what failed or was killed.
 * all: every node. In each mode also what only its needs, or the end of the run, had kept from running: it is decided anew.
 */
export function planRerun(plan: DagPlan, state: DagState, { mode, nodes = [], generation }: RerunRequest): RerunPlan {
  if (state.status === 'WAITING') return refuse('the run has not begun');
  if (generation !== undefined && generation !== state.generation) return refuse('the run was rerun or marked in the meantime');
  if (state.killed && state.status !== 'FINISH') return refuse('the run is being killed; rerun it once it has ended');
  const { phases } = state;
  const seeds = seedsOf(state, mode, nodes);
  if (mode === 'nodes' || mode === 'downstream') {
    if (seeds.length === 0) return refuse('no node is named');
    const unknown = seeds.find((node) => phases[node] === undefined);
    if (unknown !== undefined) return refuse(`there is no node ${unknown}`);
    const going = seeds.find((node) => !PHASES[phases[node]!].end);
    if (going !== undefined) {
      return refuse(`${plan.nodes[going]!.name} has not ended${isLive(phases[going]!) ? '; kill it first' : ''}`);
    }
  }
  if (seeds.length === 0) return refuse(mode === 'failed' ? 'nothing has failed' : 'there is nothing to run');
  const set = reach(plan, state, seeds, mode === 'downstream');
  const found = [...set].sort((a, b) => a - b);
  return { again: found.filter((node) => PHASES[phases[node]!].end), stopped: found.filter((node) => isLive(phases[node]!)) };
}

function seedsOf({ phases }: DagState, mode: RerunRequest['mode'], nodes: readonly number[]): readonly number[] {
  if (mode === 'all') return [...phases.keys()].filter((node) => PHASES[phases[node]!].end || isLive(phases[node]!));
  if (mode === 'failed') return [...phases.keys()].filter((node) => isFailed(phases[node]!) || phases[node] === 'dropped');
  return nodes;
}

/**
 * Seeds and what follows from them: everything downstream, or what only they had kept from running. What the run itself had dropped
 * follows, too, unless a key node that did not succeed stays as it is.
 */
export function reach(plan: DagPlan, { phases }: Pick<DagState, 'phases'>, seeds: readonly number[], everything: boolean): Set<number> {
  const found = walk(plan, phases, new Set(seeds), everything);
  if (phases.some((phase, node) => isFailed(phase) && !plan.nodes[node]!.ignore && !found.has(node))) return found;
  for (const [node, phase] of phases.entries()) if (phase === 'dropped') found.add(node);
  return walk(plan, phases, found, false);
}

function walk(plan: DagPlan, phases: readonly Phase[], found: Set<number>, everything: boolean): Set<number> {
  // A set is walked also over what is added meanwhile.
  for (const node of found) {
    for (const next of plan.nodes[node]!.feeds ?? []) {
      if (everything || wasHeldBack(phases[next]!) || phases[next] === 'dropped') found.add(next);
    }
  }
  return found;
}
