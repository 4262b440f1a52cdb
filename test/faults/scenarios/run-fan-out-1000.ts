import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A run of 1,000 items while every process, Temporal too, is killed at random: 1,000 starts.',
  rows: ['CP-11', 'CP-59'],
  guards: [],
  quick: false,
  long: true,
  stack: { slots: 50, historyBudget: 3_000 },
  limits: { recoveryMs: 400_000 },
  async play(world) {
    const items = 1_000;
    await world.submitRuns([world.planRun('fan', { nodes: { many: { kind: 'quick', items, change: { lines: 1 } } } })]);
    const starts = async (): Promise<string[]> => (await world.truth()).filter(({ event }) => event === 'start').map(({ key }) => key);
    while ((await starts()).length < items * 0.9) {
      await delay(world.random.between(2_000, 15_000));
      const victim = world.random.pick(world.stack.processes);
      world.log(`kill ${victim.name} after ${(await starts()).length} starts`);
      await victim.crash();
    }
    await world.runReaches('fan', 'FINISH', 1, 400_000);
    const all = await starts();
    if (all.length !== items || new Set(all).size !== items) throw new Error(`${items} items had ${all.length} starts`);
  },
} satisfies Scenario;
