// A rerun on another version of the DAG: what is known of its nodes moves to the new plan, by name.
import type { DagPlan } from '../../specs/dag.ts';
import { initialState, type DagState } from './dag.state.ts';

/**
 * The state of a run in FINISH on another plan. Nodes that are new count as dropped, so that the rerun which follows takes them up;
 * nodes that are gone are forgotten. Undefined where the run has not ended: edits never touch what runs.
 */
export function onPlan(before: DagPlan, state: DagState, plan: DagPlan): DagState | undefined {
  if (state.status !== 'FINISH') return undefined;
  const old = new Map(before.nodes.map(({ name }, index) => [name, index]));
  const moved = plan.nodes.map(({ name }) => old.get(name));
  const switchedOff = new Set(state.disabled);
  return {
    ...state,
    ...initialState(plan),
    status: state.status,
    generation: state.generation,
    killed: state.killed,
    phases: moved.map((node) => (node === undefined ? 'dropped' : state.phases[node]!)),
    attempts: moved.map((node) => (node === undefined ? 0 : state.attempts[node]!)),
    outputs: moved.map((node) => (node === undefined ? null : state.outputs[node]!)),
    // What was switched off by hand stays so; of the rest the new version decides.
    disabled: plan.nodes.flatMap((node, index) => {
      const byHand = moved[index] !== undefined && switchedOff.has(moved[index]) && !before.nodes[moved[index]]!.disabled;
      return node.disabled || byHand ? [index] : [];
    }),
  };
}
