import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard: 'Answers come from a state before: a running job is shown as accepted, an ended one as running, again and again. Nobody sees it go back.',
  rows: ['CP-46'],
  guards: [],
  quick: false,
  yarn: {},
  async play(world) {
    const { proxy } = world.yarn;
    const job = world.plan('sleeping', 'backward', { seconds: 12 });
    await world.submit([job]);
    await world.reaches(job.intent.requestId, ['RUNNING'], 120_000);
    let shown = 'ACCEPTED';
    let every = 0;
    // Every second answer is old: it flickers.
    const stop = proxy.rewrite((head, body) => {
      if (!head.startsWith('GET /ws/v1/cluster/apps/application_') || every++ % 2 === 0) return undefined;
      return body.replace(/"state":"[A-Z]+"/, `"state":"${shown}"`).replace(/"finalStatus":"[A-Z]+"/, '"finalStatus":"UNDEFINED"');
    });
    await delay(6_000);
    shown = 'RUNNING';
    await until('the application to end', () => world.yarn.apps.some(({ state }) => state === 'FINISHED'), 60_000);
    await delay(3_000);
    stop();
    await world.reaches(job.intent.requestId, ['SUCCEED']);
    if (every < 4) throw new Error('nothing was rewritten');
  },
} satisfies Scenario;
