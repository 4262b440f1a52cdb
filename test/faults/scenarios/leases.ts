import { setTimeout as delay } from 'node:timers/promises';
import type { TruthLine } from '../checker/evidence.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'With 5 running jobs admitted, owners, scheduler and API are killed: no lease leaks, everyone gets a turn, never more than 5 at once.',
  rows: ['CP-10', 'CP-18'],
  guards: ['lease-release'],
  quick: true,
  stack: { running: 5 },
  async play(world) {
    const kinds = ['quick', 'failing', 'killed', 'sleeping'] as const;
    const jobs = Array.from({ length: 30 }, (_, i) => world.plan(kinds[i % kinds.length]!, `lease-${i}`));
    const submitted = world.submit(jobs);
    for (let round = 0; round < 3; round++) {
      await delay(world.random.between(1_500, 4_000));
      await world.random.pick([world.stack.scheduler, ...world.stack.apis]).crash();
    }
    await submitted;
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 180_000);
    const most = atOnce(await world.truth());
    if (most > 5) throw new Error(`${most} payloads ran at once, 5 were admitted`);
  },
} satisfies Scenario;

/** The most payloads that ran at one moment, counting those that noted their end. */
function atOnce(truth: readonly TruthLine[]): number {
  const ended = new Set(truth.filter((line) => line.event === 'end').map((line) => line.key));
  let running = 0;
  let most = 0;
  for (const line of truth.filter(({ key }) => ended.has(key)).sort((a, b) => a.at - b.at)) {
    running += line.event === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  return most;
}
