import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'A worker freezes before it uploads what it would start; another one stops and cleans the job, and the first wakes up: it must ask before it acts, and finds the tombstone.',
  rows: ['CP-29', 'CP-50'],
  // Without gate, tombstone and sweep it passes, too: the late try hears in time that it was cancelled, and no guard stands alone here.
  guards: [],
  quick: true,
  yarn: {},
  stack: { workers: ['w1', 'w2'] },
  limits: { killGraceMs: 1_000, recoveryMs: 180_000 },
  async play(world) {
    const [frozen, other] = world.stack.workers;
    await other!.down();
    world.stack.plans.set(frozen!.name, [{ point: 'yarn.stage.before-file', action: 'stop' }]);
    await frozen!.crash();
    await world.stack.ready();
    const job = world.plan('killed', 'frozen', { killAfterMs: null });
    await world.submit([job]);
    await frozen!.untilFrozen(120_000);
    other!.start();
    await world.client.kill(job.intent.requestId);
    await world.reaches(job.intent.requestId, job.intent.may, 120_000);
    frozen!.signal('SIGCONT');
    await delay(10_000);
    world.log(`the job is stopped, the worker woke up: ${world.yarn.apps.length} applications`);
  },
} satisfies Scenario;
