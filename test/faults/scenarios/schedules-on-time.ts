import { setTimeout as delay } from 'node:timers/promises';
import type { CycleView } from '../../../src/specs/schedule-views.schema.ts';
import { pages } from '../harness/collect.ts';
import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

const EVERY_MS = 5_000;
const SCHEDULES = [
  { name: 'cycles-dag', kind: 'dags', schedule: { every: '5s', overlap: 'allow', misfire: 'all' } },
  { name: 'cycles-job', kind: 'jobs', schedule: { every: '5s', overlap: 'skip', misfire: 'latest' } },
] as const;

/** Where a scheduler knows of a cycle and others do not. */
const POINTS = [
  'cycles.before-decided',
  'cycles.after-decided',
  'cycles.before-start',
  'cycles.after-start',
  'create-run.after-start',
  'create.after-start',
];

export default {
  hazard:
    'A job and a DAG are due every 5 seconds, and whoever decides and starts them dies at the moment: each cycle once, or skipped with a reason.',
  rows: ['CP-62', 'CP-63'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const { stack } = world;
    const saved = new Map<string, number>();
    for (const { name, kind, schedule } of SCHEDULES) {
      const { name: _name, ...job } = world.plan('quick', name, { lines: 1 }).spec;
      const document = kind === 'jobs' ? { ...job, schedule } : { defaults: { cluster: 'local' }, schedule, nodes: { only: { job } } };
      await stack.admin('PUT', `/api/v1/definitions/${kind}/${name}`, document);
      saved.set(name, Date.now());
    }
    for (const point of POINTS) await world.dies(stack.scheduler, point, world.random.between(1, 3), () => undefined);
    // All is down for some cycles, and then Temporal dies between two.
    await Promise.all(stack.longshore.map((victim) => victim.down()));
    await delay(8_000);
    for (const victim of stack.longshore) victim.start();
    await stack.ready();
    await delay(world.random.between(1_000, 6_000));
    await stack.temporal.crash();
    await stack.ready();
    await delay(2 * EVERY_MS);

    for (const { name, kind } of SCHEDULES) {
      const over = Date.now();
      await stack.admin('POST', `/api/v1/schedules/${name}/pause`, { note: 'over' });
      const cycles = await until(
        `every cycle of ${name} to be decided and ended`,
        async () => {
          const all = await pages<CycleView>(world.client, `/api/v1/schedules/${name}/cycles?limit=500`);
          const done = all.every(({ state, endedAt }) => state === 'SKIPPED' || (state === 'STARTED' && endedAt !== undefined));
          return all.some(({ cycle }) => Date.parse(cycle) > over) && done && all;
        },
        120_000,
        500,
      );
      const counts = Object.groupBy(cycles, ({ state, code }) => code ?? state);
      world.log(
        `${name}: ${Object.entries(counts)
          .map(([what, some]) => `${some.length} ${what}`)
          .join(', ')}`,
      );
      // What is not sure to be known by each side at the very ends of the time is left out.
      world.schedules.push({ name, everyMs: EVERY_MS, from: saved.get(name)! + EVERY_MS, until: over - EVERY_MS, cycles });
      await stack.admin('DELETE', `/api/v1/definitions/${kind}/${name}`);
    }
  },
} satisfies Scenario;
