import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Runs are killed while everything dies at once, Temporal too, again and again: the kills count, and nothing of the runs is left.',
  rows: ['CP-11', 'CP-60'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    for (let round = 0; round < (world.quick ? 2 : 4); round++) {
      const names = [1, 2, 3].map((n) => `killed-${round}-${n}`);
      await world.submitRuns(
        names.map((name) =>
          world.planRun(name, {
            nodes: {
              many: { kind: 'killed', items: 4 },
              stubborn: { kind: 'stubborn' },
              hydra: { kind: 'hydra' },
              after: { kind: 'quick', needs: { many: 'success' }, change: { may: [] } },
            },
            may: ['KILLED'],
          }),
        ),
      );
      await delay(world.random.between(0, 6_000));
      for (const name of names) world.background(world.client.killRun(name));
      await delay(world.random.between(0, 1_500));
      world.log('kill everything');
      await Promise.all(world.stack.processes.map((victim) => victim.crash()));
    }
  },
} satisfies Scenario;
