import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A worker freezes after it was allowed to start a job; its successor starts the job, and the first wakes up and goes on.',
  rows: ['CP-29', 'CP-40'],
  guards: ['latch'],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'local.start.after-gate', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('sleeping', 'zombie', { seconds: 20 });
    await world.submit([job]);
    await worker!.untilFrozen();
    world.stack.plans.delete(worker!.name);
    const zombie = await world.stack.replace(worker!);
    world.log(`worker ${zombie.pid} is frozen, ${worker!.pid} takes its place`);
    await world.started(job.intent.requestId, 90_000);
    zombie.kill('SIGCONT');
    await delay(5_000);
  },
} satisfies Scenario;
