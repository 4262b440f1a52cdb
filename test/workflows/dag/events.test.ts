// What the store is told of a run, and in which state the run is shown with it.
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/specs/run.ts';
import { Events, type Shown } from '../../../src/workflows/dag/events.ts';

test('changes that are told with a later event say how the run was when they came', () => {
  let shown: Shown = { status: 'RUNNING', generation: 1, paused: false };
  const events = new Events(
    () => shown,
    (told: readonly RunEvent[]) => ({ input: {} as never, workflowId: 'w', temporalRunId: 'r', events: told }),
  );
  events.changed({ node: 'a', phase: 'live', status: 'job', attempt: 1 }, true);
  shown = { status: 'FINISH', outcome: 'SUCCEED', generation: 1, paused: false };
  events.tell({ type: 'status' }, [{ node: 'a', phase: 'succeeded', status: 'SUCCEED', attempt: 1 }]);
  expect(events.next()).toMatchObject([
    { seq: 1, type: 'nodes', status: 'RUNNING', nodes: [{ phase: 'live' }] },
    { seq: 2, type: 'status', status: 'FINISH', outcome: 'SUCCEED', nodes: [{ phase: 'succeeded' }] },
  ]);
});
