import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'The Temporal server is killed every few seconds under load.',
  rows: ['CP-05', 'CP-11'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    world.load('temporal', 50);
    for (let round = 0; round < (world.quick ? 3 : 8); round++) {
      await delay(world.random.between(2_000, 7_000));
      world.log('kill temporal');
      await world.stack.temporal.crash();
    }
  },
} satisfies Scenario;
