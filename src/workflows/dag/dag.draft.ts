// One transition in the making: a copy of the state that is written to. An array is copied before it is first written, and only then,
// because with 10,000 nodes the copies are what a transition costs.
import type { DagPlan } from '../../specs/dag.ts';
import { PHASES, isLive, type DagEffect, type DagState, type Phase } from './dag.state.ts';

type Writable = { -readonly [K in keyof DagState]: DagState[K] };
type ArrayKey = 'phases' | 'attempts' | 'outputs' | 'disabled' | 'asked' | 'ready' | 'live';
type ArrayOf<K extends ArrayKey> = DagState[K][number][];

export class Draft {
  readonly plan: DagPlan;
  readonly state: Writable;
  readonly effects: DagEffect[] = [];
  readonly #copied = new Set<ArrayKey>();

  constructor(plan: DagPlan, state: DagState) {
    this.plan = plan;
    this.state = { ...state };
  }

  /** The array of this name, for writing. */
  own<K extends ArrayKey>(key: K): ArrayOf<K> {
    if (!this.#copied.has(key)) {
      this.#copied.add(key);
      (this.state as Record<ArrayKey, unknown>)[key] = this.state[key].slice();
    }
    return this.state[key] as ArrayOf<K>;
  }

  phase(node: number): Phase {
    return this.state.phases[node]!;
  }

  /** Puts a node into a phase, and keeps the sets of phases right. */
  put(node: number, phase: Phase): void {
    const from = setOf(this.phase(node));
    const to = setOf(phase);
    if (from !== to && from !== undefined) remove(this.own(from), node);
    if (from !== to && to !== undefined) this.own(to).push(node);
    this.own('phases')[node] = phase;
  }

  /** Puts a node into a phase that no job tells of, and says so. */
  enter(node: number, phase: Phase, because?: number): void {
    this.put(node, phase);
    this.effects.push({ type: 'entered', node, phase, ...(because !== undefined && { because }) });
  }

  /** Lets an ended node wait again. Its newest attempt keeps its number, and its outputs are gone. */
  reopen(node: number): void {
    if (this.state.outputs[node] !== null) this.own('outputs')[node] = null;
    this.enter(node, 'waiting');
  }

  stop(node: number, how: 'graceful' | 'forced', as: 'stopping' | 'restarting' = 'stopping'): void {
    this.put(node, as);
    this.effects.push({ type: 'stop', node, attempt: this.state.attempts[node]!, how });
  }

  isEnd(node: number): boolean {
    return PHASES[this.phase(node)].end;
  }
}

/** The set of the state that holds the nodes of a phase. */
function setOf(phase: Phase): 'asked' | 'ready' | 'live' | undefined {
  if (phase === 'asked' || phase === 'ready') return phase;
  return isLive(phase) ? 'live' : undefined;
}

function remove(set: number[], node: number): void {
  const at = set.indexOf(node);
  if (at >= 0) set.splice(at, 1);
}
