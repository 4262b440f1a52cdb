import { Client, Connection } from '@temporalio/client';
import { app, kill, submit } from '../../../clusters/yarn/rest.ts';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';

export default {
  hazard:
    'Job workflows are terminated in Temporal: what they had started is found by its mark and killed. What is not ours lives through that, through kills and cleans, and through being named in a log.',
  rows: ['CP-18', 'CP-54'],
  guards: ['sweep'],
  quick: true,
  yarn: {},
  async play(world) {
    const { cluster } = world.yarn;
    // Somebody else's, of the same user: one with tags like ours.
    const others = [
      await submit(cluster, { script: 'sleep 600', tags: ['nightly', 'team-a'], user: cluster.superuser }),
      await submit(cluster, { script: 'sleep 600', tags: ['longshore-other', 'aaaaaaaaaaaaaaaaaaaaaaaaaa'], user: cluster.superuser }),
    ];
    for (const id of others) await until(`${id} to run`, async () => (await app(cluster.rm, id)).state === 'RUNNING', 120_000);
    world.onClose(async () => void (await Promise.all(others.map((id) => kill(cluster.rm, id, cluster.superuser)))));

    // Its log is full of the other's id, which is its own request id.
    const talker = world.plan('killed', others[0]!, { killAfterMs: null });
    const jobs = Array.from({ length: 3 }, (_, i) => world.plan(i === 0 ? 'stubborn' : 'killed', `terminated-${i}`, { killAfterMs: null }));
    await world.submit([talker, ...jobs]);
    await world.hasLog(others[0]!, 120_000);
    await world.client.kill(others[0]!);
    const connection = await Connection.connect({ address: world.stack.temporalAddress });
    for (const [i, job] of jobs.entries()) {
      // The first one at once, at whatever stage it is; the others while they run.
      if (i > 0) await world.started(job.intent.requestId, 120_000);
      const { workflowId } = await world.client.job(job.intent.requestId);
      await new Client({ connection }).workflow.getHandle(workflowId).terminate('scenario');
    }
    await connection.close();
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 90_000);
    for (const id of others) {
      const { state } = await app(cluster.rm, id);
      if (state !== 'RUNNING') throw new Error(`${id}, which is not ours, is ${state}`);
    }
  },
} satisfies Scenario;
