// Full disks, files that cannot be used, newer versions: each gets a clear answer and leaves nothing half done.
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { lacks } from '../helpers/skip.ts';
import { event, newKey, recordOf, sampleInput, workflowIdOf } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-trouble-'));
const open = (file: string) => openSqliteStore({ file, rules: admissionRules });
afterAll(() => rmSync(folder, { recursive: true }));

const small = join(folder, 'small');
mkdirSync(small);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]).status === 0;
afterAll(() => void (mounted && spawnSync('umount', [small])));

// A small disk of our own takes a mount, which takes root.
describe.skipIf(lacks(mounted, 'the right to mount a small disk'))('a full disk', () => {
  const filler = join(small, 'filler');
  afterEach(() => rmSync(filler, { force: true }));
  const fill = () => {
    for (const size of [1 << 20, 1 << 12])
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
  };

  it('refuses a record with DISK_FULL, keeps no half of it, and goes on when there is room', async () => {
    const store = await open(join(small, 'longshore.db'));
    const known = sampleInput();
    await store.executions.record(recordOf(known, [event(1, 'RUNNING')]));
    fill();
    const big = sampleInput({ description: 'x'.repeat(4000), config: { text: 'y'.repeat(200_000) } });
    const record = () => store.executions.record(recordOf(big, [event(1, 'ACCEPTED'), event(2, 'STARTING')]));
    await expect(record()).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('longshore.db') as string });
    expect(await store.executions.job(big.jobId)).toBeUndefined();
    expect(await store.executions.job(known.jobId)).toMatchObject({ status: 'RUNNING' });
    rmSync(filler);
    await record();
    expect(await store.executions.events(big.jobId, 0, 10)).toHaveLength(2);
    await store.close();
    const database = new Database(join(small, 'longshore.db'));
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });

  it('refuses an append with DISK_FULL and keeps the length', async () => {
    const logs = folderLogStore(join(small, 'logs'));
    const ref = { key: newKey(), stream: 'stdout' } as const;
    await logs.append(ref, 0, Buffer.from('before\n'));
    fill();
    await expect(logs.append(ref, 7, Buffer.alloc(300_000, 'x'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await logs.length(ref)).toEqual({ length: 7, finished: false });
    rmSync(filler);
    expect(await logs.append(ref, 7, Buffer.from('after\n'))).toBe(13);
  });

  it('refuses an artifact with DISK_FULL and keeps nothing of it', async () => {
    const artifacts = folderArtifactStore(join(small, 'artifacts'), { maxBytes: 1e9 });
    await expect(artifacts.put(Buffer.alloc(8 << 20, 'x'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await Array.fromAsync(artifacts.list(new Date(Date.now() + 60_000)))).toEqual([]);
    expect(await artifacts.put(Buffer.alloc(100_000, 'x'))).toMatchObject({ size: 100_000 });
  });
});

describe('a database file', () => {
  let file: string;
  let store: Store;
  beforeAll(async () => {
    file = join(folder, 'longshore.db');
    store = await open(file);
  });
  afterAll(() => store.close());

  it('has one mark for ever, random in every installation', async () => {
    const mark = await store.mark();
    expect(mark).toMatch(/^[0-9a-f]{32}$/);
    const again = await open(file);
    expect(await again.mark()).toBe(mark);
    await again.close();
    const other = await open(join(folder, 'other.db'));
    expect(await other.mark()).not.toBe(mark);
    await other.close();
  });

  it('is in WAL mode, for its owner only, and answers a ping', async () => {
    await store.ping();
    const database = new Database(file);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
    for (const name of [file, `${file}-wal`]) expect((statSync(name).mode & 0o777).toString(8)).toBe('600');
  });

  it('of a newer version is refused, untouched, by name', async () => {
    const newer = join(folder, 'newer.db');
    await (await open(newer)).close();
    const database = new Database(newer);
    database.exec("insert into kysely_migration values ('999-future', '2030-01-01T00:00:00.000Z')");
    database.close();
    await expect(open(newer)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringMatching(/newer version .*999-future/) as string });
  });

  it('whose migration is not the released one is refused', async () => {
    const edited = join(folder, 'edited.db');
    await (await open(edited)).close();
    const database = new Database(edited);
    database.exec("update meta set value = 'another' where name like 'migration %'");
    database.close();
    await expect(open(edited)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('001-initial') as string });
  });

  it('that cannot be opened is named', async () => {
    const missing = join(folder, 'no', 'such', 'folder.db');
    await expect(open(missing)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(missing) as string });
    await expect(open(folder)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(folder) as string });
    const text = join(folder, 'text.db');
    writeFileSync(text, 'this is not a database, but it is long enough to look at: '.repeat(100));
    await expect(open(text)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(text) as string });
    expect(existsSync(missing)).toBe(false);
  });

  it('that another process holds for too long answers STORE_UNAVAILABLE, without stopping this process, and works again afterwards', async () => {
    const holder = new Database(file);
    holder.exec('begin immediate');
    const input = sampleInput();
    let turns = 0;
    const timer = setInterval(() => turns++, 50);
    await expect(store.executions.created(input, workflowIdOf(input))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
    holder.exec('rollback');
    holder.close();
    await store.executions.created(input, workflowIdOf(input));
    expect(await store.executions.job(input.jobId)).toBeDefined();
  });

  it('shared by two stores of one process stalls neither', async () => {
    const other = await open(file);
    const inputs = Array.from({ length: 100 }, () => sampleInput());
    await Promise.all(inputs.map((input, i) => (i % 2 === 0 ? store : other).executions.record(recordOf(input, [event(1, 'RUNNING')]))));
    for (const input of inputs) expect(await other.executions.job(input.jobId)).toMatchObject({ status: 'RUNNING' });
    await other.close();
  });
});
