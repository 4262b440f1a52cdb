// What is true of every DAG, whatever happens in whatever order: random DAGs, ends, kills, reruns, pauses and marks.
import { array, assert, constant, constantFrom, integer, nat, oneof, option, property, record, type Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { FAILURE_MODES, RERUN_MODES } from '../../../src/specs/dag.ts';
import type { DagEvent, NodeEnd, Phase } from '../../../src/workflows/dag/dag.state.ts';
import { decided } from './oracle.ts';
import { Checked, randomNodes, type RandomNode } from './random.ts';

const failureMode = constantFrom(...FAILURE_MODES);
const natural = constantFrom<NodeEnd>('SUCCEED', 'SUCCEED', 'SUCCEED', 'FAILED', 'START_FAILED', 'CANCELED');

/** A step of a run: mostly what is pending, now and then a person. */
const step = oneof(
  { weight: 8, arbitrary: record({ type: constant('pending' as const), pick: nat() }) },
  {
    weight: 3,
    arbitrary: record({
      type: constantFrom('pause', 'resume', 'kill-node', 'rerun', 'disable', 'enable', 'mark', 'stale'),
      pick: nat(),
      mode: constantFrom(...RERUN_MODES),
      as: constantFrom('succeeded' as const, 'failed' as const, 'skipped' as const),
    }),
  },
  { weight: 1, arbitrary: record({ type: constant('kill' as const), pick: nat() }) },
);
type Step = typeof step extends Arbitrary<infer T> ? T : never;

function eventOf(run: Checked, step: Step): DagEvent | undefined {
  const node = step.pick % run.nodes.length;
  const pending = run.pending();
  switch (step.type) {
    case 'pending':
      return pending[step.pick % Math.max(1, pending.length)];
    case 'rerun':
      return { type: 'rerun', mode: step.mode, nodes: [node] };
    case 'mark':
      return { type: 'mark', node, as: step.as };
    case 'stale':
      return { type: 'ended', node, attempt: Math.max(0, run.state.attempts[node]! - 1), status: 'SUCCEED' };
    case 'kill-node':
    case 'disable':
    case 'enable':
      return { type: step.type, node };
    default:
      return { type: step.type };
  }
}

const pick = (numbers: readonly number[]) => {
  let at = 0;
  return (events: readonly DagEvent[]): DagEvent => events[(numbers[at++ % numbers.length] ?? 0) % events.length]!;
};
const order = array(nat(1000), { minLength: 1, maxLength: 30 });

test('whatever happens, every step is right, and the run ends', () => {
  assert(
    property(
      randomNodes(natural),
      failureMode,
      option(integer({ min: 1, max: 3 }), { nil: undefined }),
      array(step, { maxLength: 60 }),
      order,
      (nodes, failure, maxParallel, steps, numbers) => {
        const run = new Checked(nodes, failure, maxParallel);
        for (const step of steps) {
          const event = eventOf(run, step);
          if (event !== undefined) run.tell(event);
        }
        run.finish(pick(numbers));
      },
    ),
    { numRuns: 400 },
  );
});

/** The end of every node, from first to last, without a machine. */
function expectedPhases(nodes: readonly RandomNode[]): Phase[] {
  const ends: Phase[] = [];
  const byJob = { SUCCEED: 'succeeded', FAILED: 'failed', START_FAILED: 'start-failed', CANCELED: 'canceled', KILLED: 'killed' } as const;
  for (const { join, needs, disabled, when, end } of nodes) {
    const asked = needs.map(({ to, on, required }) => ({ end: ends[to]!, ignores: nodes[to]!.ignores, on, required }));
    const phase = decided({ join, needs: asked, disabled, ...(when !== undefined && { when }) });
    ends.push(phase === 'live' ? byJob[end] : phase);
  }
  return ends;
}

test('the order of events changes nothing, and each node ends as its needs say', () => {
  assert(
    property(randomNodes(natural), order, option(integer({ min: 1, max: 3 }), { nil: undefined }), (nodes, numbers, maxParallel) => {
      const run = new Checked(nodes, 'finish', maxParallel);
      run.finish(pick(numbers));
      expect(run.state.phases).toEqual(expectedPhases(nodes));
      const failed = run.state.phases.some((phase, node) => ['failed', 'start-failed', 'canceled'].includes(phase) && !nodes[node]!.ignores);
      expect(run.state.outcome).toBe(failed ? 'FAILED' : 'SUCCEED');
    }),
    { numRuns: 400 },
  );
});

test('B6 after a rerun of what failed, once it succeeds, the run is as if nothing had failed', () => {
  assert(
    property(randomNodes(natural), constantFrom('finish' as const, 'drain' as const, 'stop' as const), order, (nodes, failure, numbers) => {
      // Only needs for a success and plain conditions: then nothing has run that a success would not have let run.
      const plain = nodes.map((node) => ({
        ...node,
        ignores: false,
        join: 'all' as const,
        when: node.when === 'error' ? true : node.when,
        needs: node.needs.map(({ to, required }) => ({ to, on: ['success' as const], required: required || failure !== 'finish' })),
      }));
      const run = new Checked(plain, failure);
      run.finish(pick(numbers));
      if (run.state.outcome === 'FAILED') {
        run.nodes.forEach((node) => Object.assign(node, { end: 'SUCCEED' }));
        run.tell({ type: 'rerun', mode: 'failed' });
        run.finish(pick(numbers));
      }
      expect(run.state.phases).toEqual(expectedPhases(plain.map((node) => ({ ...node, end: 'SUCCEED' as const }))));
      expect(run.state.outcome).toBe('SUCCEED');
    }),
    { numRuns: 200 },
  );
});
