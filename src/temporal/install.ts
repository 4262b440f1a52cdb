// Puts a program into a folder of ours in one step, so that nobody ever sees half of it.
import { randomUUID } from 'node:crypto';
import { chmod, constants, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Copies `from` to `to`, executable, and returns `to`. A program in use under that name goes on undisturbed, and what becomes of `from`
 * later, such as an update in place, does not touch the copy.
 */
export async function install(from: string, to: string): Promise<string> {
  await mkdir(dirname(to), { recursive: true });
  const staged = `${to}.${randomUUID()}`;
  try {
    await copyFile(from, staged, constants.COPYFILE_FICLONE);
    await chmod(staged, 0o755);
    await rename(staged, to);
  } finally {
    await rm(staged, { force: true });
  }
  return to;
}
