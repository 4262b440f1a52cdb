import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Kill and rerun are sent twice under the same id, in flight and long after; each counts once.',
  rows: ['CP-13'],
  guards: [],
  quick: true,
  async play(world) {
    const killed = world.plan('killed', 'twice-killed', { killAfterMs: null });
    const rerun = world.plan('quick', 'twice-rerun');
    await world.submit([killed, rerun]);
    await world.started(killed.intent.requestId);
    await Promise.all([1, 2, 3].map(() => world.client.kill(killed.intent.requestId)));
    await world.reaches(rerun.intent.requestId, ['SUCCEED']);
    await Promise.all([1, 2, 3].map(() => world.client.rerun(rerun.intent.requestId, 'again')));
    await world.reaches(rerun.intent.requestId, ['SUCCEED']);
    await delay(3_000);
    await world.client.rerun(rerun.intent.requestId, 'again');
    await delay(3_000);
    const { attempt } = await world.reaches(rerun.intent.requestId, ['SUCCEED']);
    if (attempt !== 2) throw new Error(`one rerun, sent four times, made ${attempt - 1} attempts`);
  },
} satisfies Scenario;
