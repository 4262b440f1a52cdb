import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard:
    'A worker freezes after it was allowed to start a job; its successor kills and cleans the job, and the first wakes up 3 heartbeat timeouts late.',
  rows: ['CP-29', 'CP-50', 'CP-39'],
  guards: [],
  quick: false,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    world.stack.plans.set(worker!.name, [{ point: 'local.start.after-gate', action: 'stop' }]);
    await worker!.crash();
    await world.stack.ready();
    const job = world.plan('killed', 'zombie-clean', { killAfterMs: null });
    await world.submit([job]);
    await worker!.untilFrozen();
    world.stack.plans.delete(worker!.name);
    await world.client.kill(job.intent.requestId);
    const zombie = await world.stack.replace(worker!);
    await world.reaches(job.intent.requestId, job.intent.may, 120_000);
    await delay(30_000);
    zombie.kill('SIGCONT');
    await delay(5_000);
  },
} satisfies Scenario;
