import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import { loadConfig } from '../../src/config.ts';
import { createCore, type Core } from '../../src/core/index.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import type { Store } from '../../src/store/contract.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

let dataDir: string;
let store: Store;
let core: Core;
const url = 'http://127.0.0.1:1';

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'longshore-first-'));
  store = await openSqliteStore({ file: join(dataDir, 'longshore.db'), rules: admissionRules });
  core = createCore({
    store,
    temporal: new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) }),
    logs: folderLogStore(join(dataDir, 'logs')),
    artifacts: folderArtifactStore(join(dataDir, 'artifacts'), { maxBytes: 1_000 }),
    adapters: createAdapterRegistry([]),
    jobTypes: createJobTypeRegistry([]),
    config: loadConfig({ data: dataDir }, {}).config,
    logger: pino({ level: 'silent' }),
  });
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const file = (): string => join(dataDir, 'credentials.json');
const credentials = async (): Promise<{ url: string; token: string }> => JSON.parse(await readFile(file(), 'utf8')) as { url: string; token: string };

test('the first start makes an admin token that only its owner can read, and no default password', async () => {
  await core.ensureFirstStart({ dataDir, url });
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  const { token, url: at } = await credentials();
  expect(at).toBe(url);
  expect(await core.authenticate(token)).toMatchObject({ app: 'default', role: 'admin' });
  for (const guess of ['admin', 'longshore', 'password', '', 'default', 'dolphinscheduler123']) {
    await expect(core.authenticate(guess)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(JSON.stringify(await store.access.list())).not.toContain(token);
});

test('a second start changes nothing but the address', async () => {
  await core.ensureFirstStart({ dataDir, url });
  const { token } = await credentials();
  await store.definitions.remove('Cluster', '', 'local', 'someone');
  await core.ensureFirstStart({ dataDir, url: 'http://127.0.0.1:2' });
  expect(await credentials()).toEqual({ token, url: 'http://127.0.0.1:2' });
  expect(await store.access.list()).toHaveLength(1);
  expect(await store.definitions.get('Cluster', '', 'local')).toBeUndefined();
});

test('two installations have different tokens; a lost, broken or revoked file gets a new one', async () => {
  const seen = new Set<string>();
  const next = async (): Promise<void> => {
    await core.ensureFirstStart({ dataDir, url });
    seen.add((await credentials()).token);
  };
  await next();
  await rm(file());
  await next();
  await writeFile(file(), '{"token": ');
  await next();
  for (const token of await store.access.list()) await store.access.revoke(token.id);
  await next();
  expect(seen.size).toBe(4);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test('the default app may use this machine and nothing else', async () => {
  await core.ensureFirstStart({ dataDir, url });
  const app = await store.definitions.get('App', '', 'default');
  expect(app?.spec).toMatchObject({ tenant: 'default', grants: { clusters: ['local'], workers: ['default'], queues: ['default'], secrets: [] } });
  expect((await store.definitions.get('Cluster', '', 'local'))?.spec).toMatchObject({ type: 'local', workers: 'default' });
});
