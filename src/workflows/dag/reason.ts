// Why a node is where it is, in words for people: what a waiting one waits for, and what kept a skipped one from running.
import { FAILURE, ON, SUCCESS, type DagPlan, type On } from '../../specs/dag.ts';
import { PHASES, isFailed, type DagState } from './dag.state.ts';
import { judge } from './ready.ts';

/** The reason of a status that no job tells of; undefined where the job does. */
export function reasonOf(plan: DagPlan, state: DagState, node: number): string | undefined {
  const phase = state.phases[node]!;
  switch (phase) {
    case 'waiting':
      return state.status === 'WAITING' ? 'the run has not begun' : `waits for ${openNeeds(plan, state, node)}`;
    case 'ready':
      return state.paused ? 'the run is paused' : `the run has ${plan.maxParallel} nodes running, as many as it may`;
    case 'bypassed':
    case 'blocked':
    case 'cut':
      return unmetNeed(plan, state, node);
    case 'dropped':
      return state.killed ? 'the run was killed' : `the run ended it after a failure or a kill (failure: ${plan.failure})`;
    case 'asked':
    case 'disabled':
    case 'skipped':
    case 'withdrawn':
      return PHASES[phase].meaning;
    default:
      return undefined;
  }
}

/** Why a run in FINISH has not succeeded: by whom it was killed, or which key nodes failed. */
export function outcomeReason(
  plan: DagPlan,
  { outcome, phases }: DagState,
  killed?: { readonly by: string; readonly reason?: string },
): string | undefined {
  if (outcome === undefined || outcome === 'SUCCEED') return undefined;
  if (outcome === 'KILLED') return [`killed by ${killed?.by ?? 'a person'}`, killed?.reason].filter(Boolean).join(': ');
  const key = plan.nodes.flatMap(({ name, ignore }, node) => (ignore ? [] : [{ name, phase: phases[node]! }]));
  const own = key.filter(({ phase }) => PHASES[phase].counts === FAILURE && phase !== 'blocked');
  // Without a failure it was a kill by hand that failed the run.
  const names = (own.length > 0 ? own : key.filter(({ phase }) => isFailed(phase))).map(({ name }) => name);
  const more = names.length - MOST_NAMES;
  return `failed: ${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const MOST_NAMES = 5;

function openNeeds(plan: DagPlan, { phases }: DagState, node: number): string {
  const names = (plan.nodes[node]!.needs ?? []).filter((need) => !PHASES[phases[need]!].end).map((need) => plan.nodes[need]!.name);
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function unmetNeed(plan: DagPlan, state: DagState, node: number): string {
  const verdict = judge(plan, state, node);
  if (!('because' in verdict)) return PHASES[state.phases[node]!].meaning;
  const { needs = [], on } = plan.nodes[node]!;
  const need = plan.nodes[verdict.because]!.name;
  const { status } = PHASES[state.phases[verdict.because]!];
  return `needs ${wordsOf(on?.[needs.indexOf(verdict.because)] ?? SUCCESS)} of ${need}, which is ${status}`;
}

/** The words of `on` that these bits stand for. */
function wordsOf(bits: number): string {
  if (bits === ON.done) return 'an end';
  return (Object.keys(ON) as On[]).filter((word) => word !== 'done' && (bits & ON[word]) !== 0).join(' or ');
}
