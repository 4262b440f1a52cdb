// Properties of the order of admission: limits hold, keys are served by arrival, and nobody starves.
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { allocate } from '../../src/activities/admission/allocate.ts';
import { AGEING_STEP_MS, gather } from '../../src/activities/admission/gather.ts';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { QueueHead, QueueUsage } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { admitOf, limit, newKey, time } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-admission-'));
afterAll(() => rmSync(folder, { recursive: true }));
let stores = 0;
const open = () => openSqliteStore({ file: join(folder, `${++stores}.db`), rules: admissionRules });

const head = (more: Partial<QueueHead> = {}): QueueHead => ({
  cluster: 'yarn',
  queue: 'default',
  app: 'etl',
  group: 'default',
  priority: 5,
  waitedMs: 0,
  unservedMs: 0,
  ...more,
});
const usage = (more: Partial<QueueUsage> = {}): QueueUsage => ({ appRunning: 0, clusterRunning: 0, queueRunning: 0, appOnCluster: 0, ...more });
const isBefore = (a: readonly number[], b: readonly number[]) => {
  const i = a.findIndex((value, n) => value !== b[n]);
  return i !== -1 && a[i]! < b[i]!;
};

describe('gather', () => {
  const priority = fc.integer({ min: 1, max: 10 });
  const ms = fc.integer({ min: 0, max: 1e9 });

  it('puts what has gone unserved for ten steps longer first, whatever the priorities, shares and times', () => {
    fc.assert(
      fc.property(priority, priority, ms, fc.nat(1000), (low, high, unservedMs, running) => {
        const starving = head({ priority: low, waitedMs: unservedMs + 10 * AGEING_STEP_MS, unservedMs: unservedMs + 10 * AGEING_STEP_MS });
        const other = head({ app: 'ml', priority: high, waitedMs: 2e9, unservedMs });
        return isBefore(gather(starving, usage({ appOnCluster: running })), gather(other, usage()));
      }),
    );
  });

  it('compares the share of what an app may have, not bare numbers', () => {
    const large = gather(head(), usage({ appOnCluster: 10, appLimit: 100, clusterLimit: 1000 }));
    const small = gather(head(), usage({ appOnCluster: 5, appLimit: 20, clusterLimit: 1000 }));
    expect(isBefore(large, small)).toBe(true);
    expect(isBefore(small, large)).toBe(false);
  });

  it('lets an app that waits with one job pass an app whose long backlog is being served', () => {
    const backlog = head({ waitedMs: 12 * AGEING_STEP_MS, unservedMs: 1000 });
    const single = head({ app: 'ml', waitedMs: 5000, unservedMs: 5000 });
    expect(isBefore(gather(single, usage({ clusterLimit: 10 })), gather(backlog, usage({ clusterLimit: 10, appOnCluster: 9 })))).toBe(true);
  });
});

describe('allocate', () => {
  it('names each limit that is set, and no other', () => {
    expect(allocate(head(), usage())).toEqual([]);
    expect(allocate(head(), usage({ appLimit: 2, appRunning: 1, queueLimit: 0, clusterLimit: 9, clusterRunning: 4 }))).toEqual([
      { name: 'app etl', running: 1, limit: 2 },
      { name: 'queue yarn/default', running: 0, limit: 0 },
      { name: 'cluster yarn', running: 4, limit: 9 },
    ]);
  });
});

describe('admission over time', () => {
  it('starts a job of the last priority within a bounded time under an endless stream of the first', async () => {
    const store = await open();
    await limit(store, 'Cluster', 'yarn', { running: 2 });
    const poor = newKey();
    let running: string[] = [];
    const arrive = async (key: string, more: Parameters<typeof admitOf>[0], at: string) => {
      if ((await store.admission.request(admitOf({ key, ...more }), at)).granted) running.push(key);
    };
    let minute = 0;
    for (; !running.includes(poor) && minute < 120; minute++) {
      const at = time(minute * 60);
      for (const key of running) await store.admission.release(key);
      running = [];
      for (const lease of await store.admission.grant(at)) if ((await store.admission.take(lease.key, at)).taken) running.push(lease.key);
      for (let n = 0; n < 4; n++) await arrive(newKey(), { app: n % 2 === 0 ? 'etl' : 'ml', group: `g${n % 3}`, priority: 1 }, at);
      if (minute === 3) await arrive(poor, { app: 'poor', priority: 10 }, at);
    }
    expect(running).toContain(poor);
    // Nine steps raise it to the others' level, one puts it above: 50 minutes, and the ones before it in that minute.
    expect(minute).toBeLessThan(3 + 55);
    await store.close();
  });

  it('holds every limit, serves each queue key by arrival and lets all pass in the end, in any mix', async () => {
    const job = fc.record({
      app: fc.constantFrom('a', 'b', 'c'),
      queue: fc.constantFrom('q1', 'q2'),
      group: fc.constantFrom('g1', 'g2'),
      priority: fc.integer({ min: 1, max: 3 }),
      lasts: fc.integer({ min: 1, max: 4 }),
      arrives: fc.integer({ min: 0, max: 6 }),
    });
    const limits = fc.record({ a: fc.integer({ min: 1, max: 3 }), yarn: fc.integer({ min: 1, max: 4 }), q1: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 25 }), limits, async (jobs, most) => {
        const store = await open();
        await limit(store, 'App', 'a', { running: most.a });
        await limit(store, 'Cluster', 'yarn', { running: most.yarn, queues: { q1: most.q1 } });
        const leases = jobs.map((one, n) => ({ ...one, n, key: newKey(), started: -1 }));
        const live = (tick: number) => leases.filter((one) => one.started >= 0 && one.started + one.lasts > tick);
        for (let tick = 0; leases.some((one) => one.started === -1); tick++) {
          expect(tick).toBeLessThan(6 + 4 * jobs.length + 2);
          const at = time(tick);
          for (const one of leases) if (one.started >= 0 && one.started + one.lasts === tick) await store.admission.release(one.key);
          for (const { key } of await store.admission.grant(at)) {
            expect((await store.admission.take(key, at)).taken).toBe(true);
            leases.find((one) => one.key === key)!.started = tick;
          }
          for (const one of leases.filter(({ arrives }) => arrives === tick)) {
            const { app, queue, group, priority, key } = one;
            if ((await store.admission.request(admitOf({ key, app, queue, group, priority }), at)).granted) one.started = tick;
          }
          const now = live(tick);
          expect(now.filter(({ app }) => app === 'a').length).toBeLessThanOrEqual(most.a);
          expect(now.length).toBeLessThanOrEqual(most.yarn);
          expect(now.filter(({ queue }) => queue === 'q1').length).toBeLessThanOrEqual(most.q1);
        }
        const queueKeys = Map.groupBy(leases, ({ app, queue, group, priority }) => [app, queue, group, priority].join());
        for (const ofKey of queueKeys.values()) {
          const starts = ofKey.sort((x, y) => x.arrives - y.arrives || x.n - y.n).map(({ started }) => started);
          expect(starts).toEqual([...starts].sort((x, y) => x - y));
        }
        await store.close();
      }),
      { numRuns: 25 },
    );
  });

  it('answers with the place, and grants as many as there is room for, with 2,000 waiting', async () => {
    const store = await open();
    await limit(store, 'App', 'etl', { running: 20 });
    const requests = Array.from({ length: 2_000 }, (_, n) => admitOf({ group: `g${n % 50}`, priority: 1 + (n % 10) }));
    for (const request of requests) await store.admission.request(request, time(0));
    expect(await store.admission.reason(requests.at(-1)!.attempt.key)).toBe('app etl has 20 of 20 running; more than 1000 before you');
    await limit(store, 'Cluster', 'yarn', { running: 100 });
    expect(await store.admission.request(admitOf({ app: 'ml' }), time(1))).toEqual({ granted: true });
    expect(await store.admission.grant(time(2))).toEqual([]);
    for (const lease of await store.admission.leases({ limit: 2_001 })) if (lease.takenAt !== undefined) await store.admission.release(lease.key);
    expect(await store.admission.grant(time(3))).toHaveLength(20);
    await store.close();
  });
});
