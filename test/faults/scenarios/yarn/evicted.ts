import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'Applications end while all workers are down, and the ResourceManager has forgotten them when the workers are back: the history says how they ended.',
  rows: ['CP-43', 'CP-45'],
  guards: [],
  quick: false,
  yarn: { recovery: false, maxCompletedApplications: 2 },
  async play(world) {
    const jobs = Array.from({ length: 6 }, (_, i) => world.plan(i % 3 === 2 ? 'failing' : 'sleeping', `evicted-${i}`, { seconds: 15, lines: 20 }));
    await world.submit(jobs);
    for (const job of jobs) await world.started(job.intent.requestId, 120_000);
    for (const worker of world.stack.workers) await worker.down();
    const ended = () => world.yarn.apps.filter(({ state }) => state === 'FINISHED').length;
    await until(
      'every application to end',
      async () => {
        const ends = (await world.truth()).filter(({ event }) => event === 'end').length;
        const known = await world.yarn.look();
        return ends === jobs.length && known !== undefined && known.every(({ state }) => state === 'FINISHED') && known.length <= 2;
      },
      120_000,
    );
    world.log(`all ended, ${ended()} seen to end, at most 2 still known to the ResourceManager`);
    for (const worker of world.stack.workers) worker.start();
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 120_000);
  },
} satisfies Scenario;
