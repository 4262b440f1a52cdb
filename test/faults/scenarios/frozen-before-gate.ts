import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A worker freezes on its way to a start; the job is killed meanwhile, and the worker wakes up: it must ask before it acts.',
  rows: ['CP-29', 'CP-50'],
  guards: ['gate'],
  quick: true,
  // The kill is acknowledged seconds before the worker wakes up: any start after that is one too many.
  limits: { killGraceMs: 1_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'local.start.before-gate', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('killed', 'frozen', { killAfterMs: null });
    await world.submit([job]);
    await worker!.untilFrozen();
    await world.client.kill(job.intent.requestId);
    await delay(4_000);
    worker!.signal('SIGCONT');
    await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
