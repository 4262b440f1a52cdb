import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { marked } from '../harness/process-table.ts';
import type { World } from '../harness/world.ts';
import type { Scenario } from '../scenario.ts';

/** What is done with a run whose workflow somebody has terminated. */
const FATES = ['waits for its end', 'is rerun at once', 'is killed'] as const;

export default {
  hazard:
    'Somebody terminates the workflows of runs while their jobs run: these are found and stopped, their places are free, and a rerun begins anew.',
  rows: ['CP-18'],
  guards: ['sweep'],
  quick: true,
  // As many as one run has: a place that is not given back keeps the next one from running.
  stack: { running: 5 },
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const connection = await Connection.connect({ address: world.stack.temporalAddress });
    const { workflow } = new Client({ connection });
    for (const [round, fate] of FATES.entries()) {
      const name = `terminated-${round}`;
      world.log(`${name} ${fate}`);
      const killed = fate === 'is killed';
      const run = world.planRun(name, {
        nodes: {
          first: { kind: 'quick' },
          many: { kind: 'lazy', items: 4, needs: { first: 'success' }, change: { may: ['SUCCEED', 'KILLED'] } },
          one: { kind: 'lazy', needs: { first: 'success' }, change: { may: ['SUCCEED', 'KILLED'] } },
          last: { kind: 'quick', needs: { many: 'success', one: 'success' }, change: killed ? { may: [] } : {} },
        },
        may: [killed ? 'KILLED' : 'SUCCEED'],
      });
      await world.submitRuns([run]);
      for (const { requestId } of run.intent.nodes.flatMap(({ name: node, jobs }) => (node === 'many' || node === 'one' ? jobs : [])))
        await world.started(requestId);
      const { workflowId } = await world.client.run(name);
      await workflow.getHandle(workflowId).terminate('scenario');
      if (killed) {
        await world.client.killRun(name);
        await world.runReaches(name, 'FINISH', 1, 120_000);
        continue;
      }
      if (fate === 'waits for its end') await world.runReaches(name, 'FINISH', 1, 120_000);
      await world.client.rerunRun(name, 'again', { mode: 'all' });
      const ended = world.runReaches(name, 'FINISH', 2, 120_000);
      await neverTwo(world, name, ended);
      await ended;
    }
    await connection.close();
  },
} satisfies Scenario;

/** Throws when two attempts of one payload live at once, until that has happened. */
async function neverTwo(world: World, run: string, ended: Promise<unknown>): Promise<void> {
  const over = ended.then(
    () => true,
    () => true,
  );
  do {
    for (const [job, processes] of Map.groupBy(marked(world.place.run, new Set()), (process) => process.job))
      if (job?.startsWith(`${run}/`) && new Set(processes.map(({ key }) => key)).size > 1) throw new Error(`two attempts of ${job} live at once`);
  } while (!(await Promise.race([over, delay(50)])));
}
