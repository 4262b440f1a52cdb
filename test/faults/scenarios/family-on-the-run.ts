import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Payloads that leave their session, ignore TERM and fork on and on are killed; the kill is announced only when the last one is gone.',
  rows: ['CP-54'],
  guards: [],
  quick: true,
  // The sweep would clear up a minute later; here the kill itself must have done it.
  stack: { timings: { sweepEvery: '1h' } },
  async play(world) {
    const kinds = ['hydra', 'stubborn', 'hydra'] as const;
    const jobs = Array.from({ length: world.quick ? 6 : 15 }, (_, i) => world.plan(kinds[i % 3]!, `family-${i}`, { killAfterMs: 2_000 + i * 200 }));
    await world.submit(jobs);
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may);
  },
} satisfies Scenario;
