import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A worker freezes while it copies a log; its successor copies on, and the first wakes up with an old piece in its hand.',
  rows: ['CP-55'],
  guards: ['log-offset'],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'log.before-append', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('sleeping', 'zombie-log', { seconds: 45 });
    await world.submit([job]);
    await worker!.untilFrozen();
    world.stack.plans.delete(worker!.name);
    const zombie = await world.stack.replace(worker!);
    await world.hasLog(job.intent.requestId, 90_000);
    zombie.kill('SIGCONT');
    await delay(2_000);
  },
} satisfies Scenario;
