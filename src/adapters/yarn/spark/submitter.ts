// Runs of spark-submit on this worker. A folder for each attempt key holds, for each run, who took its latch and how it ended; a new run is
// numbered after the last one, and may begin only when that is proven dead.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { guardStands } from '../../../crash-points.ts';
import { StepError, hasCode } from '../../../specs/errors.ts';
import { ATTEMPT_KEY } from '../../../specs/patterns.ts';
import { lastPart } from './log-tail.ts';
import { allProcesses, bootId, parseStat } from '../../processes.ts';

const SCRIPT = fileURLToPath(new URL('submitter.sh', import.meta.url));
/** How long the kernel may take to end what is killed. */
const KILL_MS = 10_000;

/** `alive`: a run is at work. Else how the last one ended; no code: it was killed, or its machine went down. */
export type SubmitterState = 'none' | 'alive' | { readonly exited: number | undefined; readonly log: string };

export interface Run {
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** Files for the run alone, by name; written before it begins. */
  readonly files: { readonly [name: string]: string };
  /** Its supervisor kills it then. */
  readonly lifetimeMs: number;
}

export function submitterFolder(dataDir: string, key: string): string {
  if (!ATTEMPT_KEY.test(key)) throw new StepError('START_ERROR', `"${key.slice(0, 64)}" is not an attempt key`);
  return join(dataDir, 'submitters', key);
}

export async function submitterState(dataDir: string, key: string): Promise<SubmitterState> {
  const folder = submitterFolder(dataDir, key);
  const number = await lastRun(folder);
  if (number === 0) return 'none';
  if ((await membersOf(folder, number)).length > 0) return 'alive';
  const exit = (await readFile(join(folder, `exit.${number}`), 'utf8').catch(() => '')).trim();
  return { exited: /^\d+$/.test(exit) ? Number(exit) : undefined, log: await lastPart(join(folder, `log.${number}`)) };
}

/** Begins a run after the last one, which the caller has seen dead. `taken`: another try was faster. */
export async function beginSubmit(dataDir: string, key: string, run: Run): Promise<'begun' | 'taken' | 'stopped'> {
  const folder = submitterFolder(dataDir, key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const number = (await lastRun(folder)) + 1;
  // Seen dead before, and dead for good; but the number may by now be one of another try.
  if (guardStands('latch') && number > 1 && (await membersOf(folder, number - 1)).length > 0) return 'taken';
  for (const [name, content] of Object.entries(run.files)) await replace(join(folder, name), content);
  const seconds = String(Math.max(1, Math.ceil(run.lifetimeMs / 1_000)));
  const child = spawn('/bin/sh', [SCRIPT, folder, String(number), bootId(), seconds, ...run.argv], {
    detached: true,
    cwd: '/',
    env: run.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new StepError('START_ERROR', `the supervisor of spark-submit cannot be started: ${(cause as Error).message}`, { cause, retryable: true });
  }
  let said = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
  await once(child.stdout, 'end');
  return said === 'begun\n' ? 'begun' : said === 'stopped\n' ? 'stopped' : 'taken';
}

/** Ends the run of a key, and makes a later one impossible. Throws when it cannot be proven dead. */
export async function endSubmitter(dataDir: string, key: string): Promise<void> {
  const folder = submitterFolder(dataDir, key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'stopped'), '', { flag: 'a', mode: 0o600 });
  const until = performance.now() + KILL_MS;
  for (;;) {
    const members = await membersOf(folder, await lastRun(folder));
    if (members.length === 0) break;
    if (performance.now() > until) throw new StepError('START_ERROR', `spark-submit (pid ${members.join(', ')}) does not end`, { retryable: true });
    for (const pid of members) kill(pid);
    await sleep(50);
  }
  for (const name of await namesIn(folder)) if (name !== 'stopped') await rm(join(folder, name), { force: true });
}

/** Removes what runs left that nobody can ask for any more. */
export async function pruneSubmitters(dataDir: string, olderThanMs: number): Promise<void> {
  const keys = (await namesIn(join(dataDir, 'submitters'))).filter((name) => ATTEMPT_KEY.test(name));
  for (const key of keys) {
    const folder = submitterFolder(dataDir, key);
    const changed = await stat(folder).catch(() => undefined);
    if (changed === undefined || Date.now() - changed.mtimeMs < olderThanMs || (await submitterState(dataDir, key)) === 'alive') continue;
    await rm(folder, { recursive: true, force: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
}

/** Number of the newest run; 0 for none. */
async function lastRun(folder: string): Promise<number> {
  return Math.max(0, ...(await namesIn(folder)).map((name) => Number(/^started\.(\d+)$/.exec(name)?.[1] ?? 0)));
}

/** Processes of a run that live: those of its supervisor's session. A session's number is not reused while it has a member. */
async function membersOf(folder: string, number: number): Promise<number[]> {
  const latch = number === 0 ? '' : await readFile(join(folder, `started.${number}`), 'latin1').catch(() => '');
  const [boot, line = ''] = latch.split('\n');
  const supervisor = parseStat(line);
  if (supervisor === undefined || boot !== bootId()) return [];
  const processes = allProcesses();
  if (processes.some(({ pid, startTime }) => pid === supervisor.pid && startTime !== supervisor.startTime)) return [];
  return processes.filter(({ session }) => session === supervisor.pid).map(({ pid }) => pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

/** Whole or not at all: another try may write the same at the same moment. */
async function replace(path: string, content: string): Promise<void> {
  const staged = `${path}.${randomUUID()}`;
  await writeFile(staged, content, { flag: 'wx', mode: 0o600 });
  await rename(staged, path);
}
