// A million jobs list and search within 200 ms, and ten thousand that wait are granted in a moment. Alone on the machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { BIG_RUN, WHOLE, cyclesOf, fillStore, filtersOf, runFiltersOf, runJobFiltersOf, search, searchRuns } from './many.ts';
import { admitOf, limit, time } from './samples.ts';

const JOBS = 1_000_000;
const TARGET_MS = 200;
const folder = mkdtempSync(join(tmpdir(), 'longshore-million-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the work, prints and returns its milliseconds. */
async function timed(what: string, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  process.stdout.write(`${ms.toFixed(1).padStart(8)} ms  ${what}\n`);
  return ms;
}

describe('a million jobs', () => {
  let store: Store;
  beforeAll(async () => {
    const file = join(folder, 'longshore.db');
    await fillStore(file, JOBS);
    store = await openSqliteStore({ file, rules: admissionRules });
  }, 300_000);
  afterAll(() => store?.close());

  it.each(Object.entries({ ...filtersOf(JOBS), ...runJobFiltersOf(JOBS) }))(
    `are searched for %s within ${TARGET_MS} ms a page`,
    async (name, filter) => {
      expect((await timed(`two pages of ${name}`, () => search(store, filter))) / 2).toBeLessThan(TARGET_MS);
    },
  );

  it.each(Object.entries(runFiltersOf(JOBS / 10)))(
    `in a tenth as many runs, which are searched for %s within ${TARGET_MS} ms a page`,
    async (name, filter) => {
      expect((await timed(`two pages of runs of ${name}`, () => searchRuns(store, filter))) / 2).toBeLessThan(TARGET_MS);
    },
  );

  it('give what is unfinished, what is old, cycles and counts of runs fast', async () => {
    expect(await timed('unfinished runs', () => store.runs.unfinished({ limit: 500 }))).toBeLessThan(TARGET_MS);
    expect(await timed('ended runs', () => store.runs.ended(time(JOBS / 2), { limit: 500 }))).toBeLessThan(TARGET_MS);
    expect(await timed('a thousand cycles', () => store.runs.ofCycles('app-0', 'dag-0', cyclesOf(JOBS / 10, 1_000)))).toBeLessThan(TARGET_MS);
    expect(await timed('counts of ten thousand jobs', () => store.runs.jobCounts(BIG_RUN))).toBeLessThan(TARGET_MS);
    expect(
      await timed('jobs that have ended and are in no run', () => store.executions.ended({ before: time(JOBS / 2), run: false }, { limit: 500 })),
    ).toBeLessThan(TARGET_MS);
  });

  it('give what is unfinished, what is old and one of them fast, and are counted in a moment', async () => {
    expect(await timed('unfinished', () => store.executions.unfinished({ limit: 500 }))).toBeLessThan(TARGET_MS);
    expect(await timed('ended', () => store.executions.ended({ before: time(JOBS / 2) }, { limit: 500 }))).toBeLessThan(TARGET_MS);
    expect(await timed('references', () => store.executions.references({ limit: 500 }))).toBeLessThan(TARGET_MS);
    expect(await timed('one job', () => store.executions.job(WHOLE))).toBeLessThan(TARGET_MS);
    expect(await timed('counts', () => store.executions.counts())).toBeLessThan(2_000);
  });
});

it('ten thousand that wait: a request and a grant are answered within 250 ms', async () => {
  const store = await openSqliteStore({ file: join(folder, 'waiting.db'), rules: admissionRules });
  await limit(store, 'App', 'etl', { running: 20 });
  for (let n = 0; n < 10_000; n++) await store.admission.request(admitOf({ group: `g${n % 50}`, priority: 1 + (n % 10) }), time(0));
  await limit(store, 'Cluster', 'yarn', { running: 100 });
  const full = await timed('a request of a full app', () => store.admission.request(admitOf(), time(1)));
  const other = await timed('a request of another app', () => store.admission.request(admitOf({ app: 'ml' }), time(1)));
  const nothing = await timed('a grant of nothing', () => store.admission.grant(time(2)));
  for (const lease of await store.admission.leases({ limit: 10_001 })) if (lease.takenAt !== undefined) await store.admission.release(lease.key);
  const twenty = await timed('a grant of twenty', () => store.admission.grant(time(3)));
  for (const ms of [full, other, nothing, twenty]) expect(ms).toBeLessThan(250);
  await store.close();
});
