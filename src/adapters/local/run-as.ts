// Who a payload runs as. The supervisor stays the worker's own, so that a payload of another user can neither forge its end nor stop it.
import { access, chown, constants } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '../../jobtypes/contract.ts';
import { runTool } from '../../jobtypes/tools.ts';
import { StepError } from '../../specs/errors.ts';

const TOOLS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Absolute path of a tool of the operating system, wherever PATH points. Throws START_ERROR when it is not installed. */
export async function tool(name: string): Promise<string> {
  for (const folder of TOOLS) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Look in the next folder.
    }
  }
  throw new StepError('START_ERROR', `${name} is not installed on this worker; it is looked for in ${TOOLS.join(', ')}`);
}

export interface RunAs {
  readonly name: string;
  readonly home: string;
  /** Set when it is not the worker's own user. */
  readonly other?: { readonly uid: number; readonly gid: number };
}

/** Looks the user up; the worker's own without a name. Throws RUN_AS_REFUSED when there is no such user or the worker may not become it. */
export async function resolveUser(name: string | undefined): Promise<RunAs> {
  const own = userInfo();
  if (name === undefined || name === own.username) return { name: own.username, home: own.homedir };
  if (own.uid !== 0) throw new StepError('RUN_AS_REFUSED', `this worker runs as ${own.username} and cannot become ${name}: only root can`);
  const { stdout, failed } = await runTool(await tool('getent'), ['passwd', name]);
  const [, , uid, gid, , home] = stdout.split(':');
  if (failed || uid === undefined || gid === undefined) throw new StepError('RUN_AS_REFUSED', `there is no user ${name} on this worker`);
  return { name, home: home ?? '/', other: { uid: Number(uid), gid: Number(gid) } };
}

/** The words before a command that make it run as this user, with that user's groups and no way back. */
export async function becoming(user: RunAs): Promise<string[]> {
  if (user.other === undefined) return [];
  const { uid, gid } = user.other;
  return [await tool('setpriv'), `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'];
}

/** Gives the run folder and the log files to the user, and sees that the user can get there. */
export async function handOver(user: RunAs, workspace: Workspace): Promise<void> {
  if (user.other === undefined) return;
  const { uid, gid } = user.other;
  // -P and -h: what prepare fetched may hold links; they are never followed.
  const given = await runTool(await tool('chown'), ['-RhP', `${uid}:${gid}`, '--', workspace.dir]);
  if (given.failed) throw new StepError('START_ERROR', `the run folder cannot be given to ${user.name}: ${given.stderr}`, { retryable: true });
  await Promise.all(['stdout', 'stderr'].map((stream) => chown(join(workspace.logDir, stream), uid, gid)));
  const reach = await runTool('/bin/sh', ['-c', 'cd "$1"', 'sh', workspace.workDir], { uid, gid, cwd: '/' });
  if (reach.failed)
    throw new StepError('RUN_AS_REFUSED', `user ${user.name} cannot reach ${workspace.workDir}: the folders above it need execute permission`);
}
