import { isGetId, isKill, isSubmit } from '../../harness/yarn-requests.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    "The ResourceManager's answers are lost after it did what it was asked: a new id, a submission, a kill. One application an attempt, and every kill counts.",
  rows: ['CP-22', 'CP-23', 'CP-51'],
  guards: [],
  quick: true,
  yarn: {},
  async play(world) {
    const lost = [isGetId, isSubmit, isKill].map((match) => {
      // Each kind of request, every second time: what is asked for again gets through at last.
      let asked = 0;
      return world.yarn.proxy.dropReplies((head) => match(head) && asked++ % 2 === 0);
    });
    const count = world.quick ? 6 : 12;
    const jobs = Array.from({ length: count }, (_, i) => world.plan(i % 3 === 2 ? 'killed' : 'quick', `reply-${i}`, { killAfterMs: null }));
    await world.submit(jobs);
    for (const { intent } of jobs.filter(({ intent }) => intent.kind === 'killed')) {
      await world.started(intent.requestId, 120_000);
      await world.client.kill(intent.requestId);
    }
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 120_000);
    const counts = lost.map(({ count }) => count);
    world.log(`answers lost: ${counts[0]} to new ids, ${counts[1]} to submissions, ${counts[2]} to kills`);
    if (counts.some((count) => count === 0)) throw new Error('an answer of each kind must have been lost');
  },
} satisfies Scenario;
