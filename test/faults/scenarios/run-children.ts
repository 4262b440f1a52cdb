import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { childRunId } from '../../../src/specs/identity.ts';
import type { Kind } from '../harness/mix.ts';
import type { NodeShape } from '../harness/runs.ts';
import type { World } from '../harness/world.ts';
import type { Scenario } from '../scenario.ts';

const PAYLOADS = ['first', 'last'] as const;
const child = (kind: Kind, needs: NodeShape['needs'] = {}): NodeShape => ({ kind, needs, child: { ref: `child-${kind}`, payloads: PAYLOADS } });

/** Nodes one after the other, so that their run is continued as new beside its child. */
const CHAIN = Object.fromEntries(
  Array.from({ length: 16 }, (_, i): [string, NodeShape] => [`n${i}`, { kind: 'quick', ...(i > 0 && { needs: { [`n${i - 1}`]: 'success' } }) }]),
);

export default {
  hazard: 'Children of runs start, run and end while the scheduler dies; one is terminated in Temporal, a parent is killed: all end, all ran once.',
  rows: ['CP-67'],
  guards: [],
  quick: true,
  // A parent looks for its children whenever it has been continued as new, and else every ten minutes.
  stack: { historyBudget: 100 },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    for (const kind of ['quick', 'lazy', 'stubborn'] as const) await define(world, kind);
    const { scheduler } = world.stack;
    const well = Array.from({ length: world.quick ? 3 : 6 }, (_, i) => `well-${i}`);
    for (const name of well) {
      const nodes = { begin: { kind: 'quick' }, one: child('quick'), two: child('quick', { begin: 'success' }) } as const;
      world.background(
        world.submitRuns([world.planRun(name, { nodes: { ...nodes, end: { kind: 'quick', needs: { one: 'success', two: 'success' } } } })]),
      );
      await delay(world.random.between(200, 2_500));
      world.log('kill scheduler');
      await scheduler.crash();
    }
    for (const name of well) await world.runReaches(name, 'FINISH', 1, 180_000);

    const end: NodeShape = { kind: 'quick', needs: { sub: 'success' }, change: { may: [] } };
    const cut = world.planRun('cut', {
      nodes: { sub: { ...child('lazy'), change: { may: ['KILLED'] } }, ...CHAIN, end },
      failure: 'finish',
      may: ['FAILED'],
    });
    const killed = world.planRun('killed', { nodes: { sub: child('stubborn'), end }, may: ['KILLED'] });
    await world.submitRuns([cut, killed]);
    for (const name of ['cut', 'killed']) await world.started(`${name}/sub/first`);
    await terminateChild(world, 'cut');
    world.background(world.client.killRun('killed'));
    await delay(world.random.between(0, 1_500));
    await scheduler.crash();
    for (const name of ['killed', 'cut']) await world.runReaches(name, 'FINISH', 1, 180_000);

    const starts = Map.groupBy(
      (await world.truth()).filter(({ event }) => event === 'start'),
      ({ job }) => job,
    );
    for (const [job, all] of starts) if (all.length > 1) throw new Error(`${job} was started ${all.length} times`);
  },
} satisfies Scenario;

/** A DAG of two payloads, the second after the first, which are named by whoever runs it. */
async function define(world: World, kind: Kind): Promise<void> {
  const job = (payload: (typeof PAYLOADS)[number]): object => {
    const { name: _name, ...spec } = world.plan(kind, `\${{ params.name }}/${payload}`).spec;
    return spec;
  };
  await world.stack.admin('PUT', `/api/v1/definitions/dags/child-${kind}`, {
    parameters: { name: { type: 'string' } },
    defaults: { cluster: 'local' },
    nodes: { first: { job: job('first') }, last: { needs: ['first'], job: job('last') } },
  });
}

async function terminateChild(world: World, name: string): Promise<void> {
  const { workflowId } = await world.client.run(name);
  const connection = await Connection.connect({ address: world.stack.temporalAddress });
  await new Client({ connection }).workflow.getHandle(childRunId(workflowId, 'sub', 1)).terminate('scenario');
  await connection.close();
}
