// The small parts of the adapter `local` that real jobs do not reach on every machine.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCgroup } from '../../../src/adapters/local/cgroup.ts';
import { parseStat } from '../../../src/adapters/processes.ts';
import { isReservedEnv } from '../../../src/specs/env-names.ts';
import { lacks } from '../../helpers/skip.ts';
import { Bench, END, dataFolder, processContext } from './fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-parts-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

/** A folder with the files that the kernel would make. */
async function delegated(files: readonly string[]): Promise<string> {
  const path = join(folder, 'longshore', 'key');
  await mkdir(path, { recursive: true });
  await writeFile(join(folder, 'longshore', 'cgroup.subtree_control'), '');
  for (const file of files) await writeFile(join(path, file), '');
  return path;
}

describe('a line of /proc/<pid>/stat', () => {
  const rest = `S 1 2 3 ${'0 '.repeat(15)}777 0 0`;
  it.each(['sh', 'a b', 'x) S 9', '((', 'näme\n'])('is read whatever the command is called: %j', (command) => {
    expect(parseStat(`42 (${command}) ${rest}`)).toEqual({ pid: 42, startTime: '777', parent: 1, session: 3, dead: false });
  });
  it.each(['', 'garbage', '42 (sh)', '42 sh S 1 2', '-1 (sh) S 1', '\0\0\0'])('is refused when it is not one: %j', (line) => {
    expect(parseStat(line)).toBeUndefined();
  });
});

describe.each(['/bin/sh', '/bin/bash'])('variables that %s lets nobody set', (shell) => {
  it.skipIf(lacks(existsSync(shell), shell))('cannot be set by a job', async () => {
    const { stdout } = await promisify(execFile)(shell, ['-c', 'readonly -p']);
    const names = [...stdout.matchAll(/^(?:declare|readonly) (?:-\w+ )?(\w+)=/gm)].map(([, name]) => name!);
    expect(names.filter((name) => !isReservedEnv(name))).toEqual([]);
    if (shell.endsWith('bash')) expect(names).toContain('UID');
  });
});

describe('the supervisor', () => {
  it('is started again later where the worker has no file descriptor left', async () => {
    const child = fileURLToPath(new URL('supervisor-in-child.ts', import.meta.url));
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n 100; exec "$0" "$1"', process.execPath, child]);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'StepError', code: 'START_ERROR', retryable: true });
  });

  it('leaves no promise behind when its start is given up at once', async () => {
    const bench = new Bench(await dataFolder());
    const forgotten: unknown[] = [];
    const listen = (reason: unknown) => forgotten.push(reason);
    process.on('unhandledRejection', listen);
    const big = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`V${i}`, 'x'.repeat(100_000)]));
    const givenUp = processContext(['/bin/sleep', '1000'], big, { signal: AbortSignal.abort() });
    await expect(bench.adapter.start(await bench.attempt(), givenUp)).rejects.toMatchObject({ name: 'AbortError' });
    await bench.close();
    process.off('unhandledRejection', listen);
    expect(forgotten).toEqual([]);
  });
});

describe('a cgroup', () => {
  it('gets both limits where both controllers are delegated', async () => {
    const path = await delegated(['memory.max', 'cpu.max']);
    expect(await makeCgroup(path, { memory: 1024, cpu: 1.5 })).toBe('limits');
    expect(await readFile(join(path, 'memory.max'), 'utf8')).toBe('1024');
    expect(await readFile(join(path, 'cpu.max'), 'utf8')).toBe('150000 100000');
  });
  it('claims no limits where a controller is missing', async () => {
    expect(await makeCgroup(await delegated(['memory.max']), { memory: 1024, cpu: 1 })).toBe('members');
  });
  it('is not there where no process can be moved into it, whatever files can be written', async () => {
    const path = await delegated(['memory.max', 'cpu.max']);
    await mkdir(join(path, 'cgroup.procs'));
    expect(await makeCgroup(path, { memory: 1024 })).toBeUndefined();
  });
  it('is not there where it cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await makeCgroup(join(folder, 'file', 'key'), { memory: 1024 })).toBeUndefined();
  });
});

describe.skipIf(lacks(process.getuid?.() === 0, 'root, to mount a small disk'))('a full disk', () => {
  it('does not lose how and when a job ended: it is written as soon as there is room', async () => {
    const run = promisify(execFile);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
    try {
      const bench = new Bench({ path: folder, remove: async () => {} });
      const { attempt, handle } = await bench.run('head -c 1000000 /dev/zero >filler; echo full; exit 4');
      await vi.waitFor(async () => expect((await readFile(join(attempt.workspace.workDir, 'filler'))).length).toBeGreaterThan(100_000), END);
      expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
      // Each try to write the end touches its file.
      const tried = () => stat(join(attempt.workspace.latchDir, '.exit')).then(({ mtimeMs }) => mtimeMs);
      const first = await vi.waitFor(tried, END);
      await vi.waitFor(async () => expect(await tried()).toBeGreaterThan(first), END);
      const freed = Date.now();
      await rm(join(attempt.workspace.workDir, 'filler'));
      const end = await bench.untilEnded(attempt, handle);
      expect(end).toMatchObject({ phase: 'ended', final: 'failed', exitCode: 4 });
      expect(Date.parse(end.endedAt!)).toBeLessThanOrEqual(freed);
      await bench.close();
    } finally {
      await run('umount', ['-l', folder]);
    }
  });
});
