import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'The scheduler dies right after it wrote events and before Temporal knows: they are written again and must count once.',
  rows: ['CP-09', 'CP-10', 'CP-66'],
  guards: ['record-sequence'],
  quick: true,
  async play(world) {
    const { scheduler } = world.stack;
    for (let round = 0; round < 4; round++) {
      world.stack.plans.set(scheduler.name, [{ point: 'record.after-commit', action: 'kill', hit: 1 + round * 7 }]);
      await scheduler.crash();
      const { incarnations } = scheduler;
      world.load(`record-${round}`, 10);
      await until('the scheduler to die', () => scheduler.incarnations > incarnations + 1, 60_000);
    }
  },
} satisfies Scenario;
