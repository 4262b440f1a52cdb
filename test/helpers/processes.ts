// Looks into /proc: who lives, who began whom, who works where.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}
interface Seen extends FoundProcess {
  readonly parent: number;
  /** Everything about it that may name a folder: command line, environment, working directory. */
  readonly traces: string;
}

/** Living processes that this one began, directly or not. */
export function descendants(): FoundProcess[] {
  const all = everyone();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return all.filter(({ pid }) => isBelow(pid));
}

/** Living processes that have to do with a folder: also those that have left their parent and their environment behind. */
export function processesOf(folder: string): FoundProcess[] {
  return everyone().filter(({ pid, traces }) => pid !== process.pid && traces.includes(folder));
}

const everyone = (): Seen[] => readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (look(Number(name)) ?? []) : []));

function look(pid: number): Seen | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const traces = [command, readFileSync(`/proc/${pid}/environ`, 'utf8'), readlinkSync(`/proc/${pid}/cwd`)].join('\0');
    return { pid, parent: Number(parent), command, traces };
  } catch {
    return undefined;
  }
}
