import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A run of hundreds of items is continued as new all the time, and scheduler, worker and API die half-way: as many starts as items.',
  rows: ['CP-14', 'CP-59'],
  guards: [],
  quick: true,
  stack: { slots: 50, historyBudget: 1_000 },
  limits: { recoveryMs: 240_000 },
  play: async (world) => {
    const items = world.quick ? 60 : 200;
    const run = world.planRun('fan', {
      nodes: {
        first: { kind: 'quick' },
        many: { kind: 'quick', items, needs: { first: 'success' }, change: { lines: 1 } },
        last: { kind: 'quick', needs: { many: 'success' } },
      },
    });
    await world.submitRuns([run]);
    const ended = async (): Promise<number> => (await world.truth()).filter(({ event }) => event === 'end').length;
    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      while ((await ended()) < items * part) await delay(200);
      const victims = part === 0.4 ? world.stack.longshore : [world.random.pick(world.stack.longshore)];
      world.log(`kill ${victims.map(({ name }) => name).join(', ')} after ${await ended()} ends`);
      await Promise.all(victims.map((victim) => victim.crash()));
    }
    await world.runReaches('fan', 'FINISH', 1, 240_000);
    const starts = new Set((await world.truth()).filter(({ event, job }) => event === 'start' && job.startsWith('fan/many/')).map(({ key }) => key));
    if (starts.size !== items) throw new Error(`${items} items had ${starts.size} starts`);
  },
} satisfies Scenario;
