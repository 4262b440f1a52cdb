import { STOPPED } from '../harness/runs.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'A node fails, its siblings are killed, and whoever kills them dies half-way: nothing of the run lives on.',
  rows: ['CP-60'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const { scheduler, workers, longshore } = world.stack;
    const [worker] = workers;
    const rounds = [
      { victim: worker!, at: 'stop.before' },
      { victim: worker!, at: 'local.stop.after-latch' },
      { victim: scheduler, at: 'record-run.after-commit' },
    ];
    const runs = (round: number) => [1, 2].map((n) => world.planRun(`fast-${round}-${n}`, STOPPED));
    for (const [round, { victim, at }] of rounds.entries()) {
      const started = runs(round);
      await world.dies(victim, at, world.random.between(2, 4), () => world.background(world.submitRuns(started)));
      for (const { intent } of started) await world.runReaches(intent.requestId, 'FINISH', 1, 120_000);
    }
    const last = runs(rounds.length);
    await world.submitRuns(last);
    for (const { intent } of last) await world.started(`${intent.requestId}/bad`);
    await Promise.all(longshore.map((victim) => victim.crash()));
  },
} satisfies Scenario;
