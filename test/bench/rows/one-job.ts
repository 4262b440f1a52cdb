// One local job from POST to its announced end, beside a bare workflow whose one activity runs the same process.
import { randomUUID } from 'node:crypto';
import { BARE_QUEUE, type Bare } from '../bare.ts';
import { ended, type Stack } from '../stack.ts';
import { inTurn, show, timed } from '../sample.ts';
import type { Row } from '../table.ts';

const COMMAND = ['true'];

async function events(stack: Stack, workflowId: string): Promise<number> {
  const { events: list } = await stack.temporal.workflow.getHandle(workflowId).fetchHistory();
  return list?.length ?? 0;
}

/** `stock`: the peer on a server without our settings. */
export async function oneJobRows(stack: Stack, stock: Bare, pairs: number): Promise<Row[]> {
  let ours = '';
  let bare = '';
  const runOurs = () =>
    timed(async () => {
      const job = await stack.api.call('createJob', { body: { spec: { name: 'bench', type: 'shell', config: { command: COMMAND } } } });
      ours = job.workflowId;
      await ended(stack, job.id);
    });
  const runBare = ({ temporal }: Bare) =>
    timed(async () => {
      bare = randomUUID();
      await temporal.workflow.execute('bare', { taskQueue: BARE_QUEUE, workflowId: bare, args: [COMMAND] });
    });
  const beside = await inTurn(pairs, 5, runOurs, () => runBare(stock));
  const { a, b, ratio } = await inTurn(pairs, 5, runOurs, () => runBare(stack));
  await stack.temporal.workflow.result(ours);
  const [ourEvents, bareEvents] = [await events(stack, ours), await events(stack, bare)];
  return [
    {
      measure: 'one local job, POST → end',
      ours: show(a, ' ms'),
      peer: `bare workflow ${show(b, ' ms')}`,
      ratio: show(ratio, ' ×', 2),
      target: '≤ 1.5 ×',
      met: ratio.median <= 1.5,
    },
    {
      measure: 'the same beside a server as Temporal ships it',
      ours: show(beside.a, ' ms'),
      peer: `bare workflow ${show(beside.b, ' ms')}`,
      ratio: show(beside.ratio, ' ×', 2),
      target: '—',
      met: undefined,
    },
    {
      measure: 'its history events',
      ours: `${ourEvents}`,
      peer: `${bareEvents}`,
      ratio: `${(ourEvents / bareEvents).toFixed(2)} ×`,
      target: '≤ 2 ×',
      met: ourEvents <= 2 * bareEvents,
    },
  ];
}
