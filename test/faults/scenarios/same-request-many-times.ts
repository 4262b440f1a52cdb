import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Many clients send the same request to several API processes at once, and again when the job has long ended.',
  rows: ['CP-08', 'CP-04', 'CP-13'],
  guards: [],
  quick: true,
  stack: { apis: 2 },
  async play(world) {
    const jobs = (['quick', 'sleeping', 'failing'] as const).map((kind) => world.plan(kind, `same-${kind}`));
    world.intents.push(...jobs.map((job) => job.intent));
    for (let round = 0; round < 3; round++) await Promise.all(jobs.flatMap((job) => Array.from({ length: 30 }, () => world.client.create(job))));
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may);
    await Promise.all(jobs.flatMap((job) => Array.from({ length: 5 }, () => world.client.create(job))));
    await Promise.all(jobs.map((job) => world.client.conflict(job)));
  },
} satisfies Scenario;
