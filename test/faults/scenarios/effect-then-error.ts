import type { Scenario } from '../scenario.ts';
import { walk } from '../harness/crash-walk.ts';
import { crashPoints } from '../harness/points.ts';

export default {
  hazard: 'At every named point an error is thrown once: before an effect, and after it took place.',
  rows: ['CP-03', 'CP-18', 'CP-44', 'CP-51', 'CP-55', 'CP-57'],
  guards: [],
  quick: false,
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const points = crashPoints('local');
    world.load('error-0', 40);
    let wave = 0;
    const waves = setInterval(() => world.load(`error-${++wave}`, 10), 10_000);
    try {
      const victims = [...world.stack.apis, world.stack.scheduler, ...world.stack.workers];
      await Promise.all(victims.map(async (victim) => await walk(world, { victim, points, action: 'throw', budgetMs: 45_000 })));
    } finally {
      clearInterval(waves);
    }
  },
} satisfies Scenario;
