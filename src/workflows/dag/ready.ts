// Whether the needs of a node let it run. A pure question to the phases of the needed nodes: the order of their ends does not matter.
import { FAILURE, SUCCESS, type DagPlan } from '../../specs/dag.ts';
import { PHASES, countsAs, type DagState } from './dag.state.ts';

/** `open`: not decided yet; `run`; or the phase of a node that its needs keep from running, with the need that decided it. */
export type Verdict = { readonly is: 'open' | 'run' } | { readonly is: HeldBack; readonly because: number };
type HeldBack = 'bypassed' | 'blocked' | 'cut';

const OPEN: Verdict = { is: 'open' };
const RUN: Verdict = { is: 'run' };
const WEIGHT: Record<HeldBack, number> = { bypassed: 1, cut: 2, blocked: 3 };

/**
 * join all: runs once every need has ended, if all required ones are met; a failure that leaves one unmet decides at once.
 * join any: runs with the first required need that is met; is held back once all have ended and none is.
 * Needs that are not required are waited for in both. Of several reasons a failure counts before a kill, and a kill before a skip.
 */
export function judge(plan: DagPlan, state: Pick<DagState, 'phases'>, node: number): Verdict {
  const { needs = [], on, any } = plan.nodes[node]!;
  let open = false;
  let openOptional = false;
  let met = false;
  let worst: { is: HeldBack; because: number } | undefined;
  for (let i = 0; i < needs.length; i++) {
    const need = needs[i]!;
    const wanted = on?.[i] ?? SUCCESS;
    if (!PHASES[state.phases[need]!].end) {
      if (wanted === 0) openOptional = true;
      else open = true;
    } else if (wanted !== 0) {
      const counts = countsAs(plan, state, need);
      if ((counts & wanted) !== 0) {
        met = true;
      } else {
        // A failure goes on as one only where a success was wanted: to others it is a branch that was not taken.
        const blocks = counts === FAILURE && (wanted & SUCCESS) !== 0;
        const is = blocks ? 'blocked' : counts === 0 ? 'cut' : 'bypassed';
        if (worst === undefined || WEIGHT[is] > WEIGHT[worst.is]) worst = { is, because: need };
        if (blocks && !any) return worst;
      }
    }
  }
  if (any && met) return openOptional ? OPEN : RUN;
  if (open || openOptional) return OPEN;
  return worst ?? RUN;
}

/** Whether a need has not ended. Cheaper than a verdict, and most often the answer. */
export function hasOpenNeed({ nodes }: DagPlan, { phases }: Pick<DagState, 'phases'>, node: number): boolean {
  return (nodes[node]!.needs ?? []).some((need) => !PHASES[phases[need]!].end);
}
