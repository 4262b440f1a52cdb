import type { Scenario } from '../scenario.ts';
import { walk } from '../harness/crash-walk.ts';
import { crashPoints } from '../harness/points.ts';

export default {
  hazard: 'API, scheduler and worker are killed at every named point, all three at once, with 50 jobs in flight.',
  rows: ['CP-01', 'CP-03', 'CP-04', 'CP-10', 'CP-19', 'CP-20', 'CP-39', 'CP-40', 'CP-41', 'CP-42', 'CP-51', 'CP-55', 'CP-56', 'CP-66'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const points = crashPoints('local');
    const budgetMs = world.quick ? 75_000 : 300_000;
    world.load('walk-0', world.quick ? 30 : 50);
    // Fresh work all along, so that every point has something to meet.
    let wave = 0;
    const waves = setInterval(() => world.load(`walk-${++wave}`, 10), world.quick ? 12_000 : 15_000);
    try {
      const victims = [...world.stack.apis, world.stack.scheduler, ...world.stack.workers];
      await Promise.all(victims.map(async (victim) => await walk(world, { victim, points, action: 'kill', budgetMs })));
    } finally {
      clearInterval(waves);
    }
  },
} satisfies Scenario;
