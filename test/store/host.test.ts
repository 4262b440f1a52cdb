// One database, one host: another one is refused while somebody lives on the first, and welcome when nobody does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import type { Sql } from '../../src/store/sql/sql.ts';
import type { Tables } from '../../src/store/sql/tables.ts';
import { sqliteDialect } from '../../src/store/sqlite/dialect.ts';
import { claimHost } from '../../src/store/sqlite/host.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-host-'));
const file = join(folder, 'store.db');
const other = { name: 'elsewhere', machine: 'another-machine', boot: 'another-boot' };
let store: Store;
let db: Kysely<Tables>;
let sql: Pick<Sql, 'write'>;
beforeEach(async () => {
  store = await openSqliteStore({ file, rules: admissionRules });
  db = new Kysely<Tables>({ dialect: sqliteDialect(new Database(file)) });
  sql = { write: (work) => db.transaction().execute(work) };
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
  await db.destroy();
});
afterAll(() => rmSync(folder, { recursive: true }));

it('refuses another host by name, and leaves the store to its own', async () => {
  await expect(claimHost(sql, file, other)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/is open on host .*one host only/),
  });
  const second = await openSqliteStore({ file, rules: admissionRules });
  expect(await second.mark()).toBe(await store.mark());
  await second.close();
});

it('is free as soon as the last process has closed it, and refuses us while the new host has it', async () => {
  await store.close();
  const leave = await claimHost(sql, file, other);
  await expect(openSqliteStore({ file, rules: admissionRules })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('elsewhere'),
  });
  await leave();
  store = await openSqliteStore({ file, rules: admissionRules });
});

it('is free a minute after a process that died, and not before while it lives', async () => {
  await store.close();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const leave = await claimHost(sql, file, other);
  const ours = { name: 'here', machine: 'm', boot: 'b' };
  for (let i = 0; i < 10; i++) {
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(claimHost(sql, file, ours)).rejects.toMatchObject({ code: 'CONFLICT' });
  }
  vi.setSystemTime(Date.now() + 61_000);
  await (
    await claimHost(sql, file, ours)
  )();
  await leave();
  vi.useRealTimers();
  store = await openSqliteStore({ file, rules: admissionRules });
});

it('knows containers of one host, and a host that was started again', async () => {
  await store.close();
  const first = await claimHost(sql, file, { name: 'api', machine: 'api', boot: 'same' });
  const container = await claimHost(sql, file, { name: 'scheduler', machine: 'scheduler', boot: 'same' });
  const rebooted = await claimHost(sql, file, { name: 'api', machine: 'api', boot: 'same' });
  for (const leave of [first, container, rebooted]) await leave();
  store = await openSqliteStore({ file, rules: admissionRules });
});
