// When the next cycle of a backfill begins, and when none does: the shipped machine and activities over a real store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { cycleAt, World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-backfill-'));
let store: Store;
let world: World;
beforeAll(async () => void (store = await openSqliteStore({ file: join(folder, 'a.db'), rules: admissionRules })));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void (world = new World(store)));

describe('turns', () => {
  test('what comes after others waits for them, however many places there are', async () => {
    await world.create(3, { parallelism: 5 }, [undefined, undefined, 1]);
    await world.settle();
    expect(world.going).toEqual([cycleAt(0), cycleAt(1)]);
    await world.end(cycleAt(0));
    await world.settle();
    expect(world.going).toEqual([cycleAt(1)]);
    await world.end(cycleAt(1));
    await world.settle();
    expect(world.going).toEqual([cycleAt(2)]);
    await world.end(cycleAt(2));
    await world.settle();
    expect(await world.stands()).toMatchObject({ state: 'SUCCEED' });
  });

  test('one after the other, each after the announced end of the one before', async () => {
    await world.create(3);
    for (let n = 0; n < 3; n++) {
      await world.settle();
      expect(world.going).toEqual([cycleAt(n)]);
      await world.end(cycleAt(n));
    }
    await world.settle();
    expect(await world.stands()).toMatchObject({ state: 'SUCCEED' });
    expect(await world.states()).toEqual(['SUCCEED', 'SUCCEED', 'SUCCEED']);
    expect(await store.schedules.cycles('etl', world.name, {}, { limit: 10 })).toMatchObject([
      {},
      {},
      { state: 'STARTED', by: `backfill ${world.row.id}` },
    ]);
    expect((await store.schedules.open('etl', world.name)).open).toEqual([]);
  });

  test('as many at once as it may', async () => {
    await world.create(30, { parallelism: 12 });
    await world.settle();
    expect(world.going).toHaveLength(12);
    await world.end(cycleAt(5));
    await world.settle();
    expect(world.begun.at(-1)).toBe(`${cycleAt(12)} 1`);
    expect(world.most).toBe(12);
  });

  test('those that have their job already are gone through at once, however many', async () => {
    await world.create(1_001);
    for (let n = 0; n < 1_000; n++) await world.begin({ cycle: cycleAt(n) }, false);
    await world.settle();
    expect(world.begun.slice(1_000)).toEqual([`${cycleAt(1_000)} 1`]);
    expect(world.steps).toBeLessThan(20);
  });
});

describe('failures', () => {
  test('the first stops what has not begun, and what runs goes on', async () => {
    await world.create(5, { parallelism: 2 });
    await world.settle();
    await world.end(cycleAt(0), 'FAILED');
    await world.settle();
    expect(world.going).toEqual([cycleAt(1)]);
    await world.end(cycleAt(1));
    await world.settle();
    expect(await world.states()).toEqual(['FAILED', 'SUCCEED', 'SKIPPED', 'SKIPPED', 'SKIPPED']);
    expect(await world.stands()).toMatchObject({ state: 'FAILED', reason: '1 cycle did not succeed, and nothing more was started' });
  });

  test('or it keeps going, and is FAILED in the end; what is refused has its reason', async () => {
    await world.create(3, { failFast: false });
    world.refuse = (cycle) => (cycle === cycleAt(1) ? 'FORBIDDEN: no' : undefined);
    await world.settle();
    await world.end(cycleAt(0), 'FAILED');
    await world.settle();
    await world.end(cycleAt(2));
    await world.settle();
    expect(await world.states()).toEqual(['FAILED', 'REFUSED', 'SUCCEED']);
    expect(await world.stands()).toMatchObject({ state: 'FAILED', reason: '2 cycles did not succeed' });
  });

  test('what may pass is tried again', async () => {
    await world.create(1);
    world.refuse = () => new Error('no space left');
    expect(await world.settle()).toMatchObject({ do: 'sleep', ms: 1_000, why: expect.stringContaining('no space left') as string });
    world.refuse = () => undefined;
    world.now += 1_000;
    await world.settle();
    expect(world.going).toEqual([cycleAt(0)]);
  });
});

/** One that succeeded, one that failed, one that goes on, and one that has none. */
async function four(existing: 'skip' | 'failed' | 'rerun'): Promise<string[]> {
  await world.create(4, { existing, parallelism: 10 });
  for (const n of [0, 1, 2]) await world.begin({ cycle: cycleAt(n) }, false);
  await world.end(cycleAt(0));
  await world.end(cycleAt(1), 'FAILED');
  const before = world.begun.length;
  await world.settle();
  return world.begun.slice(before);
}

describe('cycles that have their job', () => {
  test.each([
    ['skip', [`${cycleAt(3)} 1`]],
    ['failed', [`${cycleAt(1)} 2`, `${cycleAt(3)} 1`]],
    ['rerun', [`${cycleAt(0)} 2`, `${cycleAt(1)} 2`, `${cycleAt(3)} 1`]],
  ] as const)('%s', async (existing, begun) => {
    expect(await four(existing)).toEqual(begun);
    const [, , live] = await world.rows();
    expect(live).toMatchObject({ state: 'SKIPPED', reason: expect.stringMatching(/^its job \d+ is going on: CREATED$/) as string });
  });
});

describe('steering', () => {
  test('paused it starts nothing, also as another workflow; resumed it goes on', async () => {
    await world.create(2);
    world.pause();
    expect(await world.settle()).toMatchObject({ do: 'sleep', why: 'paused: wait' });
    world.terminate();
    expect(await world.settle()).toMatchObject({ do: 'sleep', why: 'paused: wait' });
    world.resume();
    await world.settle();
    expect(world.going).toEqual([cycleAt(0)]);
  });

  test('killed it starts nothing more; what runs goes on, or is killed, too', async () => {
    await world.create(3);
    await world.settle();
    world.kill(false);
    await world.settle();
    expect([world.going, (await world.stands()).state]).toEqual([[cycleAt(0)], 'RUNNING']);
    world.kill(true);
    await world.settle();
    await world.settle();
    expect(await world.states()).toEqual(['KILLED', 'SKIPPED', 'SKIPPED']);
    expect(await world.stands()).toMatchObject({ state: 'KILLED', reason: 'killed by alice' });
  });
});

const happenings = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('step' as const), lost: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ what: 'settle' as const }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('end' as const), failed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('hand' as const), n: fc.nat(11) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('pause' as const, 'resume' as const, 'terminate' as const, 'wake' as const, 'trouble' as const) }),
  },
);

test('CP-64 whatever the interleaving, every attempt of a cycle begins at most once, and never more of them than may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 1, max: 12 }),
        parallelism: fc.integer({ min: 1, max: 4 }),
        failFast: fc.boolean(),
        existing: fc.constantFrom('skip' as const, 'failed' as const, 'rerun' as const),
        before: fc.array(fc.nat(11), { maxLength: 4 }),
      }),
      fc.array(happenings, { minLength: 5, maxLength: 40 }),
      async ({ count, before, ...settings }, story) => {
        const one = new World(store);
        await one.create(count, settings);
        for (const n of before) await one.begin({ cycle: cycleAt(n) }, false);
        for (const n of before) await one.end(cycleAt(n), n % 2 === 0 ? 'SUCCEED' : 'FAILED');
        for (const happening of story) {
          if (happening.what === 'step') await one.step(happening.lost);
          else if (happening.what === 'settle') await one.settle();
          else if (happening.what === 'end') {
            if (one.going[0] !== undefined) await one.end(one.going[0], happening.failed ? 'FAILED' : 'SUCCEED');
          } else if (happening.what === 'hand') await one.begin({ cycle: cycleAt(happening.n) }, false);
          else if (happening.what === 'trouble') {
            one.refuse = () => new Error('away');
            await one.step();
            one.refuse = () => undefined;
            one.now += 300_000;
          } else one[happening.what]();
        }
        one.resume();
        for (let turns = 0; (await one.settle()).do !== 'leave' && turns < 100; turns++) {
          one.now += 300_000;
          for (const cycle of one.going) await one.end(cycle);
        }
        expect(new Set(one.begun).size).toBe(one.begun.length);
        expect(one.most).toBeLessThanOrEqual(settings.parallelism);
        const rows = await one.rows();
        expect((await one.stands()).endedAt).toBeDefined();
        for (const { state, reason, cycle } of rows) {
          expect(['ENDED', 'SKIPPED']).toContain(state);
          expect(state === 'SKIPPED').toBe(reason !== undefined);
          if (state === 'ENDED') expect(one.jobs.has(cycle)).toBe(true);
        }
        if (!settings.failFast) for (const { cycle } of rows) expect(one.jobs.has(cycle)).toBe(true);
      },
    ),
    { numRuns: 80, endOnFailure: false },
  );
}, 120_000);
