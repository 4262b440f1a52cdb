import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'The webhook receiver is down, refuses, and loses its answers, while the scheduler that delivers is killed.',
  rows: ['CP-65', 'CP-66'],
  guards: [],
  quick: true,
  async play(world) {
    const jobs = Array.from({ length: 20 }, (_, i) => world.plan('hooked', `hooked-${i}`, { seconds: i % 4 }));
    const submitted = world.submit(jobs);
    for (const mode of ['refuse', 'lose-answer', 'take', 'lose-answer', 'refuse'] as const) {
      world.receiver.mode = mode;
      await delay(world.random.between(2_000, 4_000));
      await world.stack.scheduler.crash();
    }
    await submitted;
    world.receiver.mode = 'take';
  },
} satisfies Scenario;
