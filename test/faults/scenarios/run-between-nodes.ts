import type { Scenario } from '../scenario.ts';

/** Where the scheduler knows of a node's end, and Temporal does not know what follows from it. */
const POINTS = ['record-run.before-commit', 'record-run.after-commit', 'run.answered', 'record.after-commit', 'admit.after-commit'] as const;

export default {
  hazard: 'The scheduler dies when a node has ended and before the next one has started; what it did is done again, and counts once.',
  rows: ['CP-09', 'CP-10', 'CP-58'],
  guards: ['record-sequence', 'same-node-job'],
  quick: true,
  async play(world) {
    const { scheduler } = world.stack;
    for (const [round, point] of POINTS.entries()) {
      await world.dies(scheduler, point, world.random.between(2, 6), () => world.loadRuns(`between-${round}`, 2));
    }
  },
} satisfies Scenario;
