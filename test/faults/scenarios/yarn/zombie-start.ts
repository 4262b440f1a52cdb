import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'Workers freeze between the gate and the submission; their successors start the jobs. One wakes up while its job runs, one when it has ended, and both submit.',
  rows: ['CP-29'],
  guards: [],
  quick: true,
  yarn: {},
  stack: { workers: ['w1', 'w2'] },
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [first, second] = world.stack.workers;
    for (const worker of [first!, second!]) {
      world.stack.plans.set(worker.name, [{ point: 'yarn.start.before-submit', action: 'stop' }]);
      await worker.crash();
    }
    await world.stack.ready();
    const jobs = Array.from({ length: 4 }, (_, i) => world.plan('sleeping', `zombie-${i}`, { seconds: 10 }));
    await world.submit(jobs);
    await Promise.all([first!.untilFrozen(120_000), second!.untilFrozen(120_000)]);
    world.stack.plans.clear();
    const zombies = [await world.stack.replace(first!), await world.stack.replace(second!)];
    await until('every payload to start', async () => (await world.truth()).filter(({ event }) => event === 'start').length >= jobs.length, 180_000);
    zombies[0]!.kill('SIGCONT');
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 180_000);
    zombies[1]!.kill('SIGCONT');
    await delay(6_000);
    world.log(`${world.yarn.apps.length} applications for ${jobs.length} jobs`);
  },
} satisfies Scenario;
