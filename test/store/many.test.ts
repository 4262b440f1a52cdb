// Lists and searches among very many jobs: each walks an index, none the whole table. How long they take: many.slow.test.ts.
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { BIG_RUN, WHOLE, cyclesOf, fillStore, filtersOf, foundOf, runFiltersOf, runJobFiltersOf, search, searchRuns } from './many.ts';
import { time } from './samples.ts';

const JOBS = 100_000;
const folder = mkdtempSync(join(tmpdir(), 'longshore-many-'));
const file = join(folder, 'longshore.db');
let store: Store;

beforeAll(async () => {
  await fillStore(file, JOBS);
  store = await openSqliteStore({ file, rules: admissionRules });
}, 120_000);

afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true });
});

/** SQLite's plans for every query of a search. */
async function plansOf(work: (store: Store) => Promise<unknown>): Promise<string[]> {
  const fresh = await openSqliteStore({ file, rules: admissionRules });
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  await work(fresh);
  const queries = prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.startsWith('select'));
  prepare.mockRestore();
  await fresh.close();
  const database = new Database(file, { readonly: true });
  const planOf = (sql: string) =>
    database.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`).all(...sql.matchAll(/\?/g).map(() => 1));
  const details = queries.flatMap((sql) => planOf(sql).map(({ detail }) => detail));
  database.close();
  expect(details).not.toEqual([]);
  return details;
}

describe('a hundred thousand jobs', () => {
  for (const [name, filter] of Object.entries({ ...filtersOf(JOBS), ...runJobFiltersOf(JOBS) }))
    it(`are searched for ${name} by an index`, async () => {
      // A walk along the primary key in order, cut off by the limit, is what a list without filters should do.
      const whole = (await plansOf((fresh) => search(fresh, filter))).filter((detail) => /^SCAN (jobs|job_labels)$/.test(detail));
      expect(name === 'nothing' ? [] : whole).toEqual([]);
      const found = await search(store, filter);
      expect(found.length).toBe(foundOf(name));
      const ids = found.map((job) => BigInt(job.jobId));
      expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? 1 : -1)));
    });

  it('give what is unfinished, what is old, one of them, and their number', async () => {
    expect(await store.executions.unfinished({ limit: 100 })).toHaveLength(100);
    expect(await store.executions.ended({ before: time(JOBS / 2) }, { limit: 500 })).toHaveLength(500);
    expect(await store.executions.job(WHOLE)).toBeDefined();
    expect((await store.executions.counts()).reduce((sum, row) => sum + row.count, 0)).toBe(JOBS);
  });
});

describe('ten thousand runs', () => {
  for (const [name, filter] of Object.entries(runFiltersOf(JOBS / 10)))
    it(`are searched for ${name} by an index of runs`, async () => {
      const whole = (await plansOf((fresh) => searchRuns(fresh, filter))).filter((detail) => /^SCAN runs$/.test(detail));
      // Cycles alone have no index: whoever asks for them asks for a DAG's.
      expect(/^nothing|^cycles where/.test(name) ? [] : whole).toEqual([]);
      const found = await searchRuns(store, filter);
      expect(found.length).toBe(foundOf(name));
      const ids = found.map((run) => BigInt(run.runId));
      expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? 1 : -1)));
    });

  it('give what is unfinished, what is old, their cycles, and what their jobs do', async () => {
    expect(await store.runs.unfinished({ limit: 30 })).toHaveLength(30);
    expect(await store.runs.ended(time(JOBS / 2), { limit: 500 })).toHaveLength(500);
    expect(await store.runs.ofCycles('app-0', 'dag-0', cyclesOf(JOBS / 10, 50))).toHaveLength(50);
    expect((await store.runs.jobCounts(BIG_RUN)).reduce((sum, row) => sum + row.count, 0)).toBe(JOBS / 100);
    const plans = await plansOf((fresh) =>
      Promise.all([fresh.runs.jobCounts(BIG_RUN), fresh.executions.changes(0, 10), fresh.runs.unfinished({ limit: 10 })]),
    );
    expect(plans.filter((detail) => /^SCAN (jobs|runs|events|run_events)$/.test(detail))).toEqual([]);
    expect(plans).toContainEqual(expect.stringMatching(/jobs USING COVERING INDEX jobs_run /));
  });
});
