import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataFolder } from '../../src/processes/lock.ts';
import { processIdentity } from '../../src/temporal/identity.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'longshore-lock-'));
});
afterEach(async () => await rm(data, { recursive: true, force: true }));

/** A lock as another process would have left it. */
async function leave(name: string, holder: object): Promise<void> {
  lockDataFolder(data, 'up')();
  await writeFile(join(data, 'locks', name), JSON.stringify(holder));
}

test('a second process is refused with the first one’s number and what to do', () => {
  const release = lockDataFolder(data, 'up');
  expect(() => lockDataFolder(data, 'up')).toThrow(new RegExp(`used by process ${process.pid}.*--data`));
  release();
  lockDataFolder(data, 'up')();
});

test('the lock of a process that is gone is taken over, even when its number is used again', async () => {
  await leave('up', { ...processIdentity(process.pid), start: '1', host: hostname() });
  const release = lockDataFolder(data, 'up');
  expect(() => lockDataFolder(data, 'up')).toThrow(/is used by/);
  release();
});

test('a holder on another host cannot be judged, so the lock stays', async () => {
  await leave('worker', { ...processIdentity(process.pid), host: 'elsewhere' });
  expect(() => lockDataFolder(data, 'worker')).toThrow(/on elsewhere.*delete/);
});

test('a frozen worker loses its lock, a frozen up does not', async () => {
  const child = spawn('sleep', ['60']);
  try {
    const holder = { ...processIdentity(child.pid!), host: hostname() };
    await leave('worker', holder);
    await leave('up', holder);
    expect(() => lockDataFolder(data, 'worker')).toThrow(/is used by/);
    child.kill('SIGSTOP');
    await expect.poll(() => attempt('worker')).toBe('taken');
    expect(attempt('up')).toBe('refused');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

function attempt(name: 'up' | 'worker'): 'taken' | 'refused' {
  try {
    lockDataFolder(data, name)();
    return 'taken';
  } catch {
    return 'refused';
  }
}
