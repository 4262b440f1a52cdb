import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard: 'The worker is killed while jobs run, and all are down while they end: their ends, logs and outputs are found when a worker is back.',
  rows: ['CP-42', 'CP-43'],
  guards: [],
  quick: true,
  yarn: {},
  async play(world) {
    const kinds = ['sleeping', 'failing', 'output', 'stubborn'] as const;
    const jobs = Array.from({ length: 8 }, (_, i) =>
      world.plan(kinds[i % 4]!, `unwatched-${i}`, { seconds: 15, ...(i % 4 === 3 && { seconds: 600, killAfterMs: 35_000 }) }),
    );
    const [worker] = world.stack.workers;
    await world.submit(jobs);
    for (const job of jobs) await world.started(job.intent.requestId, 120_000);
    await worker!.crash();
    await world.stack.ready();
    for (const each of world.stack.workers) await each.down();
    const ends = async (): Promise<number> => (await world.truth()).filter(({ event }) => event === 'end').length;
    await until('the payloads to end', async () => (await ends()) >= 6, 120_000);
    for (const each of world.stack.workers) each.start();
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 120_000);
  },
} satisfies Scenario;
