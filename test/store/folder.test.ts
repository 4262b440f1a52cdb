// The conformance suites on folders, and what only a folder can show.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { describeArtifactsConformance } from './artifacts.conformance.ts';
import { describeLogsConformance } from './logs.conformance.ts';
import { newKey } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fresh = () => mkdtempSync(join(folder, 'store-'));

describeLogsConformance('a folder', async () => folderLogStore(fresh()));
describeArtifactsConformance('a folder', async () => folderArtifactStore(fresh(), { maxBytes: 1024 * 1024 }));

describe('a folder of logs', () => {
  it('reads and appends to a log of 2 GB by offset, a few MB at a time', async () => {
    const dir = fresh();
    const logs = folderLogStore(dir);
    const ref = { key: newKey(), stream: 'stdout' } as const;
    await logs.append(ref, 0, Buffer.from('first line\n'));
    const size = 2 * 2 ** 30 + 5;
    truncateSync(join(dir, ref.key.slice(0, 2), ref.key, 'stdout.log'), size);
    await logs.append(ref, size, Buffer.from('\nlast line\n'));
    expect(Buffer.from((await logs.readLines(ref, size + 1, 5)).bytes).toString()).toBe('last line\n');
    expect(Buffer.from((await logs.readLines(ref, 0, 1)).bytes).toString()).toBe('first line\n');
    expect((await logs.read(ref, 2 ** 30, 1024)).bytes.length).toBe(1024);
    expect((await logs.read(ref, 0, 2 ** 31)).bytes.length).toBeLessThanOrEqual(4 * 2 ** 20);
  });

  it('says when its folder cannot be used', () => {
    const file = join(fresh(), 'file');
    writeFileSync(file, '');
    expect(() => folderLogStore(join(file, 'logs'))).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(file) }),
    );
  });

  it('keeps its files from other users', async () => {
    const dir = fresh();
    const key = newKey();
    await folderLogStore(dir).append({ key, stream: 'stdout' }, 0, Buffer.from('x'));
    const modes = execFileSync('stat', ['-c', '%a', join(dir, key.slice(0, 2)), join(dir, key.slice(0, 2), key, 'stdout.log')], { encoding: 'utf8' });
    expect(modes.trim().split('\n')).toEqual(['700', '600']);
  });
});

describe('a folder of artifacts', () => {
  it('removes what killed uploads left a day ago, and nothing younger', () => {
    const dir = fresh();
    mkdirSync(join(dir, 'tmp'));
    for (const name of ['old', 'young']) writeFileSync(join(dir, 'tmp', name), 'half');
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(join(dir, 'tmp', 'old'), twoDaysAgo, twoDaysAgo);
    folderArtifactStore(dir, { maxBytes: 1 });
    expect(readdirSync(join(dir, 'tmp'))).toEqual(['young']);
  });

  it('counts a look and a second upload as use', async () => {
    const dir = fresh();
    const artifacts = folderArtifactStore(dir, { maxBytes: 10 });
    const { sha256 } = await artifacts.put(Buffer.from('x'));
    const path = join(dir, sha256.slice(0, 2), sha256);
    const longAgo = new Date(Date.now() - 90 * 86_400_000);
    const unused = async () => (await Array.fromAsync(artifacts.list(new Date(Date.now() - 86_400_000)))).length;
    for (const use of [() => artifacts.has(sha256), () => artifacts.put(Buffer.from('x')), async () => (await artifacts.get(sha256)).destroy()]) {
      utimesSync(path, longAgo, longAgo);
      expect(await unused()).toBe(1);
      await use();
      expect(await unused()).toBe(0);
    }
    expect(existsSync(path)).toBe(true);
  });
});
