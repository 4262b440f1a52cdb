import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A worker with 5 slots has 50 running jobs; a kill begins within a second all the same.',
  rows: ['CP-54'],
  guards: [],
  quick: true,
  stack: { slots: 5 },
  async play(world) {
    const jobs = Array.from({ length: 50 }, (_, i) => world.plan('killed', `slot-${i}`, { killAfterMs: null }));
    await world.submit(jobs);
    for (const job of jobs) await world.started(job.intent.requestId, 120_000);
    for (const job of jobs.slice(0, 5)) {
      const { pid } = await world.started(job.intent.requestId);
      const at = performance.now();
      const answered = world.client.kill(job.intent.requestId);
      await until('the payload to be gone', () => !alive(pid), 20_000, 10);
      const took = performance.now() - at;
      world.log(`a kill took ${Math.round(took)} ms`);
      if (took > 1_000) throw new Error(`a kill on a worker full of running jobs took ${Math.round(took)} ms to stop the payload`);
      await answered;
    }
    await Promise.all(jobs.slice(5).map((job) => world.client.kill(job.intent.requestId)));
  },
} satisfies Scenario;

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
