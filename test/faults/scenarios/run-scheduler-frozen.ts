import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A scheduler freezes in the middle of a record of runs, another goes on with them, and the first wakes up and writes what is old.',
  rows: ['CP-09', 'CP-10'],
  guards: [],
  quick: false,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const { scheduler } = world.stack;
    for (const point of ['record.before', 'record-run.before-commit', 'run.answered']) {
      world.stack.plans.set(scheduler.name, [{ point, action: 'stop', hit: world.random.between(3, 9) }]);
      await scheduler.crash();
      world.loadRuns(`frozen-${point.replaceAll('.', '-')}`, 6);
      await scheduler.untilFrozen();
      world.stack.plans.clear();
      // In a transaction it keeps everybody from writing: only so long as a person would look.
      const zombie = await world.stack.replace(scheduler);
      world.log(`frozen at ${point}`);
      await delay(world.random.between(3_000, 12_000));
      zombie.kill('SIGCONT');
      await delay(5_000);
      zombie.kill('SIGKILL');
    }
  },
} satisfies Scenario;
