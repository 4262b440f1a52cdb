import { Client, Connection } from '@temporalio/client';
import { QUEUES } from '../../../src/specs/identity.ts';
import { SIGNALS, WORKFLOW_TYPES } from '../../../src/specs/messages.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Nonsense reaches the workflows: starts without sense, signals of every wrong shape. All other jobs go on.',
  rows: ['CP-17'],
  guards: [],
  quick: true,
  async play(world) {
    world.load('poison', 40);
    const target = world.plan('sleeping', 'poisoned', { seconds: 5 });
    await world.submit([target]);
    const connection = await Connection.connect({ address: world.stack.temporalAddress });
    const { workflow } = new Client({ connection });
    const handle = workflow.getHandle((await world.client.job(target.intent.requestId)).workflowId);
    for (const signal of [SIGNALS.rerun, SIGNALS.resolve, SIGNALS.modify, SIGNALS.admitted, 'no-such-signal']) {
      for (const payload of [null, 'text', 7, [], { id: 7, with: 'x', as: 'nonsense', attempt: 'one' }]) await handle.signal(signal, payload);
    }
    for (const [i, input] of [null, 'text', 7, { spec: {} }].entries()) {
      const poison = await workflow.start(WORKFLOW_TYPES.job, { workflowId: `poison-${i}`, taskQueue: QUEUES.scheduler, args: [input] });
      world.onClose(() => poison.terminate('end of scenario').catch(() => undefined));
    }
    world.onClose(() => connection.close());
  },
} satisfies Scenario;
