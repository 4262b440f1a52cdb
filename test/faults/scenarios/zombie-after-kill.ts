import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A worker freezes after it was allowed to start a job; its successor has stopped the job and not yet cleaned it when the first wakes up.',
  rows: ['CP-29', 'CP-50', 'CP-39'],
  guards: ['tombstone'],
  quick: true,
  // The kill is acknowledged long before the zombie wakes up: any start after that is one too many.
  limits: { killGraceMs: 1_000, recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'local.start.after-gate', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('killed', 'zombie-kill', { killAfterMs: null });
    await world.submit([job]);
    await worker!.untilFrozen();
    await world.client.kill(job.intent.requestId);
    world.stack.plans.set(worker!.name, [{ point: 'local.clean.before-stop', action: 'stop' }]);
    const zombie = await world.stack.replace(worker!);
    await worker!.untilFrozen(90_000);
    world.log('the job is stopped and not yet cleaned; the first worker wakes up');
    zombie.kill('SIGCONT');
    await delay(3_000);
    worker!.signal('SIGCONT');
    await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
