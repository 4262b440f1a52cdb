import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'The worker dies after it started jobs and before anyone knows: they are found again, not started again and not taken for failed.',
  rows: ['CP-39', 'CP-40', 'CP-42'],
  guards: ['find'],
  backups: ['latch'],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [worker] = world.stack.workers;
    for (const [i, point] of ['local.start.after-spawn', 'local.start.after-latch', 'launch.after-start', 'launch.before-reply'].entries()) {
      world.stack.plans.set(worker!.name, [{ point, action: 'kill', hit: 3 }]);
      await worker!.crash();
      const armed = worker!.incarnations + 1;
      const jobs = Array.from({ length: 6 }, (_, j) => world.plan('sleeping', `found-${i}-${j}`, { seconds: 15 }));
      await world.submit(jobs);
      await until(`the worker to die at ${point}`, () => worker!.incarnations > armed, 90_000);
    }
  },
} satisfies Scenario;
