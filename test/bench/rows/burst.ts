// 100 short jobs at once, beside 100 bare workflows at once: time to the last end.
import { randomUUID } from 'node:crypto';
import { BARE_QUEUE } from '../bare.ts';
import { ended, type Stack } from '../stack.ts';
import { inTurn, show, timed } from '../sample.ts';
import type { Row } from '../table.ts';

const COUNT = 100;

export async function burstRow(stack: Stack, pairs: number): Promise<Row> {
  const spec = { name: 'burst', type: 'shell', config: { command: ['true'] } };
  const every = <T>(one: () => Promise<T>) => timed(() => Promise.all(Array.from({ length: COUNT }, one)));
  const { a, b, ratio } = await inTurn(
    pairs,
    1,
    () => every(async () => await ended(stack, (await stack.api.call('createJob', { body: { spec } })).id)),
    () => every(() => stack.temporal.workflow.execute('bare', { taskQueue: BARE_QUEUE, workflowId: randomUUID(), args: [['true']] })),
  );
  return {
    measure: `${COUNT} short jobs at once`,
    ours: show(a, ' ms'),
    peer: `bare workflows ${show(b, ' ms')}`,
    ratio: show(ratio, ' ×', 2),
    target: '—',
    met: undefined,
  };
}
