// The staging folder on a shared file system: whatever a job puts there, no file of the worker or of anybody else comes back as an output.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectOutputs } from '../../../src/adapters/yarn/collect.ts';
import { folderStaging } from '../../../src/adapters/yarn/staging/folder.ts';
import type { Staging } from '../../../src/adapters/yarn/staging/contract.ts';
import { attemptFolder, leaveTombstone, remainsOf, removeRemains, tombstoneOf } from '../../../src/adapters/yarn/tombstones.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import { jobSpecSchema } from '../../../src/specs/job.schema.ts';
import { lacks } from '../../helpers/skip.ts';
import { newKey } from './fixture.ts';

const run = promisify(execFile);
let folder: string;
let staging: Staging;
let home: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-staging-'));
  staging = folderStaging(join(folder, 'staging'), 'alice');
  home = join(folder, 'staging', 'alice');
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const mode = async (path: string): Promise<string> => ((await lstat(path)).mode & 0o777).toString(8);
const text = async (path: string): Promise<string | undefined> => {
  const file = await staging.open(path);
  return file && (await buffer(file.stream)).toString();
};
const isRefused = { code: 'OUTPUT_INVALID', retryable: false };

describe('a file', () => {
  it('is written for the user alone, whole, and in place of an older one', async () => {
    const first = await staging.write('attempts/k/try/name', Buffer.from('first'));
    expect(first).toEqual({
      uri: `file://${home}/attempts/k/try/name`,
      size: 5,
      timestamp: Math.floor((await stat(join(home, 'attempts/k/try/name'))).mtimeMs),
    });
    expect(await mode(join(home, 'attempts/k/try/name'))).toBe('600');
    await writeFile(join(folder, 'source'), 'second!');
    expect(await staging.write('attempts/k/try/name', { file: join(folder, 'source') })).toMatchObject({ size: 7 });
    expect(await text('attempts/k/try/name')).toBe('second!');
    expect(await readdir(join(home, 'attempts/k/try'))).toEqual(['name']);
    expect(await staging.stat(`file://${home}/attempts/k/try/name`)).toMatchObject({ size: 7 });
  });

  it('that cannot be written whole is not there at all', async () => {
    await expect(staging.write('attempts/k/name', { file: join(folder, 'nowhere') })).rejects.toThrow('ENOENT');
    expect(await readdir(join(home, 'attempts/k'))).toEqual([]);
    const cut = AbortSignal.abort();
    await expect(staging.write('attempts/k/name', { file: process.execPath }, cut)).rejects.toThrow('abort');
    expect(await readdir(join(home, 'attempts/k'))).toEqual([]);
  });

  it('replaces a link that was put in its place, and not what it leads to', async () => {
    await mkdir(join(home, 'ended'), { recursive: true });
    await writeFile(join(folder, 'secret'), 'secret');
    await symlink(join(folder, 'secret'), join(home, 'ended/k'));
    await staging.write('ended/k', Buffer.from('note'));
    expect([await readFile(join(folder, 'secret'), 'utf8'), await text('ended/k')]).toEqual(['secret', 'note']);
  });

  it('that is not there is none, and no folder has nothing in it', async () => {
    expect(await staging.open('attempts/k/out/values')).toBeUndefined();
    expect(await staging.list('attempts')).toEqual([]);
    expect(await staging.stat(`file://${folder}/nowhere`)).toBeUndefined();
    expect(await staging.stat('hdfs://nn/x')).toBeUndefined();
    await staging.remove('attempts/k');
  });
});

it.each(['../bob/x', 'attempts/../../bob/x', '/etc/passwd', 'attempts/./x', 'attempts//x', '', '..'])(
  'no path leads out of the folder: %j',
  async (path) => {
    await writeFile(join(folder, 'x'), 'x');
    await expect(staging.open(path)).rejects.toThrow('path');
    await expect(staging.list(path)).rejects.toThrow('path');
    await expect(staging.write(path, Buffer.from('x'))).rejects.toThrow('path');
    await expect(staging.remove(path)).rejects.toThrow('path');
  },
);

/** An attempt whose application has a folder for outputs. */
const attempt = async (outputs: Record<string, object> = { report: { file: 'report.txt' } }) => {
  const key = newKey();
  const workspace = workspacePaths(join(folder, 'data'), key);
  await makeWorkspace(workspace);
  const spec = jobSpecSchema.parse({ name: 'x', type: 'shell', outputs });
  const out = join(home, attemptFolder(key), 'out');
  await mkdir(join(out, 'files'), { recursive: true });
  const collect = (maxBytes = 1_000) =>
    collectOutputs(staging, attemptFolder(key), { spec, workspace, ref: { key } as never, cluster: {} as never }, maxBytes);
  return { out, collect, workDir: workspace.workDir, outputFile: workspace.outputFile };
};

describe('what a job puts into its folder', () => {
  it('comes back: a file by its place, by its path, and the parts of a folder in order', async () => {
    const outputs = { a: { file: 'deep/a.txt' }, b: { file: 'b.csv' }, c: { file: 'c' }, none: { file: 'none' } };
    const { out, collect, workDir, outputFile } = await attempt(outputs);
    await writeFile(join(out, 'values'), '{"v":1}');
    await writeFile(join(out, 'files/0'), 'a');
    await mkdir(join(out, 'b.csv'));
    for (const [name, content] of [
      ['part-00001', 'second'],
      ['part-00000', 'first,'],
      ['_SUCCESS', 'x'],
      ['.part-00000.crc', 'x'],
    ])
      await writeFile(join(out, 'b.csv', name!), content!);
    await writeFile(join(out, 'c'), '');
    await collect();
    expect(await readFile(outputFile, 'utf8')).toBe('{"v":1}');
    expect(await readFile(join(workDir, 'deep/a.txt'), 'utf8')).toBe('a');
    expect(await readFile(join(workDir, 'b.csv'), 'utf8')).toBe('first,second');
    expect(await readFile(join(workDir, 'c'), 'utf8')).toBe('');
    expect(existsSync(join(workDir, 'none'))).toBe(false);
    expect(await mode(join(workDir, 'deep/a.txt'))).toBe('600');
  });

  it.each([
    ['a link to a file of the worker', (out: string, secret: string) => symlink(secret, join(out, 'files/0'))],
    ['a second name of a file of the worker', (out: string, secret: string) => link(secret, join(out, 'files/0'))],
    ['a link to nowhere', (out: string) => symlink('/nowhere', join(out, 'files/0'))],
    ['a link to another file of its own', (out: string) => symlink('values', join(out, 'files/0'))],
    ['a pipe', (out: string) => run('mkfifo', [join(out, 'files/0')])],
    ['a link to a device', (out: string) => symlink('/dev/zero', join(out, 'files/0'))],
    [
      'a folder of links',
      async (out: string, secret: string) => {
        await mkdir(join(out, 'files/0'));
        await symlink(secret, join(out, 'files/0/part-0'));
      },
    ],
    [
      'a link in the place of the folder above',
      async (out: string, secret: string) => {
        await rm(join(out, 'files'), { recursive: true });
        await rename(secret, join(dirname(secret), '0'));
        await symlink(dirname(secret), join(out, 'files'));
      },
    ],
    [
      'a link in the place of out',
      async (out: string, secret: string) => {
        await rm(out, { recursive: true });
        await mkdir(join(dirname(secret), 'files'));
        await rename(secret, join(dirname(secret), 'files/0'));
        await symlink(dirname(secret), out);
      },
    ],
    [
      'a link to the folder of another attempt',
      async (out: string) => {
        await mkdir(join(home, 'attempts/other/files'), { recursive: true });
        await writeFile(join(home, 'attempts/other/files/0'), 'secret');
        await rm(out, { recursive: true });
        await symlink('../other', out);
      },
    ],
  ])('is refused when it is %s', async (_, put) => {
    const { out, collect, workDir } = await attempt();
    await mkdir(join(folder, 'worker'));
    const secret = join(folder, 'worker', 'secret');
    await writeFile(secret, 'secret');
    await put(out, secret);
    await expect(collect()).rejects.toMatchObject(isRefused);
    expect(await readFile(join(workDir, 'report.txt'), 'utf8').catch(() => '')).not.toContain('secret');
  });

  it('is refused when it is too large, alone or in parts', async () => {
    const { out, collect } = await attempt();
    await writeFile(join(out, 'files/0'), 'x'.repeat(101));
    await expect(collect(100)).rejects.toMatchObject(isRefused);
    await rm(join(out, 'files/0'));
    await mkdir(join(out, 'report.txt'));
    for (const part of ['part-0', 'part-1']) await writeFile(join(out, 'report.txt', part), 'x'.repeat(60));
    await expect(collect(100)).rejects.toMatchObject(isRefused);
  });

  it('does not grow while it is read', async () => {
    const path = 'attempts/k/out/values';
    await staging.write(path, Buffer.from('12345'));
    const file = await staging.open(path);
    await truncate(join(home, path), 1_000_000);
    expect((await buffer(file!.stream)).length).toBe(5);
  });
});

describe('tombstones', () => {
  const key = newKey();
  it('go round: none, empty, a note, and the note stays', async () => {
    expect(await tombstoneOf(staging, key)).toBeUndefined();
    await leaveTombstone(staging, key);
    expect(await tombstoneOf(staging, key)).toBe('');
    await leaveTombstone(staging, key, '{"ä":"\u{1f600}"}');
    await leaveTombstone(staging, key);
    expect(await tombstoneOf(staging, key)).toBe('{"ä":"\u{1f600}"}');
    await leaveTombstone(staging, key, 'x'.repeat(256 * 1024));
    expect(await tombstoneOf(staging, key)).toHaveLength(256 * 1024);
    await leaveTombstone(staging, key, 'x'.repeat(256 * 1024 + 1));
    expect(await tombstoneOf(staging, key), 'what is too long is no note, and a tombstone all the same').toBe('');
  });

  it.each([
    ['a link', () => symlink('/etc/passwd', join(home, 'ended', key))],
    ['a link to nowhere', () => symlink('/nowhere', join(home, 'ended', key))],
    ['a second name', () => link(join(folder, 'file'), join(home, 'ended', key))],
    ['a folder', () => mkdir(join(home, 'ended', key))],
    ['a pipe', () => run('mkfifo', [join(home, 'ended', key)])],
  ])('that a job has replaced by %s refuse a start, hold no note, and keep no stop from its turn', async (_, put) => {
    await mkdir(join(home, 'ended'), { recursive: true });
    await writeFile(join(folder, 'file'), 'note');
    await put();
    expect(await tombstoneOf(staging, key)).toBe('');
    await leaveTombstone(staging, key);
    await removeRemains(staging, key);
    expect(await tombstoneOf(staging, key)).toBeUndefined();
  });

  it('and files are what remains, with the newest time of both, and are pruned by name', async () => {
    const [old, young, both] = [newKey(), newKey(), newKey()];
    for (const one of [old, both]) await leaveTombstone(staging, one);
    await mkdir(join(home, 'ended', 'no-key'));
    const past = new Date('2026-01-01T00:00:00Z');
    for (const one of [old, both]) await run('touch', ['-d', past.toISOString(), join(home, 'ended', one)]);
    await leaveTombstone(staging, young);
    await staging.write(`${attemptFolder(both)}/file`, Buffer.from('x'));
    expect(await remainsOf(staging, Date.now() - 3_600_000)).toEqual([{ key: old, since: past.toISOString() }]);
    expect((await remainsOf(staging, Date.now() + 1_000)).map(({ key: one }) => one).toSorted()).toEqual([old, young, both].toSorted());
    await removeRemains(staging, both);
    expect(await readdir(join(home, 'attempts'))).toEqual([]);
    expect((await readdir(join(home, 'ended'))).toSorted()).toEqual(['no-key', old, young].toSorted());
  });
});

describe('given to the user', () => {
  it('the folder is its own, and what is above it can only be passed through', async () => {
    await staging.write('attempts/k/try/file', Buffer.from('x'));
    await staging.give('attempts/k');
    expect(await mode(join(home, 'attempts/k'))).toBe('700');
    for (const above of ['', 'attempts']) expect(await mode(join(home, above))).toBe('711');
  });

  it.skipIf(lacks(process.getuid?.() === 0, 'root, to give files away'))(
    'it belongs to that user, with all that is in it, and no link leads the gift elsewhere',
    async () => {
      const theirs = folderStaging(join(folder, 'staging'), 'nobody');
      await theirs.write('attempts/k/try/file', Buffer.from('x'));
      await writeFile(join(folder, 'own'), 'x');
      await symlink(join(folder, 'own'), join(folder, 'staging/nobody/attempts/k/link'));
      await theirs.give('attempts/k');
      const { stdout } = await run('id', ['-u', 'nobody']);
      const owner = async (path: string): Promise<string> => String((await lstat(join(folder, path))).uid);
      for (const path of ['', '/try', '/try/file', '/link']) expect(await owner(`staging/nobody/attempts/k${path}`)).toBe(stdout.trim());
      expect(await owner('own')).toBe('0');
      expect(await owner('staging/nobody/attempts')).toBe('0');
    },
  );

  it.skipIf(lacks(process.getuid?.() === 0, 'root, to give files away'))(
    'of whom this machine knows nothing it stays the worker, for the node to read',
    async () => {
      const theirs = folderStaging(join(folder, 'staging'), 'no-such-user');
      await theirs.write('attempts/k/file', Buffer.from('x'));
      await theirs.give('attempts/k');
      expect((await lstat(join(folder, 'staging/no-such-user/attempts/k/file'))).uid).toBe(0);
    },
  );
});
