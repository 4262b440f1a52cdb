// POST /jobs → 201 beside a bare Temporal client's start, in turn on the same server.
import { randomUUID } from 'node:crypto';
import { BARE_QUEUE } from '../bare.ts';
import { ended, type Stack } from '../stack.ts';
import { inTurn, show, timed } from '../sample.ts';
import type { Row } from '../table.ts';

export async function createRow(stack: Stack, pairs: number): Promise<Row> {
  const { a, b, ratio } = await inTurn(
    pairs,
    10,
    async () => {
      let id = '';
      const ms = await timed(async () => {
        id = (await stack.api.call('createJob', { body: { spec: { name: 'bench', type: 'shell', config: { command: ['true'] } } } })).id;
      });
      // The job's own work is not counted, and must not be in the way of the next one.
      await ended(stack, id);
      return ms;
    },
    async () => {
      const workflowId = randomUUID();
      const ms = await timed(() => stack.temporal.workflow.start('empty', { taskQueue: BARE_QUEUE, workflowId }));
      await stack.temporal.workflow.result(workflowId);
      return ms;
    },
  );
  return {
    measure: 'create: POST → 201',
    ours: show(a, ' ms', 1),
    peer: `bare client start ${show(b, ' ms', 1)}`,
    ratio: show(ratio, ' ×', 2),
    target: '≤ 1.3 ×',
    met: ratio.median <= 1.3,
  };
}
