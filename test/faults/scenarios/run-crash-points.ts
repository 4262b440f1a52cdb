import { walk } from '../harness/crash-walk.ts';
import { crashPoints } from '../harness/points.ts';
import type { Scenario } from '../scenario.ts';

/** What only jobs by themselves, schedules and webhooks come by. */
const OTHERS = /^(?:create\.|cycles\.|hook\.|temporal\.|definition\.)/;

export default {
  hazard: 'API, scheduler and worker are killed at every named point that runs of DAGs come by, while these are continued as new, killed and rerun.',
  rows: ['CP-10', 'CP-14', 'CP-58', 'CP-60'],
  guards: [],
  quick: true,
  stack: { historyBudget: 150 },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const points = crashPoints('local').filter((point) => !OTHERS.test(point));
    const budgetMs = world.quick ? 45_000 : 150_000;
    let wave = 0;
    const load = (): void => {
      const name = `walk-${wave++}`;
      world.loadRuns(name, 4);
      reruns.push(rerunOnce(`${name}-2`));
    };
    const reruns: Promise<void>[] = [];
    /** What has failed fails again: a rerun changes the number of attempts, not the end. */
    const rerunOnce = async (name: string): Promise<void> => {
      await world.runReaches(name, 'FINISH', 1, 300_000);
      await world.client.rerunRun(name, 'again');
    };
    load();
    const waves = setInterval(load, world.quick ? 12_000 : 18_000);
    try {
      const victims = [...world.stack.apis, world.stack.scheduler, ...world.stack.workers];
      await Promise.all(victims.map(async (victim) => await walk(world, { victim, points, action: 'kill', budgetMs, mostHits: 4 })));
    } finally {
      clearInterval(waves);
    }
    await world.stack.heal();
    await Promise.all(reruns);
  },
} satisfies Scenario;
