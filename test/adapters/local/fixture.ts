// A local adapter on a data folder of its own, and attempts to run on it.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Adapter, Attempt, StartContext } from '../../../src/adapters/contract.ts';
import { localAdapter } from '../../../src/adapters/local/runtime.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import type { ClusterRecord, Handle, Observation } from '../../../src/specs/execution.ts';
import { attemptKey } from '../../../src/specs/identity.ts';
import { jobSpecSchema } from '../../../src/specs/job.schema.ts';
import type { JobSpecInput } from '../../../src/specs/job.schema.ts';

const MARK = `mark-${randomBytes(8).toString('hex')}`;
export const cluster: ClusterRecord = { name: 'local', type: 'local', version: 1, workers: 'default', config: {}, engines: {} };
export const END = { timeout: 15_000, interval: 20 };

/** A folder that every user can pass through, so that run-as can be tested. */
export async function dataFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'longshore-local-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Whether the temporary folder lies where another user's job could get to. */
export const othersReachTmp = (): boolean => {
  for (let folder = tmpdir(); folder !== dirname(folder); folder = dirname(folder)) if ((statSync(folder).mode & 0o001) === 0) return false;
  return true;
};

export function attemptOn(dataDir: string, spec: Partial<JobSpecInput> = {}, key = newKey()): Attempt {
  const ref = { key, mark: MARK, app: 'test', jobId: '7', workflowId: 'job:test:7', firstRunId: 'run', attempt: 2 };
  return { ref, spec: jobSpecSchema.parse({ name: 'test', type: 'shell', ...spec }), cluster, workspace: workspacePaths(dataDir, key) };
}
export const newKey = (): string => attemptKey(randomBytes(8).toString('hex'), 'run', '', 1);

export const processContext = (argv: readonly string[], env: Record<string, string> = {}, change: Partial<StartContext> = {}): StartContext => ({
  plan: { template: 'process', outputPath: '', data: { argv, env } },
  secrets: new Map(),
  gate: async () => {},
  signal: new AbortController().signal,
  ...change,
});

/** One worker's local adapter with what tests ask of it. */
export class Bench {
  readonly adapter: Adapter;
  readonly dataDir: string;
  readonly #remove: () => Promise<void>;
  readonly #attempts: Attempt[] = [];

  constructor(data: { path: string; remove: () => Promise<void> }, cgroupParent = 'longshore') {
    this.dataDir = data.path;
    this.#remove = data.remove;
    this.adapter = localAdapter({ workerId: 'w1', dataDir: data.path }, cgroupParent);
  }

  async attempt(spec: Partial<JobSpecInput> = {}): Promise<Attempt> {
    const attempt = attemptOn(this.dataDir, spec);
    await makeWorkspace(attempt.workspace);
    this.#attempts.push(attempt);
    return attempt;
  }

  /** Starts `script` under /bin/sh in a new attempt. */
  async run(script: string, args: readonly string[] = [], spec: Partial<JobSpecInput> = {}): Promise<{ attempt: Attempt; handle: Handle }> {
    const attempt = await this.attempt(spec);
    return { attempt, handle: await this.adapter.start(attempt, processContext(['/bin/sh', '-c', script, 'sh', ...args])) };
  }

  async observe(attempt: Attempt, handle: Handle = { id: 'w1/unknown' }): Promise<Observation> {
    return (await this.adapter.describe([{ attempt, handle }]))[0]!;
  }

  untilEnded(attempt: Attempt, handle?: Handle): Promise<Observation> {
    return vi.waitFor(async () => {
      const seen = await this.observe(attempt, handle);
      expect(seen.phase).not.toBe('running');
      return seen;
    }, END);
  }

  async log(attempt: Attempt, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    return readFile(join(attempt.workspace.logDir, stream), 'utf8');
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts) {
      await this.adapter.clean(attempt, undefined);
      await vi.waitFor(async () => expect(await processesOf(attempt.ref.key, true)).toEqual([]), END);
    }
    await this.#remove();
  }
}

const readProc = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');

/** Living processes that carry a key in their environment; with `supervisor` those that have it in their arguments, too. Not the adapter's eyes. */
export async function processesOf(key: string, supervisor = false): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environ, cmdline, stat] = await Promise.all([readProc(pid, 'environ'), readProc(pid, 'cmdline'), readProc(pid, 'stat')]);
      const zombie = stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
      return !zombie && (environ.includes(`LONGSHORE_KEY=${key}`) || (supervisor && cmdline.includes(key))) ? [pid] : [];
    }),
  );
  return found.flat();
}
