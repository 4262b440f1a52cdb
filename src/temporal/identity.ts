// Who a process is, beyond its number: numbers are used again, start times within one boot are not.
import { readFileSync } from 'node:fs';

/** A process of this machine: boot and start time tell it from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot. */
  readonly start: string;
  readonly boot: string;
}

/** The process with this number; undefined when there is none, or only its zombie. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const found = look(pid);
  return found === undefined || found.state === 'Z' || found.state === 'X' ? undefined : found.identity;
}

/** Whether the process is stopped (SIGSTOP, Ctrl-Z). */
export const isFrozen = (pid: number): boolean => look(pid)?.state === 'T';

/** Reads "<content of /proc/PID/stat>\n<boot id>\n", which a shell can write about itself before it becomes another program. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  return parse(text)?.identity;
}

/** Whether that very process still lives. */
export function lives(identity: ProcessIdentity): boolean {
  const now = processIdentity(identity.pid);
  return now !== undefined && now.start === identity.start && now.boot === identity.boot;
}

function look(pid: number): { identity: ProcessIdentity; state: string } | undefined {
  try {
    return parse(readFileSync(`/proc/${pid}/stat`, 'utf8') + bootId());
  } catch {
    return undefined;
  }
}

function parse(text: string): { identity: ProcessIdentity; state: string } | undefined {
  const [, pid, rest, boot] = /^(\d+) \(.*\) (.+)\n(.+)/s.exec(text.trim()) ?? [];
  const fields = rest?.split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  if (pid === undefined || boot === undefined || state === undefined || start === undefined) return undefined;
  return { identity: { pid: Number(pid), start, boot: boot.trim() }, state };
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
