// Every case of the truth tables, through the machine, against the oracle: join × on × required × when × disabled × skipped × onFailure ×
// failure mode for one need, and every pair of needs. And the page that publishes them.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileDag } from '../../../src/specs/dag-plan.ts';
import type { NodeSpec } from '../../../src/specs/dag-node.schema.ts';
import { FAILURE_MODES, type FailureMode } from '../../../src/specs/dag.ts';
import { dagTransition } from '../../../src/workflows/dag/dag.machine.ts';
import { initialState, type DagEvent, type DagState, type Phase } from '../../../src/workflows/dag/dag.state.ts';
import { ALL_WORDS, decided, endsStarts, type OracleNeed, type Word } from './oracle.ts';
import { tables, written } from './tables.ts';

const JOINS = ['all', 'any'] as const;
const WHENS = [undefined, true, false, 'error'] as const;
const NO_YES = [false, true] as const;
/** How a needed node ends, by what its job or its condition says. */
const ENDS = ['succeeded', 'failed', 'killed', 'skipped', 'disabled'] as const;
type End = (typeof ENDS)[number];

const SETS = ALL_WORDS.reduce<Word[][]>((sets, word) => [...sets, ...sets.map((set) => [...set, word])], [[]]).filter((set) => set.length > 0);
/** Everything that can be asked of a need. */
const ASKED = [...SETS.map((on) => ({ on, required: true })), { on: ['success'] as Word[], required: false }];

const job = { type: 'shell' };
/** A needed node. A disabled one ends by itself, as soon as its own need does: that of the gate stands for it. */
const source = (end: End, ignores: boolean): NodeSpec => ({
  job,
  ...(end === 'disabled' && { disabled: true, needs: ['gate'] }),
  ...(end === 'skipped' && { when: 'x' }),
  ...(ignores && { onFailure: 'ignore' }),
});
const need = ({ on, required }: Pick<OracleNeed, 'on' | 'required'>) => (required ? { on: [...on] } : { required });

/** Plays events on a DAG; an event may look at the state. */
function play(nodes: Record<string, NodeSpec>, failure: FailureMode, events: readonly ((state: DagState) => DagEvent)[]): DagState {
  const plan = compileDag({ nodes, failure });
  return events.reduce((state, event) => dagTransition(plan, state, event(state)).state, initialState(plan));
}

const begin = (): DagEvent => ({ type: 'begin' });
const answer =
  (node: number, answer: boolean | 'error') =>
  ({ generation }: DagState): DagEvent => ({ type: 'condition', node, generation, answer });
const GATE = 0;
const ends = (node: number, end: End): ((state: DagState) => DagEvent) => {
  if (end === 'skipped') return answer(node, false);
  if (end === 'disabled') return () => ({ type: 'ended', node: GATE, attempt: 1, status: 'SUCCEED' });
  const status = { succeeded: 'SUCCEED', failed: 'FAILED', killed: 'KILLED' } as const;
  return () => ({ type: 'ended', node, attempt: 1, status: status[end] });
};

describe('one need', () => {
  const cases = FAILURE_MODES.flatMap((failure) => JOINS.flatMap((join) => ENDS.map((end) => ({ failure, join, end }))));

  test.each(cases)('that ends $end, join $join, failure $failure', ({ failure, join, end }) => {
    const wrong: unknown[] = [];
    for (const asked of ASKED)
      for (const ignores of NO_YES)
        for (const disabled of NO_YES)
          for (const when of WHENS)
            for (const skipped of NO_YES) {
              const nodes: Record<string, NodeSpec> = {
                gate: { job },
                a: source(end, ignores),
                x: { job, join, disabled, needs: { a: need(asked) }, ...(when !== undefined && { when: 'x' }) },
                waiting: { job, needs: { gate: { on: 'done' }, running: {} } },
                running: { job },
              };
              const { phases } = play(nodes, failure, [
                begin,
                ...(skipped ? [(): DagEvent => ({ type: 'mark', node: 2, as: 'skipped' })] : []),
                ends(1, end),
                ...(when === undefined ? [] : [answer(2, when)]),
              ]);
              const inTurn = decided({ join, disabled, needs: [{ ...asked, end, ignores }], ...(when !== undefined && { when }) });
              const answered = endsStarts(failure, end, ignores);
              const x: Phase = skipped ? 'skipped' : answered ? 'dropped' : inTurn;
              const fails = answered || endsStarts(failure, x, false);
              const running: Phase = fails && failure === 'stop' ? 'stopping' : 'live';
              const gate: Phase = end === 'disabled' ? 'succeeded' : running;
              const expected: Phase[] = [gate, end, x, fails ? 'dropped' : 'waiting', running];
              if (phases.join() !== expected.join()) wrong.push({ asked, ignores, disabled, when, skipped, phases, expected });
            }
    expect(wrong).toEqual([]);
  });
});

describe('two needs', () => {
  const KINDS = [...ENDS.map((end) => ({ end, ignores: false })), { end: 'failed' as const, ignores: true }];
  const ALL = KINDS.flatMap((kind) => ASKED.map((asked) => ({ ...kind, ...asked })));

  test.each(JOINS)('in either order, join %s', (join) => {
    const wrong: unknown[] = [];
    for (const a of ALL)
      for (const b of ALL) {
        const nodes: Record<string, NodeSpec> = {
          gate: { job },
          a: source(a.end, a.ignores),
          b: source(b.end, b.ignores),
          x: { job, join, needs: { a: need(a), b: need(b) } },
        };
        const both = [ends(1, a.end), ends(2, b.end)];
        const expected = [a.end, b.end, decided({ join, disabled: false, needs: [a, b] })].join();
        for (const order of [both, both.toReversed()]) {
          const { phases } = play(nodes, 'finish', [begin, ...order]);
          if (phases.slice(1).join() !== expected) wrong.push({ a, b, phases, expected });
        }
      }
    expect(wrong).toEqual([]);
  });
});

test('docs/dags.md has the tables that `node test/workflows/dag/tables.ts` writes', () => {
  const page = readFileSync(new URL('../../../docs/dags.md', import.meta.url), 'utf8');
  expect(page).toBe(written(page, tables()));
});
