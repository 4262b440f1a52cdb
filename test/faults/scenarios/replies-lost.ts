import { setTimeout as delay } from 'node:timers/promises';
import { mix } from '../harness/mix.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Answers are lost after the request took effect: of the API to its clients, of Temporal to every process.',
  rows: ['CP-03', 'CP-04', 'CP-13', 'CP-51'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const jobs = mix('reply', 50, world.place, world.random);
    const submitted = world.submit(jobs);
    for (let round = 0; round < (world.quick ? 8 : 25); round++) {
      const proxy = world.random.pick([world.stack.apiProxy, world.stack.temporalProxy]);
      await delay(world.random.between(100, 800));
      proxy.mode = 'lose-replies';
      await delay(world.random.between(50, 400));
      proxy.mode = 'pass';
    }
    await submitted;
    // What was created can be asked for again, and only the same spec is the same job.
    for (const job of jobs.slice(0, 10)) {
      await world.client.create(job);
      await world.client.conflict(job);
    }
  },
} satisfies Scenario;
