import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

/** Where the worker dies for good, and whether anything of the job had begun there. */
const STEPS = [
  { point: 'local.prepare.before-folders', begun: false },
  { point: 'local.start.before-gate', begun: false },
  { point: 'local.start.after-latch', begun: true },
  { point: 'local.start.after-spawn', begun: true },
] as const;

export default {
  hazard:
    'A worker is gone for good. A job that it had not taken moves to another; one that it had taken is UNKNOWN within 3 minutes, and one resolve ends it.',
  rows: ['CP-43', 'CP-29'],
  guards: [],
  quick: false,
  stack: { workers: ['w1', 'w2'] },
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [gone, other] = world.stack.workers;
    // Nobody takes it: the worker dies between admission and launch.
    await other!.down();
    await gone!.down();
    const untaken = Array.from({ length: 5 }, (_, i) => world.plan('quick', `untaken-${i}`));
    await world.submit(untaken);
    other!.start();
    for (const job of untaken) await world.reaches(job.intent.requestId, ['SUCCEED'], 180_000);
    world.log('jobs that no worker had taken moved to the other worker');

    for (const { point } of STEPS) {
      world.stack.plans.set(gone!.name, [{ point, action: 'kill' }]);
      await other!.down();
      gone!.start();
      await world.stack.ready();
      const job = world.plan('killed', `gone-${point.replaceAll('.', '-')}`, { killAfterMs: null, may: ['KILLED', 'FAILED', 'SUCCEED', 'CANCELED'] });
      await world.submit([job]);
      await until('the worker to die', () => !gone!.alive, 60_000, 20);
      await gone!.down();
      other!.start();
      const since = Date.now();
      await world.reaches(job.intent.requestId, ['UNKNOWN', 'RUNNING'], 180_000);
      world.log(`dead at ${point}: ${(await world.client.job(job.intent.requestId)).status} after ${Math.round((Date.now() - since) / 1_000)} s`);
      if ((await world.client.job(job.intent.requestId)).status === 'UNKNOWN') await world.client.resolve(job.intent.requestId, 'killed');
      else await world.client.kill(job.intent.requestId);
      await world.reaches(job.intent.requestId, ['KILLED', 'CANCELED'], 60_000);
    }
  },
} satisfies Scenario;
