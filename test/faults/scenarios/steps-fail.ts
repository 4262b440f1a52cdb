import type { Scenario } from '../scenario.ts';

/** Steps after the start that are only housekeeping: their failures must never change how a job ended. */
const POINTS = [
  'local.clean.before-stop',
  'local.clean.before-remove',
  'local.clean.after-remove',
  'finish.after-clean',
  'log.before-append',
  'log.after-append',
];

export default {
  hazard: 'Log collection and Clean fail again and again: the ends stay what they were, and what was not cleaned is cleaned later.',
  rows: ['CP-55', 'CP-56', 'CP-57', 'CP-44'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    for (const worker of world.stack.workers) {
      world.stack.plans.set(
        worker.name,
        POINTS.flatMap((point) => Array.from({ length: 8 }, (_, i) => ({ point, action: 'throw' as const, hit: i + 1 }))),
      );
      await worker.crash();
    }
    await world.stack.ready();
    const jobs = (['quick', 'failing', 'sleeping', 'killed', 'output'] as const).flatMap((kind) =>
      [1, 2].map((n) => world.plan(kind, `steps-${kind}-${n}`)),
    );
    await world.submit(jobs);
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 120_000);
  },
} satisfies Scenario;
