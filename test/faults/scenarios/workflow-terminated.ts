import { Client, Connection } from '@temporalio/client';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Somebody terminates job workflows in Temporal: what they had started is found and stopped.',
  rows: ['CP-18', 'CP-57'],
  guards: ['sweep'],
  quick: true,
  async play(world) {
    const jobs = Array.from({ length: 5 }, (_, i) => world.plan('killed', `terminated-${i}`, { killAfterMs: null }));
    await world.submit(jobs);
    const connection = await Connection.connect({ address: world.stack.temporalAddress });
    for (const [i, job] of jobs.entries()) {
      // The first one at once, at whatever stage it is; the others while they run.
      if (i > 0) await world.started(job.intent.requestId);
      const { workflowId } = await world.client.job(job.intent.requestId);
      await new Client({ connection }).workflow.getHandle(workflowId).terminate('scenario');
    }
    await connection.close();
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 90_000);
  },
} satisfies Scenario;
