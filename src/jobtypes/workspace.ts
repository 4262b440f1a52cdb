// Where an attempt lives on a worker's disk. Folders are named by the attempt key, so every step finds them without a record.
import { lchown, lstat, mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crashPoint, guardStands } from '../crash-points.ts';
import { StepError, hasCode } from '../specs/errors.ts';
import { ATTEMPT_KEY } from '../specs/patterns.ts';
import type { Workspace } from './contract.ts';
import { removeFolder } from './remove-folder.ts';

/** The folders below a worker's data folder that hold one folder for each attempt key. */
export const FOLDERS = { runs: 'runs', logs: 'runlogs', latches: 'latches' } as const;

/** The paths of one attempt; makes nothing. Throws INITIALIZE_FAILED when `key` is not an attempt key, which could point elsewhere. */
export function workspacePaths(dataDir: string, key: string): Workspace {
  if (!ATTEMPT_KEY.test(key)) throw new StepError('INITIALIZE_FAILED', `"${key.slice(0, 64)}" is not an attempt key`);
  const dir = join(dataDir, FOLDERS.runs, key);
  return {
    dir,
    workDir: join(dir, 'work'),
    logDir: join(dataDir, FOLDERS.logs, key),
    latchDir: join(dataDir, FOLDERS.latches, key),
    outputFile: join(dir, 'output'),
    progressFile: join(dir, 'progress'),
  };
}

/** Makes the folders of an attempt; twice is once. Throws PREPARE_FAILED when the attempt is over: a late prepare must not leave folders behind. */
export async function makeWorkspace(workspace: Workspace): Promise<void> {
  if (guardStands('tombstone') && (await exists(workspace.latchDir)) && !(await exists(workspace.dir)))
    throw new StepError('PREPARE_FAILED', 'this attempt is over on this worker: it was stopped or cleaned');
  crashPoint('local.prepare.before-folders');
  await takeBack(workspace);
  await mkdir(workspace.logDir, { recursive: true, mode: 0o700 });
  // Another user's payload must be able to pass through the folder above its own.
  await mkdir(dirname(workspace.dir), { recursive: true, mode: 0o711 });
  await mkdir(workspace.dir, { recursive: true, mode: 0o700 });
  await symlink(workspace.logDir, join(workspace.dir, 'log')).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  await mkdir(workspace.workDir, { recursive: true, mode: 0o700 });
  crashPoint('local.prepare.after-folders');
}

/** Removes the folders of an attempt that lives elsewhere; no latch is there. */
export async function removeWorkspace({ dir, logDir }: Workspace): Promise<void> {
  await removeFolder(dir);
  await removeFolder(logDir);
}

/**
 * Empties a run folder that an earlier try gave to the job's user: a link that was put there since would lead what is fetched next, which
 * this worker writes with its own rights, out of it. Throws PREPARE_FAILED when the job may be running in it: the next look-up finds it.
 */
async function takeBack({ dir, workDir, latchDir }: Workspace): Promise<void> {
  const root = 0;
  // Nobody else can give a folder away.
  if (process.getuid!() !== root) return;
  const [given, work] = await Promise.all([dir, workDir].map((path) => lstat(path).catch(() => undefined)));
  if (given === undefined || [given, work].every((folder) => folder === undefined || folder.uid === root)) return;
  if ((await readdir(latchDir).catch(() => [])).length > 0)
    throw new StepError('PREPARE_FAILED', 'another try has started this attempt', { retryable: true });
  // The folder itself first: from here on nobody else puts anything there.
  await lchown(dir, root, process.getgid!());
  for (const name of await readdir(dir)) await removeFolder(join(dir, name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
