import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Payloads end and leave daemons behind: the end is announced only when Clean has removed them.',
  rows: ['CP-54', 'CP-56'],
  guards: ['announced-clean'],
  quick: true,
  // The sweep would clear up later; here the end itself must have done it.
  stack: { timings: { sweepEvery: '1h' } },
  async play(world) {
    const jobs = Array.from({ length: 10 }, (_, i) => world.plan('daemon', `daemon-${i}`));
    await world.submit(jobs);
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
