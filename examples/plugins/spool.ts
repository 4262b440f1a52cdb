// An adapter of one's own: a "cluster" that is one folder, shared by whoever can reach it. Each attempt is a folder named by its key;
// making that folder with everything in it is one rename, which only one can win. That is all that "start once" needs.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Adapter, AdapterType } from '../../src/adapters/contract.ts';
import type { ProcessPlan } from '../../src/jobtypes/contract.ts';
import { wordsAt } from '../../src/jobtypes/process.ts';
import type { Handle, Observation } from '../../src/specs/execution.ts';
import { StepError } from '../../src/specs/errors.ts';

const config = z.strictObject({ folder: z.string().min(1).meta({ description: 'The spool folder.' }) });

// Runs detached, leads a process group of its own (so that a stop reaches all of it) and notes how the payload ended.
// It leaves its pid before it looks for a stop, and a stop leaves its mark before it looks for the pid: one of them sees the other.
const RUNNER = 'echo $$ >pid; [ -e killed ] && exit; "$@" </dev/null >stdout 2>stderr; echo $? >exit.new; mv exit.new exit';

const handleOf = (key: string): Handle => ({ id: key });
const seen = (what: Omit<Observation, 'observedAt'>): Observation => ({ ...what, observedAt: new Date().toISOString() });

function spool(folder: string): Adapter {
  const place = (key: string, file = ''): string => join(folder, key, file);
  const text = (key: string, file: string): Promise<string | undefined> => readFile(place(key, file), 'utf8').catch(() => undefined);

  /** Claims a key, to start it or to make a start impossible. False when somebody has it already. */
  async function claim(key: string, mark: string, state: 'started' | 'stopped'): Promise<boolean> {
    const draft = join(folder, `.${randomUUID()}`);
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'claim'), `${state} ${mark}`);
    try {
      await rename(draft, place(key));
      return true;
    } catch {
      await rm(draft, { recursive: true });
      return false;
    }
  }

  async function look(key: string): Promise<Observation> {
    const state = (await text(key, 'claim'))?.split(' ')[0];
    if (state !== 'started') return seen({ phase: 'not-found' });
    const alive = await signal(key, 0);
    const exit = await text(key, 'exit');
    if (exit !== undefined && /^\d+\n$/.test(exit))
      return seen({ phase: 'ended', final: Number(exit) === 0 ? 'succeeded' : 'failed', exitCode: Number(exit) });
    if (exit === undefined && alive) return seen({ phase: 'running' });
    if (exit === undefined && (await text(key, 'killed')) !== undefined) return seen({ phase: 'ended', final: 'killed' });
    if (exit === undefined && (await text(key, 'pid')) === undefined) return seen({ phase: 'pending' });
    return seen({ phase: 'unknown', code: 'LOST', message: 'it is gone and left no exit code' });
  }

  /** Signals the whole group. A real adapter compares the start time, too: pids are used again. */
  async function signal(key: string, name: NodeJS.Signals | 0): Promise<boolean> {
    const pid = Number(await text(key, 'pid'));
    try {
      return pid > 1 && process.kill(-pid, name);
    } catch {
      return false;
    }
  }

  async function stop(key: string, mark: string, graceMs: number): Promise<Observation> {
    if (await claim(key, mark, 'stopped')) return look(key);
    if ((await text(key, 'exit')) === undefined) await writeFile(place(key, 'killed'), '');
    for (const deadline = Date.now() + graceMs; await signal(key, Date.now() < deadline ? 'SIGTERM' : 'SIGKILL');) await delay(50);
    return look(key);
  }

  return {
    async start({ ref, workspace }, { plan, secrets, gate }) {
      const { argv, env } = plan.data as unknown as ProcessPlan;
      if ((await text(ref.key, 'claim')) === undefined) {
        await gate();
        if (await claim(ref.key, ref.mark, 'started')) {
          const runner = spawn('/bin/sh', ['-c', RUNNER, 'sh', ...wordsAt(workspace.workDir, argv)], {
            cwd: place(ref.key),
            detached: true,
            stdio: 'ignore',
            env: { PATH: '/usr/bin:/bin', ...env, ...Object.fromEntries(secrets), LONGSHORE_KEY: ref.key },
          });
          runner.unref();
        }
      }
      const state = await text(ref.key, 'claim');
      if (state?.startsWith('stopped')) throw new StepError('START_REFUSED', 'it was stopped before it started');
      return handleOf(ref.key);
    },
    find: async ({ ref }) => ((await text(ref.key, 'claim'))?.startsWith('stopped') === false ? handleOf(ref.key) : undefined),
    describe: (asked) => Promise.all(asked.map(({ attempt }) => look(attempt.ref.key))),
    stop: ({ ref }, _handle, { force, graceMs }) => stop(ref.key, ref.mark, force ? 0 : graceMs),
    stopKey: async (key, mark) => void (await stop(key, mark, 0)),
    async list(mark) {
      const keys = await readdir(folder).catch(() => []);
      const all = await Promise.all(keys.map(async (key) => ({ key, claim: await text(key, 'claim'), phase: (await look(key)).phase })));
      return all.filter((one) => one.claim === `started ${mark}`).map(({ key, phase }) => ({ key, handle: handleOf(key), phase }));
    },
    async readLog({ ref }, _handle, stream, offset, maxBytes) {
      const end = (await text(ref.key, 'exit')) !== undefined;
      const bytes = (await readFile(place(ref.key, stream)).catch(() => Buffer.alloc(0))).subarray(offset);
      return { offset, bytes: bytes.subarray(0, maxBytes), end: end && bytes.length <= maxBytes };
    },
    async clean({ ref }) {
      await stop(ref.key, ref.mark, 0);
      for (const stream of ['stdout', 'stderr']) await rm(place(ref.key, stream), { force: true });
    },
  };
}

const type: AdapterType<z.infer<typeof config>> = {
  type: 'spool',
  config,
  strength: 'by-name',
  hostBound: false,
  templates: ['process'],
  watchEveryMs: 1000,
  create: async (cluster) => spool(config.parse(cluster.config).folder),
};
export default type;
