// What clusters for tests download and compile, kept outside the project: an empty cache works, a full one saves minutes.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** May be deleted at any time. LONGSHORE_CLUSTER_CACHE names another one; read at once, since tests run without LONGSHORE_ variables. */
const CACHE = process.env.LONGSHORE_CLUSTER_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'longshore', 'clusters');

/**
 * A folder of the cache that `make` has filled, now or earlier. Other `inputs` (texts of files, versions) are another folder.
 * It appears complete or not at all: of two processes that make it at once, one throws its own away.
 */
export async function cached(name: string, inputs: readonly string[], make: (folder: string) => Promise<void>, cache = CACHE): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
  const folder = join(cache, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, `.${name}-`));
  try {
    await make(fresh);
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
