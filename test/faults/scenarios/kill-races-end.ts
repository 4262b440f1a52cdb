import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A kill races the natural end: what the machine saw is what is recorded.',
  rows: ['CP-52'],
  guards: [],
  quick: true,
  async play(world) {
    const count = world.quick ? 20 : 100;
    const jobs = Array.from({ length: count }, (_, i) => world.plan('racing', `race-${i}`, { seconds: 2, killAfterMs: 1_800 + i * 20 }));
    for (let i = 0; i < count; i += 10) {
      await world.submit(jobs.slice(i, i + 10));
      for (const job of jobs.slice(i, i + 10)) await world.reaches(job.intent.requestId, job.intent.may);
    }
  },
} satisfies Scenario;
