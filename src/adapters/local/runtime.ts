// The adapter `local`: jobs are processes of the worker's own machine, each under a detached supervisor. Policy only; the verbs are beside it.
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, writeFile } from 'node:fs/promises';
import { crashPoint, guardStands } from '../../crash-points.ts';
import { removeFolder } from '../../jobtypes/remove-folder.ts';
import { FOLDERS, workspacePaths } from '../../jobtypes/workspace.ts';
import type { Workspace } from '../../jobtypes/contract.ts';
import { StepError } from '../../specs/errors.ts';
import type { Handle, Observation } from '../../specs/execution.ts';
import { ATTEMPT_KEY } from '../../specs/patterns.ts';
import type { Adapter, Host, Listed } from '../contract.ts';
import { cgroupOf, removeCgroup } from './cgroup.ts';
import { lastLine, readPiece } from '../../jobtypes/payload-files.ts';
import { hasExit, markStop, readExit, readLatch, readPayload, stopMarked, takeLatchToStop } from './latch.ts';
import type { Latch } from './latch.ts';
import { observe } from './phases.ts';
import { pruneRuns, remainsOf } from './prune.ts';
import { allProcesses, bootId, isAlive, marksOf } from '../processes.ts';
import type { ProcessId } from '../processes.ts';
import { startLocal } from './start.ts';
import { endTree, membersOf } from './tree.ts';
import type { Target } from './tree.ts';

const NOTE = 'outputs.json';
const MAX_NOTE = 256 * 1024;

/** The verbs for one worker. `cgroupParent`: where below the cgroup v2 mount each job's cgroup goes. */
export function localAdapter(host: Host, cgroupParent: string): Adapter {
  const handleOf = (process: ProcessId | undefined): Handle => ({
    id: `${host.workerId}/${process?.pid ?? 'unknown'}`,
    workerId: host.workerId,
    bootId: bootId(),
    ...(process && { pid: process.pid, startTime: process.startTime }),
  });
  const latchHandle = (latch: Latch | 'unreadable'): Handle =>
    latch === 'unreadable' ? handleOf(undefined) : { ...handleOf(latch.supervisor), bootId: latch.bootId };

  /** Folders of a key that only a list or a sweep has named. */
  const workspaceOf = (key: string): Workspace => workspacePaths(host.dataDir, key);

  async function stopAll(key: string, mark: string, workspace: Workspace, handle: Handle | undefined, graceMs: number): Promise<Observation> {
    crashPoint('local.stop.before-latch');
    if (guardStands('tombstone') && (await readLatch(workspace.latchDir)) === undefined) await takeLatchToStop(workspace.latchDir, key, mark);
    crashPoint('local.stop.after-latch');
    const target: Target = { ...(await processesIn(key, workspace, handle)), cgroup: await cgroupOf(cgroupParent, key) };
    if ((await readExit(workspace.latchDir)) === undefined && (await lives(target))) await markStop(workspace.latchDir);
    crashPoint('local.stop.after-mark');
    if (!(await endTree(target, graceMs, () => hasExit(workspace.latchDir)))) {
      const left = (await membersOf(target)).map(({ pid }) => pid).join(', ');
      throw new StepError('INTERNAL', `processes that cannot be killed are left of the job: ${left || 'its supervisor'}`, { retryable: true });
    }
    crashPoint('local.stop.after-end');
    return look(workspace, handle);
  }

  return {
    async start(attempt, context) {
      return latchHandle(await startLocal(attempt, context, cgroupParent));
    },

    async find(attempt) {
      const latch = await readLatch(attempt.workspace.latchDir);
      if (latch === undefined || (latch !== 'unreadable' && latch.stopped === true)) return undefined;
      return latchHandle(latch);
    },

    async list(mark) {
      const listed = new Map<string, Listed>();
      for (const key of await keysOf(host.dataDir)) {
        const { dir, latchDir } = workspaceOf(key);
        const cleaned = !(await isFolder(dir));
        // A tombstone is told by two looks at most: there is one for each job of the last day.
        if (cleaned && (await hasExit(latchDir))) continue;
        const latch = await readLatch(latchDir);
        if (latch === undefined || latch === 'unreadable' || latch.mark !== mark || latch.stopped === true) continue;
        const { phase } = await look(workspaceOf(key), undefined);
        if (phase !== 'running' && cleaned) continue;
        listed.set(key, { key, handle: latchHandle(latch), phase });
      }
      // Processes outlive their folders when somebody removes those by hand.
      for (const process of allProcesses()) {
        const marks = await marksOf(process.pid);
        if (marks.mark !== mark || marks.key === undefined || !ATTEMPT_KEY.test(marks.key)) continue;
        const known = listed.get(marks.key);
        if (known === undefined || known.phase !== 'running')
          listed.set(marks.key, { key: marks.key, handle: known?.handle ?? handleOf(process), phase: 'running' });
      }
      return [...listed.values()];
    },

    describe: (asked) => Promise.all(asked.map(({ attempt, handle }) => look(attempt.workspace, handle))),

    stop: (attempt, handle, how) => stopAll(attempt.ref.key, attempt.ref.mark, attempt.workspace, handle, how.force ? 0 : how.graceMs),

    async stopKey(key, mark) {
      await stopAll(key, mark, workspaceOf(key), undefined, 0);
      await removeFolder(workspaceOf(key).dir);
      await removeCgroup(await cgroupOf(cgroupParent, key));
    },

    async note({ workspace: { latchDir } }, text) {
      // Without a latch nothing of the attempt is left that a second end could ask for.
      if (!(await isFolder(latchDir))) return;
      const staged = join(latchDir, `.${NOTE}.${randomUUID()}`);
      await writeFile(staged, text, { mode: 0o600 });
      await rename(staged, join(latchDir, NOTE));
    },

    async noted({ workspace: { latchDir } }) {
      // A payload of the worker's own user can put anything in its place.
      const piece = await readPiece(join(latchDir, NOTE), 0, MAX_NOTE);
      return typeof piece === 'object' && piece.size <= MAX_NOTE ? piece.bytes.toString('utf8') : undefined;
    },

    remains: (olderThanMs) => remainsOf(host.dataDir, Date.now() - olderThanMs),

    prune: (over, olderThanMs) => pruneRuns(host.dataDir, over, Date.now() - olderThanMs),

    async readLog(attempt, _handle, stream, byteOffset, maxBytes) {
      // Ended first, then the size: what was written before the end is then in the size.
      const ended = (await readExit(attempt.workspace.latchDir)) !== undefined;
      const piece = await readPiece(join(attempt.workspace.logDir, stream), byteOffset, maxBytes);
      if (typeof piece !== 'object') return { offset: byteOffset, bytes: Buffer.alloc(0), end: ended };
      return { offset: byteOffset, bytes: piece.bytes, end: ended && byteOffset + piece.bytes.length >= piece.size };
    },

    async clean(attempt, handle) {
      const { ref, workspace } = attempt;
      crashPoint('local.clean.before-stop');
      await stopAll(ref.key, ref.mark, workspace, handle, 0);
      crashPoint('local.clean.before-remove');
      await removeFolder(workspace.dir);
      await removeFolder(workspace.logDir);
      await removeCgroup(await cgroupOf(cgroupParent, ref.key));
      if (!guardStands('tombstone')) await removeFolder(workspace.latchDir);
      crashPoint('local.clean.after-remove');
    },
  };
}

/** What the folder and the process table say. Never throws: what cannot be read is part of the answer. */
async function look(workspace: Workspace, handle: Handle | undefined): Promise<Observation> {
  const { latchDir } = workspace;
  const latch = await readLatch(latchDir);
  const current = processIn(latch, handle);
  const supervisorAlive = await isAlive(current);
  const payloadAlive = !supervisorAlive && latch !== undefined && sameBoot(latch, handle) && (await isAlive(await readPayload(latchDir)));
  return observe(
    {
      latch,
      supervisorAlive,
      payloadAlive,
      // After the supervisor: it may have written the exit file just before it ended.
      exit: await readExit(latchDir),
      stopMarked: await stopMarked(latchDir),
      rebooted: !sameBoot(latch, handle),
      progress: await lastLine(workspace.progressFile),
    },
    new Date(),
  );
}

type LatchState = Awaited<ReturnType<typeof readLatch>>;

function sameBoot(latch: LatchState, handle: Handle | undefined): boolean {
  const boot = latch !== undefined && latch !== 'unreadable' ? latch.bootId : handle?.['bootId'];
  return boot === bootId();
}

/** The supervisor by latch, else by handle, if it is of this boot. */
function processIn(latch: LatchState, handle: Handle | undefined): ProcessId | undefined {
  if (!sameBoot(latch, handle)) return undefined;
  if (latch !== undefined && latch !== 'unreadable') return latch.supervisor;
  const [pid, startTime] = [handle?.['pid'], handle?.['startTime']];
  return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined;
}

async function processesIn(key: string, workspace: Workspace, handle: Handle | undefined): Promise<Target> {
  const latch = await readLatch(workspace.latchDir);
  const known = sameBoot(latch, handle);
  return {
    key,
    supervisor: processIn(latch, handle),
    payload: known ? await readPayload(workspace.latchDir) : undefined,
  };
}

const lives = async (target: Target): Promise<boolean> => (await isAlive(target.supervisor)) || (await membersOf(target)).length > 0;

async function keysOf(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, FOLDERS.latches)).catch(() => []);
  return names.filter((name) => ATTEMPT_KEY.test(name));
}

const isFolder = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined))?.isDirectory() === true;
