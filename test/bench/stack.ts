// The stack under measurement: `longshore up` as users run it, and a bare Temporal worker on the same server and database file.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createClient } from '../../src/client/index.ts';
import { freePort } from '../helpers/ports.ts';
import { startBare } from './bare.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Stack {
  readonly api: ReturnType<typeof createClient>;
  readonly temporal: Client;
  readonly data: string;
  /** Process ids of `up` and of its Temporal server. */
  pids(): Promise<number[]>;
  /** SIGKILL to `up` (API, scheduler and worker at once), then start it again on the same data. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits until `probe` returns something; the error says what was waited for. */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 60_000, everyMs = 20): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(everyMs);
  }
}

/** Waits for a job's announced end as a client should: by its event stream, which ends with it. */
export async function ended(stack: Stack, id: string): Promise<void> {
  for await (const event of stack.api.stream('jobEvents', { params: { id } })) if (event.event === 'end') return;
  throw new Error(`the event stream of job ${id} ended before the job`);
}

/** Waits for a run's announced end in the same way. Throws when it did not succeed. */
export async function runEnded(stack: Stack, id: string): Promise<void> {
  for await (const event of stack.api.stream('runEvents', { params: { id } })) if (event.event === 'end') break;
  const { status, outcome } = await stack.api.call('getRun', { params: { id } });
  if (outcome !== 'SUCCEED') throw new Error(`run ${id} is ${status} ${outcome}`);
}

/** Starts everything; `slots` is our worker's, `peerSlots` the bare one's (default: the SDK's). */
export async function startStack(options: { slots: number; peerSlots?: number }): Promise<Stack> {
  const data = await mkdtemp(path.join(os.tmpdir(), 'longshore-bench-'));
  const temporalPort = await freePort();
  await writeFile(
    path.join(data, 'longshore.yaml'),
    JSON.stringify({ api: { port: 0 }, temporal: { port: temporalPort }, worker: { slots: options.slots }, timings: { heartbeat: '10s' } }),
  );
  // Beside the data folder, so that a failed run can be looked into.
  const logs = openSync(`${data}.log`, 'w');
  let up: ChildProcess;
  const start = async (): Promise<void> => {
    up = spawn(process.execPath, [path.join(ROOT, 'bin/longshore.cjs'), 'up', '--data', data, '--config', path.join(data, 'longshore.yaml')], {
      stdio: ['ignore', 'ignore', logs],
    });
  };
  await start();
  const credentials = async () =>
    await until('credentials.json of the started stack', async () => {
      const text = await readFile(path.join(data, 'credentials.json'), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as { url: string; token: string });
    });
  let api = createClient(await credentials());
  const ready = async () =>
    await until('the API to be ready', async () => {
      api = createClient(await credentials());
      return await api.call('whoami', {}).catch(() => undefined);
    });
  await ready();

  const bare = await startBare(`127.0.0.1:${temporalPort}`, options.peerSlots);

  return {
    get api() {
      return api;
    },
    temporal: bare.temporal,
    data,
    pids: async () => {
      // "pid starttime" of the embedded server.
      const server = Number((await readFile(path.join(data, 'temporal', 'server.pid'), 'utf8')).split(/\s/)[0]);
      return [up.pid!, server];
    },
    crash: async () => {
      up.kill('SIGKILL');
      await once(up, 'exit');
    },
    restart: async () => {
      await start();
      await ready();
    },
    stop: async () => {
      await bare.stop();
      up.kill('SIGINT');
      await once(up, 'exit');
      await rm(data, { recursive: true, force: true });
      await rm(`${data}.log`);
    },
  };
}
