import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard:
    'A worker freezes after it was allowed to start a job; its successor has just stopped the job and still looks whether anything new appears.',
  rows: ['CP-50', 'CP-29'],
  guards: ['kill-settle'],
  backups: ['tombstone', 'announced-clean', 'sweep'],
  quick: false,
  // The start is on its way when the kill comes; what counts is that nothing of it stays.
  limits: { killGraceMs: 600_000, recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'local.start.after-gate', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('killed', 'settling', { killAfterMs: null });
    await world.submit([job]);
    await worker!.untilFrozen();
    world.stack.plans.set(worker!.name, [{ point: 'stop.after', action: 'stop' }]);
    const zombie = await world.stack.replace(worker!);
    // Temporal gives the frozen one no more work: it must not carry out the stop itself when it wakes up.
    world.stack.temporalProxy.cut();
    await world.stack.ready();
    await world.client.kill(job.intent.requestId);
    await worker!.untilFrozen(90_000);
    zombie.kill('SIGCONT');
    await delay(2_000);
    worker!.signal('SIGCONT');
    await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
