// Runs with a thousand short jobs, in layers of nodes and as the items of one node, beside a bare workflow with as many activities.
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { BARE_QUEUE } from '../bare.ts';
import { runEnded, type Stack } from '../stack.ts';
import { inTurn, sample, show, timed } from '../sample.ts';
import type { Row } from '../table.ts';

type Json = z.core.util.JSONType;

const JOBS = 1_000;
const COMMAND = ['true'];
const job = { type: 'shell', config: { command: COMMAND } };

/** As many nodes in a layer as there are slots; each needs all of the layer before. */
export async function nodesRow(stack: Stack, slots: number, pairs: number): Promise<Row> {
  const names = (layer: number): string[] => Array.from({ length: slots }, (_, i) => `n${layer}-${i}`);
  const nodes: Record<string, Json> = {};
  for (let layer = 0; layer < JOBS / slots; layer++)
    for (const name of names(layer)) nodes[name] = layer === 0 ? { job } : { needs: names(layer - 1), job };
  const steps = Array.from({ length: JOBS / slots }, () => Array.from({ length: slots }, () => COMMAND));
  return await row(`a DAG of ${JOBS} short nodes, ${JOBS / slots} layers of ${slots}`, stack, pairs, { name: 'large', nodes }, steps);
}

/** One node with as many items; as many of them at once as there are slots. */
export async function foreachRow(stack: Stack, slots: number, pairs: number): Promise<Row> {
  const item = Array.from({ length: JOBS }, (_, i) => i);
  const spec = { name: 'items', nodes: { each: { foreach: { item, limit: slots }, job } } };
  return await row(`a foreach over ${JOBS} short items`, stack, pairs, spec, [item.map(() => COMMAND)]);
}

async function row(measure: string, stack: Stack, pairs: number, spec: Record<string, Json>, steps: string[][][]): Promise<Row> {
  const { a, b, ratio } = await inTurn(
    pairs,
    0, // Both have run before, and a pair takes minutes.
    () => timed(async () => await runEnded(stack, (await stack.api.call('createRun', { body: { spec } })).id)),
    () => timed(() => stack.temporal.workflow.execute('layers', { taskQueue: BARE_QUEUE, workflowId: randomUUID(), args: [steps] })),
  );
  const seconds = ({ values }: typeof a) => sample(values.map((ms) => ms / 1_000));
  return {
    measure,
    ours: show(seconds(a), ' s', 1),
    peer: `bare workflow ${show(seconds(b), ' s', 1)}`,
    ratio: show(ratio, ' ×', 2),
    target: '≤ 2 ×',
    met: ratio.median <= 2,
  };
}
