import type { Scenario } from '../../scenario.ts';

export default {
  hazard: 'A kill races the natural end, again and again: what the cluster says is what is recorded.',
  rows: ['CP-52'],
  guards: [],
  quick: false,
  yarn: {},
  async play(world) {
    const count = world.quick ? 6 : 30;
    const ends = new Map<string, number>();
    for (let i = 0; i < count; i += 5) {
      const jobs = Array.from({ length: 5 }, (_, j) => world.plan('racing', `race-${i + j}`, { seconds: 3, killAfterMs: null }));
      await world.submit(jobs);
      await Promise.all(
        jobs.map(async ({ intent }) => {
          const { at } = await world.started(intent.requestId, 120_000);
          const left = at + 3_000 - Date.now() + world.random.between(-600, 900);
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
          await world.client.kill(intent.requestId);
        }),
      );
      for (const { intent } of jobs) {
        const { status } = await world.reaches(intent.requestId, intent.may, 120_000);
        ends.set(status, (ends.get(status) ?? 0) + 1);
      }
    }
    world.log([...ends].map(([status, times]) => `${times} ${status}`).join(', '));
  },
} satisfies Scenario;
