// One edge of a DAG: from the last that a node's process does to the first that the next one's does, beside two activities in a bare workflow.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BARE_QUEUE } from '../bare.ts';
import { runEnded, type Stack } from '../stack.ts';
import { inTurn, show } from '../sample.ts';
import type { Row } from '../table.ts';

/** A process that does nothing but note when it ran. */
const noting = (file: string): string[] => ['sh', '-c', `date +%s%N >${file}`];
const job = (file: string) => ({ type: 'shell', config: { command: noting(file) } });
const noted = async (file: string): Promise<number> => Number(await readFile(file, 'utf8')) / 1e6;

export async function edgeRow(stack: Stack, pairs: number): Promise<Row> {
  const [first, second] = [path.join(stack.data, 'first'), path.join(stack.data, 'second')];
  const between = async (): Promise<number> => (await noted(second)) - (await noted(first));
  const spec = { name: 'edge', nodes: { first: { job: job(first) }, second: { needs: ['first'], job: job(second) } } };
  const { a, b, ratio } = await inTurn(
    pairs,
    5,
    async () => {
      await runEnded(stack, (await stack.api.call('createRun', { body: { spec } })).id);
      return await between();
    },
    async () => {
      const steps = [[noting(first)], [noting(second)]];
      await stack.temporal.workflow.execute('layers', { taskQueue: BARE_QUEUE, workflowId: randomUUID(), args: [steps] });
      return await between();
    },
  );
  return {
    measure: 'an edge of a DAG: a process ends → the next runs',
    ours: show(a, ' ms'),
    peer: `bare workflow ${show(b, ' ms')}`,
    ratio: show(ratio, ' ×', 2),
    target: '≤ 2 ×',
    met: ratio.median <= 2,
  };
}
