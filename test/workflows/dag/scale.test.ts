// 10,000 nodes in 40 layers: what a run of the greatest size costs in CPU, and in bytes of what a continue-as-new carries.
import { expect, test } from 'vitest';
import { compileDag } from '../../../src/specs/dag-plan.ts';
import type { DagPlan } from '../../../src/specs/dag.ts';
import { dagTransition } from '../../../src/workflows/dag/dag.machine.ts';
import { initialState, type DagEvent, type DagState } from '../../../src/workflows/dag/dag.state.ts';

const LAYERS = 40;
const WIDTH = 250;
const DIGEST = 'f'.repeat(64);

/** Each node needs so many of the layer before. */
function layered(needs: number, maxParallel?: number): DagPlan {
  const name = (layer: number, place: number): string => `layer-${layer}-node-${place % WIDTH}`;
  const nodes = Array.from({ length: LAYERS * WIDTH }, (_, index) => {
    const [layer, place] = [Math.floor(index / WIDTH), index % WIDTH];
    return [
      name(layer, place),
      { job: { type: 'shell' }, ...(layer > 0 && { needs: Array.from({ length: needs }, (_, i) => name(layer - 1, place + i)) }) },
    ];
  });
  return compileDag({ failure: 'finish', nodes: Object.fromEntries(nodes), ...(maxParallel !== undefined && { maxParallel }) });
}

/** Ends every node, the ones that were started first at last. Gives the state and the milliseconds of CPU. */
function run(plan: DagPlan, begun = initialState(plan), first: DagEvent = { type: 'begin' }): { state: DagState; ms: number } {
  const before = process.cpuUsage();
  let { state } = dagTransition(plan, begun, first);
  while (state.status !== 'FINISH') {
    const node = state.live.at(-1)!;
    ({ state } = dagTransition(plan, state, { type: 'ended', node, attempt: state.attempts[node]!, status: 'SUCCEED', outputs: DIGEST }));
  }
  const { user, system } = process.cpuUsage(before);
  return { state, ms: (user + system) / 1000 };
}

test.each([
  ['3 needs each', 3, undefined],
  ['100 needs each', 100, undefined],
  ['3 needs each, 20 at once', 3, 20],
] as const)('10,000 nodes of %s take less than 2 s of CPU', (_, needs, maxParallel) => {
  const plan = layered(needs, maxParallel);
  const { state, ms } = run(plan);
  expect([state.outcome, state.attempts.every((attempt) => attempt === 1)]).toEqual(['SUCCEED', true]);
  expect(ms).toBeLessThan(2000);
});

test('state and plan are small, and a rerun of everything costs what the first run did', () => {
  const plan = layered(3);
  const { state } = run(plan);
  expect(JSON.stringify(state).length).toBeLessThan(1_000_000);
  expect(JSON.stringify(plan).length).toBeLessThan(1_200_000);
  const again = run(plan, state, { type: 'rerun', mode: 'all' });
  expect(again.state.attempts.every((attempt) => attempt === 2)).toBe(true);
  expect(again.ms).toBeLessThan(2000);
});

test('a failure at the top of 10,000 nodes skips them all at once', () => {
  const plan = layered(3);
  let { state } = dagTransition(plan, initialState(plan), { type: 'begin' });
  for (let node = 0; node < WIDTH; node++) ({ state } = dagTransition(plan, state, { type: 'ended', node, attempt: 1, status: 'FAILED' }));
  expect([state.outcome, state.phases.filter((phase) => phase === 'blocked').length]).toEqual(['FAILED', 9750]);
});
