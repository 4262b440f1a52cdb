import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: '`longshore up`, everything in one process beside its Temporal server, is killed again and again; it finds its server and its jobs again.',
  rows: ['CP-10', 'CP-11', 'CP-42'],
  guards: [],
  quick: true,
  stack: { up: true },
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const [up] = world.stack.longshore;
    world.load('up', 40);
    for (let round = 0; round < (world.quick ? 2 : 6); round++) {
      await delay(world.random.between(1_000, 6_000));
      world.log('kill up');
      await up!.crash();
      if (round === 1) world.stack.killUpsTemporal();
    }
  },
} satisfies Scenario;
