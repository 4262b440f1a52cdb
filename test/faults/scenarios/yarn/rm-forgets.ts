import { setTimeout as delay } from 'node:timers/promises';
import { isSubmit } from '../../harness/yarn-requests.ts';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'A ResourceManager without recovery is killed: right after it took a job, which is submitted again under the same id; and while one runs, which nobody can know the end of.',
  rows: ['CP-24', 'CP-45'],
  guards: [],
  quick: false,
  yarn: { recovery: false, maxCompletedApplications: 2 },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const { cluster, proxy } = world.yarn;
    for (let round = 0; round < (world.quick ? 1 : 4); round++) {
      let taken: (() => void) | undefined;
      const first = new Promise<void>((resolve) => (taken = resolve));
      const untap = proxy.tap((head, status) => {
        if (isSubmit(head) && status === 202) taken?.();
      });
      const job = world.plan('quick', `forgotten-${round}`, { may: ['SUCCEED', 'UNKNOWN', 'FAILED'] });
      const submitted = world.submit([job]);
      await until('a submission to be taken', () => Promise.race([first.then(() => true), delay(50).then(() => false)]), 120_000);
      untap();
      // Mostly it has been saved, which means nothing here, and its id given out, after 20 ms.
      const after = world.random.between(0, round % 2 === 0 ? 15 : 200);
      await delay(after);
      await cluster.killRm();
      await cluster.startRm();
      await submitted;
      await world.reaches(job.intent.requestId, job.intent.may, 180_000);
      world.log(`killed ${after} ms after its answer: ${(await world.client.job(job.intent.requestId)).status}`);
    }
    const lost = world.plan('killed', 'forgotten-running', { killAfterMs: null, may: ['FAILED', 'KILLED'] });
    await world.submit([lost]);
    await world.started(lost.intent.requestId);
    await world.reaches(lost.intent.requestId, ['RUNNING']);
    await cluster.killRm();
    await cluster.startRm();
    const { reason } = await world.reaches(lost.intent.requestId, ['UNKNOWN'], 120_000);
    world.log(`forgotten while it ran: UNKNOWN (${reason})`);
    await world.client.resolve(lost.intent.requestId, 'failed');
    await world.reaches(lost.intent.requestId, ['FAILED']);
  },
} satisfies Scenario;
