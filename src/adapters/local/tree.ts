// Ends every process of a job: payloads fork twice, leave their session, ignore TERM. Nothing else is ever signalled.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { allProcesses, isAlive, marksOf, signal } from '../processes.ts';
import type { Process, ProcessId } from '../processes.ts';

/** What is known of a job's processes. */
export interface Target {
  readonly key: string;
  /** Waits for the payload and writes the exit file: it is not stopped, it ends by itself. */
  readonly supervisor?: ProcessId | undefined;
  readonly payload?: ProcessId | undefined;
  readonly cgroup?: string | undefined;
}

/** How long after KILL a process may still be there (a system call that cannot be interrupted) before we give up. */
const PATIENCE_MS = 30_000;
/** How long a supervisor may take to write the exit file when nothing of its payload is left. */
const SUPERVISOR_MS = 10_000;

const same = (a: ProcessId | undefined, b: ProcessId): boolean => a !== undefined && a.pid === b.pid && a.startTime === b.startTime;

/**
 * Every living process of the job but its supervisor: descendants of supervisor and payload, the payload's session (only while the payload
 * lives, because a session's number is free afterwards), its cgroup, whoever carries the key in its environment, and whoever was `known`.
 */
export async function membersOf(target: Target, known: ReadonlyMap<number, ProcessId> = new Map()): Promise<Process[]> {
  // Whoever is older than the supervisor is not its descendant.
  const since = Number(target.supervisor?.startTime ?? 0);
  const processes = allProcesses().filter((p) => Number(p.startTime) >= since);
  const keys = new Map(await Promise.all(processes.map(async (p) => [p.pid, (await marksOf(p.pid)).key] as const)));
  const inCgroup = await cgroupPids(target.cgroup);
  const session = processes.some((p) => same(target.payload, p)) ? target.payload?.pid : undefined;
  const members = new Set<number>();
  for (const p of processes) {
    if (keys.get(p.pid) === target.key || inCgroup.has(p.pid) || p.session === session || same(target.payload, p) || same(known.get(p.pid), p))
      members.add(p.pid);
  }
  const supervisor = processes.find((p) => same(target.supervisor, p))?.pid;
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const p of processes) if (members.has(p.parent) || p.parent === supervisor) members.add(p.pid);
  }
  return processes.filter((p) => members.has(p.pid) && p.pid !== supervisor && p.pid !== process.pid);
}

/**
 * TERM to all, KILL to what is left after `graceMs`, again until nothing is left; the supervisor is waited for until `isNoted` says that the
 * end is written. False when something cannot be killed.
 */
export async function endTree(target: Target, graceMs: number, isNoted: () => Promise<boolean>): Promise<boolean> {
  const begun = performance.now();
  const known = new Map<number, ProcessId>();
  const asked = new Set<string>();
  let empty = 0;
  for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
    const members = await membersOf(target, known);
    // A process between fork and exec has no environment to be known by, so where something lived one look at nothing is not enough.
    empty = members.length === 0 ? empty + 1 : 0;
    if (empty > Math.min(known.size, 1) && ((await isNoted()) || !(await isAlive(target.supervisor)))) return true;
    const elapsed = performance.now() - begun;
    if (elapsed > graceMs + PATIENCE_MS) return false;
    const force = elapsed >= graceMs;
    if (force && members.length > 0) await killCgroup(target.cgroup);
    for (const member of members) {
      known.set(member.pid, member);
      const id = `${member.pid}/${member.startTime}`;
      if (force) await signal(member, 'SIGKILL');
      else if (!asked.has(id)) await signal(member, 'SIGTERM');
      asked.add(id);
    }
    if (members.length === 0 && target.supervisor !== undefined && elapsed > graceMs + SUPERVISOR_MS) await signal(target.supervisor, 'SIGKILL');
    await delay(force && members.length > 0 ? 5 : pause);
  }
}

async function cgroupPids(cgroup: string | undefined): Promise<Set<number>> {
  if (cgroup === undefined) return new Set();
  try {
    return new Set((await readFile(join(cgroup, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number));
  } catch {
    return new Set();
  }
}

async function killCgroup(cgroup: string | undefined): Promise<void> {
  if (cgroup === undefined) return;
  try {
    await writeFile(join(cgroup, 'cgroup.kill'), '1');
  } catch {
    // An old kernel: the processes are signalled one by one.
  }
}
