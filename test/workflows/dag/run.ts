// A DAG run driven by the names of its nodes, for stories and tables.
import { validateDag } from '../../../src/specs/dag-check.ts';
import { compileDag } from '../../../src/specs/dag-plan.ts';
import { dagSpecSchema, type DagSpecInput } from '../../../src/specs/dag.schema.ts';
import type { DagPlan, RerunMode } from '../../../src/specs/dag.ts';
import { dagTransition, type DagTransition } from '../../../src/workflows/dag/dag.machine.ts';
import { initialState, type DagEvent, type DagState, type NodeEnd, type Phase } from '../../../src/workflows/dag/dag.state.ts';
import { reasonOf } from '../../../src/workflows/dag/reason.ts';

export type Node = DagSpecInput['nodes'][string];
export type Nodes = Record<string, Node>;
export type Ended = Extract<DagEvent, { type: 'ended' }>;

const job = { type: 'shell' };

/** The plan of these nodes, which are jobs where they do not say otherwise. */
export function planOf(nodes: Nodes, more: Partial<DagSpecInput> = {}): DagPlan {
  const given = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, node.wait === undefined ? { job, ...node } : node]));
  const spec = dagSpecSchema.parse({ name: 'd', nodes: given, ...more });
  const errors = validateDag(spec);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return compileDag(spec);
}

export class Run {
  readonly plan: DagPlan;
  state: DagState;
  /** Every start so far, as "name attempt". */
  readonly started: string[] = [];
  last: DagTransition;

  constructor(nodes: Nodes, more: Partial<DagSpecInput> = {}) {
    this.plan = planOf(nodes, more);
    this.state = initialState(this.plan);
    this.last = { state: this.state, effects: [] };
    this.tell({ type: 'begin' });
  }

  tell(event: DagEvent): this {
    this.last = dagTransition(this.plan, this.state, event);
    this.state = this.last.state;
    for (const effect of this.last.effects) if (effect.type === 'start') this.started.push(`${this.#name(effect.node)} ${effect.attempt}`);
    return this;
  }

  /** The attempt of a node that is under way ends. */
  end(name: string, status: NodeEnd = 'SUCCEED', more: Partial<Ended> = {}): this {
    const node = this.at(name);
    return this.tell({ type: 'ended', node, attempt: this.state.attempts[node]!, status, ...more });
  }

  answer(name: string, answer: boolean | 'error'): this {
    return this.tell({ type: 'condition', node: this.at(name), generation: this.state.generation, answer });
  }

  mark(name: string, as: 'succeeded' | 'failed' | 'skipped'): this {
    return this.tell({ type: 'mark', node: this.at(name), as });
  }

  kill(name: string, how?: 'graceful' | 'forced'): this {
    return this.tell({ type: 'kill-node', node: this.at(name), ...(how && { how }) });
  }

  rerun(mode: RerunMode, ...names: string[]): this {
    return this.tell({ type: 'rerun', mode, ...(names.length > 0 && { nodes: names.map((name) => this.at(name)) }) });
  }

  at(name: string): number {
    return this.plan.nodes.findIndex((node) => node.name === name);
  }

  phase(name: string): Phase {
    return this.state.phases[this.at(name)]!;
  }

  reason(name: string): string | undefined {
    return reasonOf(this.plan, this.state, this.at(name));
  }

  get phases(): Record<string, Phase> {
    return Object.fromEntries(this.plan.nodes.map(({ name }, index) => [name, this.state.phases[index]!]));
  }

  /** What the last event asked to be stopped. */
  get stopped(): string[] {
    return this.last.effects.flatMap((effect) => (effect.type === 'stop' ? [`${this.#name(effect.node)} ${effect.how}`] : []));
  }

  #name(node: number): string {
    return this.plan.nodes[node]!.name;
  }
}
