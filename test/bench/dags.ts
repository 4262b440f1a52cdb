// The rows of DAGs: both workers have the same number of slots.
import { edgeRow } from './rows/dag-edge.ts';
import { foreachRow, nodesRow } from './rows/dag-large.ts';
import { startStack } from './stack.ts';
import type { Measure } from './table.ts';

const SLOTS = 20;

/** `scale`: share of the full number of repetitions. */
export async function measureDags(measure: Measure, scale: number): Promise<void> {
  const stack = await startStack({ slots: SLOTS, peerSlots: SLOTS });
  try {
    await measure('an edge', () => edgeRow(stack, Math.ceil(60 * scale)));
    await measure('a large DAG', () => nodesRow(stack, SLOTS, Math.ceil(3 * scale)));
    await measure('a large foreach', () => foreachRow(stack, SLOTS, Math.ceil(3 * scale)));
  } finally {
    await stack.stop();
  }
}
