import { setTimeout as delay } from 'node:timers/promises';
import { isSubmit } from '../../harness/yarn-requests.ts';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard: 'The ResourceManager is killed at a random moment within 200 ms of having taken a job, and comes back with what it had saved.',
  rows: ['CP-24'],
  guards: [],
  quick: true,
  // A master that a ResourceManager was just launching when it died is waited for so long.
  yarn: { yarnSite: { 'yarn.am.liveness-monitor.expiry-interval-ms': 20_000 } },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const { cluster, proxy } = world.yarn;
    for (let round = 0; round < (world.quick ? 2 : 4); round++) {
      let taken: (() => void) | undefined;
      const first = new Promise<void>((resolve) => (taken = resolve));
      const untap = proxy.tap((head, status) => {
        if (isSubmit(head) && status === 202) taken?.();
      });
      const jobs = Array.from({ length: 3 }, (_, i) =>
        world.plan(i === 0 ? 'sleeping' : 'quick', `restart-${round}-${i}`, { may: ['SUCCEED', 'FAILED'] }),
      );
      const submitted = world.submit(jobs);
      await until('a submission to be taken', () => Promise.race([first.then(() => true), delay(50).then(() => false)]), 120_000);
      untap();
      const after = world.random.between(0, 200);
      await delay(after);
      await cluster.killRm();
      world.log(`ResourceManager killed ${after} ms after its answer`);
      await cluster.startRm();
      await submitted;
      for (const { intent } of jobs) {
        const { status, code, reason } = await world.reaches(intent.requestId, intent.may, 180_000);
        if (status === 'SUCCEED') continue;
        world.log(`${intent.requestId} was never launched: ${reason?.slice(0, 120)}`);
        if (code !== 'LOST' || (await world.truth()).some(({ job }) => job === intent.requestId))
          throw new Error(`${intent.requestId} failed: ${code}`);
      }
    }
  },
} satisfies Scenario;
