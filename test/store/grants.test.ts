// What a pass over the queue keys costs, and what is kept of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { admitOf, limit, newKey, time } from './samples.ts';

const KEYS = 300;
let compared = 0;
/** A rank that counts how often it is compared. */
class Rank extends Array<number> {
  override findIndex(...args: Parameters<number[]['findIndex']>): number {
    compared++;
    return super.findIndex(...args);
  }
}

let store: Store;
let file: string;
beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-grants-'));
  file = join(folder, 'store.db');
  store = await openSqliteStore({ file, rules: { ...admissionRules, gather: (head) => Rank.of(head.priority, -head.waitedMs) } });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
});

const request = (more: Parameters<typeof admitOf>[0], at = time(0)) => store.admission.request(admitOf(more), at);
const kept = (): number => {
  const database = new Database(file, { readonly: true });
  const { count } = database.prepare('select count(*) as count from queue_keys').get() as { count: number };
  database.close();
  return count;
};

it('looks at each queue key that a limit stops a few times, not at all of them for each', async () => {
  await limit(store, 'Cluster', 'yarn', { running: 0 });
  for (let i = 0; i < KEYS; i++) await request({ group: `g${i}` });
  await limit(store, 'Cluster', 'yarn', { running: 1 });
  compared = 0;
  expect(await store.admission.grant(time(1))).toHaveLength(1);
  expect(compared).toBeLessThan(KEYS * 5);
});

it('keeps when a queue key was served only while somebody waits there', async () => {
  await limit(store, 'Cluster', 'yarn', { running: 0 });
  for (let i = 0; i < 20; i++) await request({ group: `g${i}` });
  await request({ group: 'g0' });
  await limit(store, 'Cluster', 'yarn', { running: 20 });
  expect(await store.admission.grant(time(1))).toHaveLength(20);
  const key = newKey();
  await limit(store, 'Cluster', 'yarn', { running: 21 });
  await request({ key, group: 'later', priority: 9 }, time(2));
  await store.admission.grant(time(3));
  // One that waits on, and those that were served just now.
  expect(kept()).toBeLessThanOrEqual(2);
});

it('asks for no write lock while nobody waits', async () => {
  await request({});
  const other = new Database(file);
  other.exec('begin immediate');
  expect(await store.admission.grant(time(1))).toEqual([]);
  other.exec('rollback');
  other.close();
});
