// Spawns the detached supervisor of one job and waits until its latch is decided. From then on the job needs no worker.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { crashPoint, guardStands } from '../../crash-points.ts';
import type { Workspace } from '../../jobtypes/contract.ts';
import { TOOL_ENV } from '../../jobtypes/tools.ts';
import { StepError } from '../../specs/errors.ts';
import type { LatchFacts } from './latch.ts';
import { parseStat } from '../processes.ts';
import type { ProcessId } from '../processes.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor.sh', import.meta.url));
const PAYLOAD = fileURLToPath(new URL('payload.sh', import.meta.url));

export interface Launch {
  readonly workspace: Workspace;
  readonly facts: LatchFacts;
  /** Words before the payload: setsid, setpriv. */
  readonly prefix: readonly string[];
  readonly argv: readonly string[];
  /** Folder of a cgroup that the payload enters. */
  readonly cgroup: string | undefined;
  /** Limit of each process's data in KiB, where no cgroup enforces one. */
  readonly memoryKiB: number | undefined;
  /** Export lines; see environment.ts. */
  readonly environment: string;
  readonly signal: AbortSignal;
}

/** Resolves when the latch is decided: the supervisor's own identity when it took it; undefined when another had, or it ended without one. */
export async function runSupervisor(launch: Launch): Promise<ProcessId | undefined> {
  const { workspace, facts } = launch;
  const mode = guardStands('latch') ? 'exclusive' : 'shared';
  const command = [...launch.prefix, '/bin/sh', PAYLOAD, launch.memoryKiB === undefined ? 'unlimited' : String(launch.memoryKiB), ...launch.argv];
  const places = [workspace.latchDir, workspace.workDir, workspace.logDir, facts.key, JSON.stringify(facts), mode, launch.cgroup ?? ''];
  const child = spawn('/bin/sh', [SUPERVISOR, ...places, ...command], {
    detached: true,
    cwd: '/',
    // Clean: nothing of the worker's environment reaches a payload, and nothing of the payload's reaches the supervisor's tools.
    env: TOOL_ENV,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new StepError('START_ERROR', `the supervisor cannot be started: ${(error as Error).message}`, { cause: error, retryable: true });
  }
  // Only now: without a process, as when this one has no file descriptor left, there are no pipes.
  // A supervisor that lost the latch closes its stdin early; what counts is the latch.
  child.stdin.on('error', () => {});
  crashPoint('local.start.after-spawn');
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
  const decided = once(child.stdout, 'end', { signal: launch.signal });
  // It may reject before anybody waits for it.
  decided.catch(() => {});
  await new Promise<void>((sent) => child.stdin.end(launch.environment, () => sent()));
  crashPoint('local.start.after-environment');
  await decided;
  return parseStat(said.trim());
}
