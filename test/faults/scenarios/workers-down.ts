import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'All workers are down while jobs end: their ends are found when the workers are back.',
  rows: ['CP-43', 'CP-42'],
  guards: [],
  quick: true,
  stack: { timings: { hostPatience: '2m' } },
  async play(world) {
    const jobs = Array.from({ length: 20 }, (_, i) => world.plan(i % 2 === 0 ? 'sleeping' : 'failing', `unwatched-${i}`, { seconds: 4 }));
    await world.submit(jobs);
    for (const job of jobs) await world.started(job.intent.requestId);
    for (const worker of world.stack.workers) await worker.down();
    await delay(world.quick ? 10_000 : 40_000);
  },
} satisfies Scenario;
