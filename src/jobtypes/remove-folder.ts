// Removes folders in which a payload had its way.
import { lstat, rm } from 'node:fs/promises';
import { hasCode } from '../specs/errors.ts';
import { runTool } from './tools.ts';

/** Removes a folder, a file or a link, whatever the payload did to its permissions; what is not there is removed already. */
export async function removeFolder(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  // In another user's folder a link may come in the place of a folder at any moment; rm(1) does not follow it, Node's would.
  if (found !== undefined && found.uid !== process.getuid!()) {
    const { failed, stderr } = await runTool('rm', ['-rf', '--', folder]);
    if (failed) throw new Error(`${folder} cannot be removed: ${stderr}`);
    return;
  }
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    if (!hasCode(error, 'EACCES') && !hasCode(error, 'EPERM')) throw error;
    await runTool('chmod', ['-R', 'u+rwx', '--', folder]);
    await rm(folder, { recursive: true, force: true });
  }
}
