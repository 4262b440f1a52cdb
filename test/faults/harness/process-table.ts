// The kernel's own list of what lives; payloads are known by marks in their environment.
import { readdirSync, readFileSync } from 'node:fs';
import type { LiveProcess } from '../checker/evidence.ts';

/** Whether SIGSTOP holds it. */
export function isFrozen(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

/** Live processes that this scenario's jobs left (FAULTS_RUN is `run`) or that carry one of the attempt keys. */
export function marked(run: string, keys: ReadonlySet<string>): LiveProcess[] {
  return readdirSync('/proc').flatMap((entry): LiveProcess[] => {
    if (!/^\d+$/.test(entry)) return [];
    const environment = read(`/proc/${entry}/environ`);
    if (!environment) return [];
    const value = (name: string): string | undefined =>
      environment
        .split('\0')
        .find((pair) => pair.startsWith(`${name}=`))
        ?.slice(name.length + 1);
    const key = value('LONGSHORE_KEY');
    if (value('FAULTS_RUN') !== run && (key === undefined || !keys.has(key))) return [];
    const job = value('FAULTS_JOB');
    const command = read(`/proc/${entry}/cmdline`)?.replaceAll('\0', ' ').trim() ?? '';
    return [{ pid: Number(entry), command: command.slice(0, 200), ...(job === undefined ? {} : { job }), ...(key === undefined ? {} : { key }) }];
  });
}

/** Undefined when the process is gone or not ours to read. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
