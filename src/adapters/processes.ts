// Processes as /proc tells them. A pid alone names nobody: it comes with its start time and the boot it belongs to.
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A process for good: pids are reused, a pid with its start time within one boot is not. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat; decimal, because it may exceed a double. */
  readonly startTime: string;
}

export interface Process extends ProcessId {
  readonly parent: number;
  readonly session: number;
  readonly dead: boolean;
}

let boot: string | undefined;
/** Id of this boot of the machine. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** Reads a line of /proc/<pid>/stat; undefined when it is not one. The command's name may hold blanks and parentheses. */
export function parseStat(line: string): Process | undefined {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const pid = Number(line.slice(0, open));
  const fields = line
    .slice(close + 1)
    .trim()
    .split(' ');
  const startTime = fields[19];
  if (open < 1 || close < open || !Number.isSafeInteger(pid) || pid < 1 || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  return { pid, startTime, parent: Number(fields[1]), session: Number(fields[3]), dead: fields[0] === 'Z' || fields[0] === 'X' };
}

/** The process with this pid now, whoever it is. */
async function processAt(pid: number): Promise<Process | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Whether exactly this process of this boot lives (a zombie does not). */
export async function isAlive(id: ProcessId | undefined): Promise<boolean> {
  if (id === undefined) return false;
  const now = await processAt(id.pid);
  return now !== undefined && now.startTime === id.startTime && !now.dead;
}

/** All living processes. Read synchronously: the kernel answers from memory, and a thousand trips through the thread pool cost three times as much. */
export function allProcesses(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const found = parseStat(statLine(name));
      return found === undefined || found.dead ? [] : [found];
    } catch {
      return []; // It ended in between.
    }
  });
}

/** Longer than the kernel makes a line of /proc/<pid>/stat, which one read gives whole. */
const line = Buffer.alloc(4096);

/** Every look at the process table asks this of each process: three calls of the system, where readFileSync makes five. */
function statLine(pid: string): string {
  const file = openSync(`/proc/${pid}/stat`, 'r');
  try {
    return line.toString('latin1', 0, readSync(file, line, 0, line.length, null));
  } finally {
    closeSync(file);
  }
}

/** The variables of ours in a process's environment as it was at its exec; empty when it cannot be read. */
export async function marksOf(pid: number): Promise<{ key?: string; mark?: string }> {
  try {
    const environment = `\0${await readFile(`/proc/${pid}/environ`, 'latin1')}\0`;
    const value = (name: string): string | undefined => new RegExp(`\0${name}=([^\0]*)\0`).exec(environment)?.[1];
    const [key, mark] = [value('LONGSHORE_KEY'), value('LONGSHORE_MARK')];
    return { ...(key !== undefined && { key }), ...(mark !== undefined && { mark }) };
  } catch {
    return {};
  }
}

/** Signals exactly this process; nothing happens when it is gone or its pid belongs to another by now. */
export async function signal(id: ProcessId, name: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, name);
  } catch {
    // It ended in between.
  }
}
