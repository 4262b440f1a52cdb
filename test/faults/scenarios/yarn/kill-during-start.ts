import type { Scenario } from '../../scenario.ts';

export default {
  hazard: 'A kill arrives at a random moment of the start, many times: nothing of the job is left, and nothing starts later.',
  rows: ['CP-50'],
  guards: [],
  quick: true,
  yarn: {},
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const kinds = ['killed', 'stubborn'] as const;
    const count = world.quick ? 10 : 24;
    const jobs = Array.from({ length: count }, (_, i) => world.plan(kinds[i % 2]!, `offset-${i}`, { killAfterMs: world.random.between(0, 10_000) }));
    for (let i = 0; i < jobs.length; i += 5) {
      const some = jobs.slice(i, i + 5);
      await world.submit(some);
      for (const job of some) await world.reaches(job.intent.requestId, job.intent.may, 120_000);
    }
    const ran = new Set((await world.truth()).map(({ job }) => job));
    world.log(`${jobs.length} kills: ${world.yarn.apps.length} were submitted by then, ${ran.size} payloads had started`);
  },
} satisfies Scenario;
