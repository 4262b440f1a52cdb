// Removes what attempts left on this worker, after retention: tombstones, raw logs that a sweep kept, and folders that lost their latch.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from '../../jobtypes/remove-folder.ts';
import { FOLDERS, workspacePaths } from '../../jobtypes/workspace.ts';
import { ATTEMPT_KEY } from '../../specs/patterns.ts';
import type { Remains } from '../contract.ts';
import { readLatch, readPayload } from './latch.ts';
import { allProcesses, bootId, isAlive, marksOf } from '../processes.ts';

/** Latches of attempts that were cleaned and that nothing has changed since `before`. */
export async function remainsOf(dataDir: string, before: number): Promise<Remains[]> {
  const found: Remains[] = [];
  for (const key of await keysIn(join(dataDir, FOLDERS.latches))) {
    const since = await cleanedAt(dataDir, key);
    if (since !== undefined && since <= before) found.push({ key, since: new Date(since).toISOString() });
  }
  return found;
}

/** Removes the remains of `over`, and whatever was never started, if nothing has changed it since `before`. Throws when some of it cannot be. */
export async function pruneRuns(dataDir: string, over: readonly string[], before: number): Promise<void> {
  const doomed = [...(await cleaned(dataDir, over, before)), ...(await neverStarted(dataDir, before))];
  const results = await Promise.allSettled(doomed.map(removeFolder));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Latch and raw logs of those keys whose run folder is gone. The caller says which are over: a latch is all that refuses a start whose
 * workflow has waited for this worker for longer than retention.
 */
async function cleaned(dataDir: string, over: readonly string[], before: number): Promise<string[]> {
  const doomed: string[] = [];
  for (const key of over.filter((name) => ATTEMPT_KEY.test(name))) {
    const { latchDir, logDir } = workspacePaths(dataDir, key);
    const since = await cleanedAt(dataDir, key);
    if (since !== undefined && since <= before && !(await lives(latchDir))) doomed.push(logDir, latchDir);
  }
  return doomed;
}

/**
 * Run folders and logs of attempts that no sweep sees: their own payload removed the latch, they were never started, or they were prepared
 * after a stop had taken the latch. One with a living process stays.
 */
async function neverStarted(dataDir: string, before: number): Promise<string[]> {
  const doomed: string[] = [];
  let living: Set<string | undefined> | undefined;
  for (const key of await keysIn(join(dataDir, FOLDERS.runs))) {
    const { dir, latchDir, logDir } = workspacePaths(dataDir, key);
    const since = await changedAt(dir);
    if (since === undefined || since > before || !(await isUnstarted(latchDir))) continue;
    living ??= new Set(await Promise.all(allProcesses().map(async ({ pid }) => (await marksOf(pid)).key)));
    if (!living.has(key)) doomed.push(logDir, dir);
  }
  return doomed;
}

const keysIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).filter((name) => ATTEMPT_KEY.test(name));

/** In whole milliseconds since the epoch; undefined when there is nothing. */
async function changedAt(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && Math.floor(found.mtimeMs);
}

/** When the latch of an attempt whose run folder is gone was last changed; undefined when it has not been cleaned, or left none. */
async function cleanedAt(dataDir: string, key: string): Promise<number | undefined> {
  const { dir, latchDir } = workspacePaths(dataDir, key);
  return (await changedAt(dir)) === undefined ? await changedAt(latchDir) : undefined;
}

async function isUnstarted(latchDir: string): Promise<boolean> {
  if ((await changedAt(latchDir)) === undefined) return true;
  const latch = await readLatch(latchDir);
  return typeof latch === 'object' && latch.stopped === true;
}

async function lives(latchDir: string): Promise<boolean> {
  const latch = await readLatch(latchDir);
  if (latch === undefined || latch === 'unreadable' || latch.bootId !== bootId()) return false;
  return (await isAlive(latch.supervisor)) || (await isAlive(await readPayload(latchDir)));
}
