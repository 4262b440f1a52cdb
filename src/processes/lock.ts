// One process of a kind for each data folder: the lock file names its holder, and a holder that is gone loses it.
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../start-error.ts';
import { isFrozen, lives, processIdentity, type ProcessIdentity } from '../temporal/identity.ts';

type Holder = ProcessIdentity & { readonly host: string };

/** What a process must be alone with in its data folder: the worker's id and runs, or the embedded server. `up` takes both. */
export type LockName = 'up' | 'worker';

/** Takes the lock or throws, naming the holder and what to do. Returns the release. */
export function lockDataFolder(data: string, name: LockName): () => void {
  const folder = join(data, 'locks');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, name);
  const own = processIdentity(process.pid);
  if (own === undefined) throw new StartError('Longshore runs on Linux, where /proc says who holds a lock');
  const text = JSON.stringify({ ...own, host: hostname() } satisfies Holder);
  const staged = `${file}.${randomUUID()}`;
  writeFileSync(staged, text, { mode: 0o600 });
  try {
    for (;;) {
      if (linked(staged, file)) return () => release(file, text);
      const held = readIfThere(file);
      if (held === undefined) continue;
      refuseIfHeld(held, data, file, name);
      takeAway(file, held);
    }
  } finally {
    rmSync(staged, { force: true });
  }
}

/** A frozen worker counts as gone: its jobs need another, and when it wakes, gates and latches keep it from acting. */
function refuseIfHeld(text: string, data: string, file: string, name: LockName): void {
  const holder = JSON.parse(text) as Holder;
  if (holder.host !== hostname()) {
    throw new StartError(`The data folder ${data} is used by process ${holder.pid} on ${holder.host}. If that is gone for good, delete ${file}.`);
  }
  if (!lives(holder) || (name === 'worker' && isFrozen(holder.pid))) return;
  throw new StartError(`The data folder ${data} is used by process ${holder.pid}. Stop that first, or give this one another folder with --data.`);
}

/** Moves a dead holder's lock aside; if somebody was faster, theirs goes back. */
function takeAway(file: string, dead: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== dead) linked(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, text: string): void {
  if (readIfThere(file) === text) rmSync(file, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
