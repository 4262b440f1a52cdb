// A cgroup v2 for each job where the worker may make one: limits for the whole tree, and no process can leave it unseen.
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runTool } from '../../jobtypes/tools.ts';
import { hasCode } from '../../specs/errors.ts';

export interface Limits {
  readonly cpu?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
}

let mount: Promise<string | undefined> | undefined;
/** Where cgroup v2 is mounted; undefined when it is not. */
async function findMount(): Promise<string | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const line = mounts.split('\n').find((text) => text.includes(' - cgroup2 '));
  return line?.split(' ')[4];
}

/** Folder of a job's cgroup below `parent`; undefined where cgroup v2 is not mounted. */
export async function cgroupOf(parent: string, key: string): Promise<string | undefined> {
  mount ??= findMount();
  const root = await mount;
  return root === undefined ? undefined : join(root, parent, key);
}

/** By parent folder: whether a process of this worker can be moved into a cgroup there. The files may be writable where that is not. */
const enterable = new Map<string, Promise<boolean>>();
async function canEnter(path: string): Promise<boolean> {
  // As the supervisor does it.
  const { exitCode } = await runTool('/bin/sh', ['-c', 'echo 0 >"$1/cgroup.procs"', 'sh', path]);
  return exitCode === 0;
}

/**
 * Makes a job's cgroup. "limits": it enforces them. "members": memory and cpu are not delegated to the worker, so it only finds the job's
 * processes. Undefined where it cannot be made, or not be entered.
 */
export async function makeCgroup(path: string, limits: Limits): Promise<'limits' | 'members' | undefined> {
  try {
    await mkdir(path, { recursive: true });
  } catch {
    return undefined;
  }
  const parent = dirname(path);
  if (!enterable.has(parent)) enterable.set(parent, canEnter(path));
  if (!(await enterable.get(parent))) {
    await removeCgroup(path).catch(() => undefined);
    return undefined;
  }
  try {
    if (limits.memory !== undefined || limits.cpu !== undefined) await set(parent, 'cgroup.subtree_control', '+cpu +memory');
    if (limits.memory !== undefined) await set(path, 'memory.max', String(limits.memory));
    if (limits.cpu !== undefined) await set(path, 'cpu.max', `${Math.max(1000, Math.round(limits.cpu * 100_000))} 100000`);
    return 'limits';
  } catch {
    return 'members';
  }
}

/** Removes a cgroup, if there is one, of which every process has been killed; the kernel may need a moment to see that it is empty. */
export async function removeCgroup(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  for (let tries = 1; ; tries++) {
    try {
      return await rmdir(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return;
      if (!hasCode(error, 'EBUSY') || tries === 50) throw error;
      await delay(20);
    }
  }
}

/** Writes a control file that is there already: the kernel makes them, we never do. */
const set = (folder: string, file: string, value: string): Promise<void> => writeFile(join(folder, file), value, { flag: 'r+' });
