// Random DAGs, and a run of one that checks after every event what must always be true.
import { array, boolean, constant, constantFrom, integer, nat, oneof, record, subarray, type Arbitrary } from 'fast-check';
import { expect } from 'vitest';
import { compileDag } from '../../../src/specs/dag-plan.ts';
import type { NodeSpec } from '../../../src/specs/dag-node.schema.ts';
import type { DagPlan, FailureMode } from '../../../src/specs/dag.ts';
import { dagTransition } from '../../../src/workflows/dag/dag.machine.ts';
import { PHASES, initialState, isLive, type DagEffect, type DagEvent, type DagState, type NodeEnd } from '../../../src/workflows/dag/dag.state.ts';
import { decided, endsStarts, type OracleNeed, type Word } from './oracle.ts';

export interface RandomNode {
  readonly needs: readonly { readonly to: number; readonly on: readonly Word[]; readonly required: boolean }[];
  readonly join: 'all' | 'any';
  readonly ignores: boolean;
  readonly disabled: boolean;
  /** What its condition says, if it has one. */
  readonly when: boolean | 'error' | undefined;
  /** How its job ends. */
  readonly end: NodeEnd;
}

const words = oneof({ weight: 3, arbitrary: constant<Word[]>(['success']) }, subarray<Word>(['success', 'failure', 'skipped'], { minLength: 1 }));

/** Nodes that need earlier ones; `ends`: how jobs end. */
export const randomNodes = (ends: Arbitrary<NodeEnd>, most = 12): Arbitrary<RandomNode[]> =>
  array(
    record({
      needs: array(record({ to: nat(), on: words, required: integer({ min: 0, max: 4 }).map((n) => n > 0) }), { maxLength: 3 }),
      join: constantFrom('all' as const, 'all' as const, 'any' as const),
      ignores: boolean(),
      disabled: integer({ min: 0, max: 5 }).map((n) => n === 0),
      when: constantFrom(undefined, undefined, undefined, true, false, 'error' as const),
      end: ends,
    }),
    { minLength: 1, maxLength: most },
  ).map((nodes) =>
    nodes.map((node, index) => ({
      ...node,
      needs: [...new Map(index === 0 ? [] : node.needs.map((need) => [need.to % index, { ...need, to: need.to % index }])).values()],
    })),
  );

function planOfNodes(nodes: readonly RandomNode[], failure: FailureMode, maxParallel?: number): DagPlan {
  const written = nodes.map((node, index): [string, NodeSpec] => [
    `n${index}`,
    {
      job: { type: 'shell' },
      join: node.join,
      onFailure: node.ignores ? 'ignore' : 'fail',
      disabled: node.disabled,
      ...(node.when !== undefined && { when: 'x' }),
      needs: Object.fromEntries(node.needs.map(({ to, on, required }) => [`n${to}`, required ? { on: [...on] } : { required }])),
    },
  ]);
  return compileDag({ failure, nodes: Object.fromEntries(written), ...(maxParallel !== undefined && { maxParallel }) });
}

const sorted = (set: readonly number[]): number[] => [...set].sort((a, b) => a - b);

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (Array.isArray(member)) Object.freeze(member);
  return Object.freeze(value);
}

/** A run whose every step is checked. */
export class Checked {
  readonly nodes: readonly RandomNode[];
  readonly plan: DagPlan;
  state: DagState;
  /** The newest attempt that was started of each node. */
  readonly #started: number[];
  /** Why nothing may start: until the run has ended, or somebody reruns or marks. */
  #closed: 'killed' | 'failed' | undefined;

  constructor(nodes: readonly RandomNode[], failure: FailureMode, maxParallel?: number) {
    this.nodes = nodes;
    this.plan = planOfNodes(nodes, failure, maxParallel);
    this.state = initialState(this.plan);
    this.#started = nodes.map(() => 0);
    this.tell({ type: 'begin' });
  }

  tell(event: DagEvent): void {
    // What the state was before must still be so after: a continue-as-new may take either.
    const before = frozen(this.state);
    const { state, effects, refused } = dagTransition(this.plan, before, event);
    if (refused !== undefined) expect([state === before, effects]).toEqual([true, []]);
    this.state = state;
    if (refused === undefined) this.#checkClosed(event, before, effects);
    this.#checkState();
    this.#checkStarts(effects);
    expect(effects.filter((effect) => effect.type === 'settle').length, 'settled').toBe(
      state.status === 'FINISH' && refused === undefined && (before.status !== 'FINISH' || state.generation !== before.generation) ? 1 : 0,
    );
    this.state = JSON.parse(JSON.stringify(state)) as DagState;
    expect(this.state).toEqual(state);
  }

  /** What can come from outside without anybody asking: ends of jobs and answers. */
  pending(): DagEvent[] {
    const { live, asked, attempts, generation } = this.state;
    return [
      ...live.map((node): DagEvent => {
        const stopped = this.state.phases[node] !== 'live';
        return { type: 'ended', node, attempt: attempts[node]!, status: stopped ? 'KILLED' : this.nodes[node]!.end, outputs: `of ${node}` };
      }),
      ...asked.map((node): DagEvent => ({ type: 'condition', node, generation, answer: this.nodes[node]!.when ?? true })),
    ];
  }

  /** Goes on until the run has ended, each time with one of what is pending. */
  finish(choose: (events: readonly DagEvent[]) => DagEvent): void {
    for (let steps = 0; this.state.status !== 'FINISH'; steps++) {
      expect(steps, 'a run that never ends').toBeLessThan(10 * this.nodes.length);
      if (this.state.paused) this.tell({ type: 'resume' });
      else this.tell(choose(this.pending()));
    }
  }

  /** A node's needs as the oracle wants them. */
  needs(node: number, phases: DagState['phases'] = this.state.phases): OracleNeed[] {
    return this.nodes[node]!.needs.map(({ to, on, required }) => ({ end: phases[to]!, ignores: this.nodes[to]!.ignores, on, required }));
  }

  /** After a kill of the run, or a failure that its failure mode answers, nothing starts by itself. */
  #checkClosed(event: DagEvent, before: DagState, effects: readonly DagEffect[]): void {
    if (event.type === 'kill') this.#closed = 'killed';
    const byHand = event.type === 'rerun' || event.type === 'mark';
    if (byHand) expect(this.#closed === 'killed' && before.status !== 'FINISH', 'a kill is undone').toBe(false);
    if (byHand) this.#closed = undefined;
    const failed = this.state.phases.some(
      (phase, node) => phase !== before.phases[node] && endsStarts(this.plan.failure, phase, this.nodes[node]!.ignores),
    );
    if (failed) this.#closed ??= 'failed';
    const starts = effects.filter(({ type }) => type === 'start');
    if (this.#closed !== undefined) expect(starts, `starts although ${this.#closed}`).toEqual([]);
  }

  #checkState(): void {
    const { status, outcome, phases, live, asked, ready, paused, attempts, outputs } = this.state;
    const all = [...phases.keys()];
    expect(sorted(live)).toEqual(all.filter((node) => isLive(phases[node]!)));
    expect(sorted(asked)).toEqual(all.filter((node) => phases[node] === 'asked'));
    expect(sorted(ready)).toEqual(all.filter((node) => phases[node] === 'ready'));
    expect(outcome !== undefined, 'an outcome').toBe(status === 'FINISH');
    expect(status === 'FINISH', 'FINISH only when every node has ended, and then').toBe(phases.every((phase) => PHASES[phase].end));
    if (outcome === 'SUCCEED') expect(phases, 'a success leaves nothing undone').not.toContain('dropped');
    // What has not ended has something pending: a job, an answer, a free place, or the end of a pause.
    if (status === 'RUNNING') {
      expect(live.length + asked.length + ready.length).toBeGreaterThan(0);
      if (!paused && live.length === 0) expect(ready).toEqual([]);
    }
    if (this.plan.maxParallel === undefined && !paused) expect(ready).toEqual([]);
    for (const node of all) if (attempts[node] === 0) expect(outputs[node]).toBeNull();
  }

  #checkStarts(effects: readonly DagEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'start') continue;
      const { node, attempt } = effect;
      expect(attempt, 'an attempt is started once, and the next has the next number').toBe(this.#started[node]! + 1);
      this.#started[node] = attempt;
      const needs = this.needs(node);
      const open = needs.filter(({ end }) => !PHASES[end].end);
      const ended = needs.filter(({ end }) => PHASES[end].end);
      const { join } = this.nodes[node]!;
      if (join === 'all' || open.some(({ required }) => !required)) expect(open, 'started before its needs').toEqual([]);
      const rest = join === 'any' && needs.some(({ required }) => required) ? ended.filter(({ required }) => required) : ended;
      if (join === 'any' && needs.some(({ required }) => required)) expect(rest.length).toBeGreaterThan(0);
      expect(decided({ join, needs: rest, disabled: false }), 'started although its needs do not let it').toBe('live');
    }
    if (this.plan.maxParallel !== undefined) expect(this.state.live.length).toBeLessThanOrEqual(this.plan.maxParallel);
  }
}
