// The state of a run's machine as the store tells it, so that what a person asks about a run is answered by the rules that the run follows.
import type { DagPlan } from '../specs/dag.ts';
import type { NodeRow, RunRow } from '../store/contract.ts';
import { initialState, isLive, PHASES, type DagState, type Phase } from '../workflows/dag/dag.state.ts';

/** Nodes that were never told of wait; in a run that has ended they are those of another version, which a rerun takes up. */
export function stateOf(plan: DagPlan, run: RunRow, rows: ReadonlyMap<string, NodeRow>): DagState {
  const untold: Phase = run.status === 'FINISH' ? 'dropped' : 'waiting';
  const phases = plan.nodes.map(({ name }) => phaseOf(rows.get(name)) ?? untold);
  const inPhase = (test: (phase: Phase) => boolean): number[] => phases.flatMap((phase, node) => (test(phase) ? [node] : []));
  return {
    ...initialState(plan),
    status: run.status,
    ...(run.outcome !== undefined && { outcome: run.outcome }),
    generation: run.generation,
    paused: run.paused,
    killed: run.killRequested !== undefined,
    phases,
    attempts: plan.nodes.map(({ name }) => rows.get(name)?.attempt ?? 0),
    asked: inPhase((phase) => phase === 'asked'),
    ready: inPhase((phase) => phase === 'ready'),
    live: inPhase(isLive),
  };
}

/** The phase that a row tells; undefined where only a newer version knows it. */
function phaseOf(row: NodeRow | undefined): Phase | undefined {
  return row !== undefined && Object.hasOwn(PHASES, row.phase) ? (row.phase as Phase) : undefined;
}
