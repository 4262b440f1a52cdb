// A worker's name outlives its process: the jobs on its machine are found again by it.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../specs/errors.ts';
import { NAME } from '../specs/patterns.ts';
import { StartError } from '../start-error.ts';

/** The configured id, else the one in the data folder's file `worker-id`, else a new one that is written there. */
export async function workerId(dataDir: string, configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured;
  const file = join(dataDir, 'worker-id');
  const kept = await readKept(file);
  if (kept !== undefined) return kept;
  const host =
    hostname()
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 40)
      .replace(/^-+|-+$/g, '') || 'worker';
  await writeFile(file, `${host}-${randomBytes(3).toString('hex')}\n`, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    // Another process of this folder was quicker.
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  return (await readKept(file))!;
}

async function readKept(file: string): Promise<string | undefined> {
  let kept: string;
  try {
    kept = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (!NAME.test(kept)) throw new StartError(`${file} does not hold a worker id: 1 to 63 of a-z, 0-9 and "-"`);
  return kept;
}
