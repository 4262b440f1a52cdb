// The rows of a run depend on its events alone: not on how many come at a time, how often, or what of them was once taken back.
import { array, assert, asyncProperty, constantFrom, integer, nat, option, record, type Arbitrary } from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { RUN_OUTCOMES, RUN_STATUSES } from '../../src/specs/dag.ts';
import type { NodeStatus, RunEvent } from '../../src/specs/run.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { node, runRecordOf, sampleRun, time } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-projection-'));
let store: Store;
beforeAll(async () => {
  store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const change = record({
  node: constantFrom('a', 'b', 'c'),
  status: constantFrom<NodeStatus>('WAITING', 'job', 'job', 'SUCCEED', 'FAILED', 'SKIPPED'),
  attempt: nat(3),
  more: constantFrom({}, { reason: 'so' }, { jobId: '9000000000000000001' }, { items: 4 }),
});
const step = record({
  type: constantFrom<RunEvent['type']>('status', 'nodes', 'kill', 'rerun', 'mark', 'pause', 'resume', 'note', 'refused'),
  status: constantFrom(...RUN_STATUSES),
  outcome: constantFrom(...RUN_OUTCOMES),
  generation: integer({ min: 1, max: 3 }),
  paused: option(constantFrom(true, false)),
  reason: option(constantFrom('first', 'second')),
  set: option(
    constantFrom({ params: { day: '2' } }, { version: 2, spec: { sha256: 'b'.repeat(64), size: 1 } }, { spec: { sha256: 'c'.repeat(64), size: 1 } }),
  ),
  nodes: array(change, { maxLength: 4 }),
});
type Step = typeof step extends Arbitrary<infer T> ? T : never;

const eventsOf = (steps: readonly Step[], from = 0, later = 0): RunEvent[] =>
  steps.map(({ nodes, outcome, paused, reason, set, ...what }, i) => ({
    seq: from + i + 1,
    at: time(later + from + i),
    ...what,
    ...(what.status === 'FINISH' && { outcome }),
    ...(paused !== null && { paused }),
    ...(reason !== null && { reason }),
    ...(set !== null && { set }),
    ...(nodes.length > 0 && { nodes: nodes.map(({ more, ...told }) => node(told.node, { ...told, ...more, phase: told.status.toLowerCase() })) }),
  }));

/** Everything that readers see of a run, but its id. */
async function seen(runId: string) {
  const { input, ...row } = (await store.runs.run(runId))!;
  const own = { runId: '', workflowId: '', createdAt: '', digest: '' };
  const nodes = (await store.runs.nodes(runId)).toSorted((x, y) => (x.node < y.node ? -1 : 1));
  return {
    row: { ...row, ...own, updatedAt: row.seq === 0 ? '' : row.updatedAt },
    input: { ...input, ...own },
    nodes,
    events: await store.runs.events(runId, 0, 1_000),
  };
}

async function recorded(batches: readonly (readonly RunEvent[])[]) {
  const run = sampleRun();
  for (const events of batches) await store.runs.record(runRecordOf(run, events));
  return await seen(run.runId);
}

test('the same events give the same rows, in any batches, with repetitions', async () => {
  await assert(
    asyncProperty(array(step, { maxLength: 8 }), array(nat(8), { maxLength: 4 }), async (steps, cuts) => {
      const events = eventsOf(steps);
      const edges = [...new Set([0, ...cuts.filter((cut) => cut < events.length)])].toSorted((x, y) => x - y);
      // Each batch begins with one that was written already.
      const batches = edges.map((from, i) => events.slice(Math.max(0, from - 1), edges[i + 1] ?? events.length));
      expect(await recorded(batches)).toEqual(await recorded([events]));
    }),
    { numRuns: 150 },
  );
});

test('what was taken back leaves no trace', async () => {
  await assert(
    asyncProperty(
      array(step, { maxLength: 4 }),
      array(step, { minLength: 1, maxLength: 4 }),
      array(step, { minLength: 1, maxLength: 4 }),
      async (kept, lost, after) => {
        const begun = eventsOf(kept);
        // The first of the lost ones is contradicted, whatever it was.
        const told = eventsOf([{ ...lost[0]!, type: 'note', reason: 'first' }, ...lost.slice(1)], kept.length);
        const history = eventsOf([{ ...after[0]!, type: 'note', reason: 'second' }, ...after.slice(1)], kept.length, 1_000);
        expect(await recorded([[...begun, ...told], history])).toEqual(await recorded([begun, history]));
      },
    ),
    { numRuns: 150 },
  );
});
