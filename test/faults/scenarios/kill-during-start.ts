import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A kill arrives at 50 moments spread over the start of a job; nothing may stay behind and nothing may start later.',
  rows: ['CP-50'],
  guards: [],
  quick: true,
  async play(world) {
    const kinds = ['killed', 'stubborn'] as const;
    const jobs = Array.from({ length: world.quick ? 25 : 50 }, (_, i) => world.plan(kinds[i % 2]!, `offset-${i * 30}`, { killAfterMs: i * 30 }));
    for (let i = 0; i < jobs.length; i += 5) await world.submit(jobs.slice(i, i + 5));
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
