import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Every process is killed at random, again and again, at moments that nobody chose.',
  rows: ['CP-04', 'CP-10', 'CP-42'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    world.load('storm', 50);
    const until = Date.now() + (world.quick ? 20_000 : 60_000);
    while (Date.now() < until) {
      await delay(world.random.between(200, 4_000));
      const victim = world.random.pick(world.stack.longshore);
      world.log(`kill ${victim.name}`);
      await victim.crash();
    }
  },
} satisfies Scenario;
