import { setTimeout as delay } from 'node:timers/promises';
import { isSubmit } from '../../harness/yarn-requests.ts';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'Of two ResourceManagers the active one becomes standby, or is killed, in the middle of submissions; the other one takes over, and one application an attempt runs.',
  rows: ['CP-25'],
  guards: [],
  quick: false,
  yarn: { ha: true },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const { cluster, proxies } = world.yarn;
    let active: 0 | 1 = 0;
    for (let round = 0; round < (world.quick ? 2 : 4); round++) {
      const other = (1 - active) as 0 | 1;
      const lost = proxies[active]!.dropReplies((head) => round % 2 === 1 && isSubmit(head));
      const jobs = Array.from({ length: 4 }, (_, i) => world.plan(i === 0 ? 'sleeping' : 'quick', `failover-${round}-${i}`));
      const submitted = world.submit(jobs);
      const { requests } = proxies[active]!;
      const before = requests.filter(isSubmit).length;
      await until('a submission', () => requests.filter(isSubmit).length > before, 120_000);
      await delay(world.random.between(0, 200));
      if (round % 2 === 1) await cluster.killRm(active);
      await cluster.failOver(other);
      lost.stop();
      if (round % 2 === 1) await cluster.startRm(active);
      world.log(`round ${round}: ${round % 2 === 1 ? 'killed' : 'standby'}, ResourceManager ${other + 1} is active`);
      active = other;
      await submitted;
      for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 180_000);
    }
    if (active !== 0) await cluster.failOver(0);
  },
} satisfies Scenario;
