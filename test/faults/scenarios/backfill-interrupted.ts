import { setTimeout as delay } from 'node:timers/promises';
import type { BackfillCycleView, BackfillView } from '../../../src/specs/backfill-views.schema.ts';
import type { CycleView } from '../../../src/specs/schedule-views.schema.ts';
import type { BackfillSeen } from '../checker/evidence.ts';
import { pages } from '../harness/collect.ts';
import { until } from '../harness/until.ts';
import type { World } from '../harness/world.ts';
import type { Scenario } from '../scenario.ts';

const DAY_MS = 24 * 3_600_000;
const SCHEDULE = { cron: '0 0 * * *' };
/** Twelve cycles. */
const RANGE = { from: '2026-01-01', until: '2026-01-12' };
const SCHEDULES = [
  { name: 'days-dag', kind: 'dags' },
  { name: 'days-job', kind: 'jobs' },
] as const;
/** Two of the same range for each of them. */
const BACKFILLS = SCHEDULES.flatMap(({ name }) => [`${name}-a`, `${name}-b`]);

const bodyOf = (requestId: string): object => ({ name: requestId.slice(0, -2), ...RANGE, parallelism: 3, failFast: false, existing: 'skip' });

export default {
  hazard:
    'Two backfills of one range, each sent again and again, are interrupted by the deaths of everybody: each cycle runs once, and its end is told.',
  rows: ['CP-64'],
  guards: [],
  quick: true,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const { stack, client, random } = world;
    const [api] = stack.apis;
    for (const { name, kind } of SCHEDULES) {
      const job = (payload: string): object => {
        const { name: _name, ...spec } = world.plan('cyclic', payload, { lines: 1 }).spec;
        return spec;
      };
      const nodes = { first: { job: job(`${name}/first`) }, last: { needs: { first: { on: 'success' } }, job: job(`${name}/last`) } };
      const document = kind === 'jobs' ? { ...job(name), schedule: SCHEDULE } : { defaults: { cluster: 'local' }, schedule: SCHEDULE, nodes };
      await stack.admin('PUT', `/api/v1/definitions/${kind}/${name}`, document);
    }
    const send = (names: readonly string[]) => Promise.all(names.map((name) => client.createBackfill(name, bodyOf(name))));
    const first = BACKFILLS.filter((name) => name.endsWith('a'));
    let sent: Promise<unknown> = Promise.resolve();
    await world.dies(api!, 'backfill.created', random.between(1, 2), () => (sent = send(first)));
    await sent;
    await world.dies(stack.scheduler, 'backfill.before-start', random.between(1, 3), () => undefined);
    await world.dies(stack.scheduler, 'backfill.after-start', random.between(1, 3), () => world.background(send(BACKFILLS)));
    await killed(world, 2);
    await send(BACKFILLS);
    await Promise.all(BACKFILLS.map((name) => client.conflictingBackfill(name, { ...bodyOf(name), parallelism: 4 })));

    // Nothing begins while they are paused, whoever dies meanwhile.
    const answers = await Promise.all(BACKFILLS.map((name) => client.tellBackfill(name, 'pause')));
    const names = BACKFILLS.filter((_, i) => answers[i]?.status === 202);
    const looks = (): Promise<BackfillView[]> => Promise.all(names.map((name) => viewOf(world, name)));
    const waiting = async (): Promise<string> => (await looks()).map(({ counts }) => counts.waiting).join();
    const held = async () => (await looks()).every(({ state, endedAt }) => state === 'PAUSED' || endedAt !== undefined);
    // What has died in the middle of a start is given up after a minute.
    await until('the backfills to be paused or over', held, 120_000);
    const before = await waiting();
    await stack.temporal.crash();
    await killed(world, 1);
    if ((await waiting()) !== before) throw new Error(`cycles began while they were paused: ${before} waited, and then ${await waiting()}`);
    world.log(`paused with ${before} waiting`);
    await Promise.all(names.map((name) => client.tellBackfill(name, 'resume')));
    await killed(world, 3);
    await send(BACKFILLS);

    const ended = new Map<string, BackfillSeen>();
    for (const name of BACKFILLS) {
      const { id, state, counts } = await until(`backfill ${name} to end`, async () => overOf(await viewOf(world, name)), 180_000, 500);
      world.log(`${name} is ${state}: ${counts.succeeded} succeeded, ${counts.failed} failed, ${counts.skipped} skipped`);
      ended.set(name, { id, state, cycles: await pages<BackfillCycleView>(client, `/api/v1/backfills/${id}/cycles?limit=100`) });
    }
    for (const { name } of SCHEDULES) {
      const cycles = await pages<CycleView>(client, `/api/v1/schedules/${name}/cycles?limit=500`);
      const backfills = BACKFILLS.filter((one) => one.startsWith(name)).map((one) => ended.get(one)!);
      world.schedules.push({ name, everyMs: DAY_MS, from: Date.parse(RANGE.from) - 1, until: Date.parse(RANGE.until), cycles, backfills });
    }
  },
} satisfies Scenario;

/** Whoever dies meanwhile. */
const viewOf = (world: World, name: string): Promise<BackfillView> =>
  until(`a look at ${name}`, () => world.client.get<BackfillView>(`/api/v1/backfills/${world.client.ids.get(name)}`));

const overOf = (view: BackfillView): BackfillView | undefined => (view.endedAt === undefined ? undefined : view);

/** So many of Longshore's processes die, each at a moment that nobody chose. */
async function killed({ stack, random, log }: World, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await delay(random.between(500, 3_000));
    const victim = random.pick(stack.longshore);
    log(`kill ${victim.name}`);
    await victim.crash();
  }
}
