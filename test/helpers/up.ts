// A real `longshore up` in a data folder of its own, for tests that see it as its users do: by REST, by signals, by killing it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { createClient, type Client } from '../../src/client/index.ts';
import type { JobSpecInput } from '../../src/specs/job.schema.ts';
import type { JobView } from '../../src/specs/views.schema.ts';
import type { Status } from '../../src/specs/status.ts';
import { processesOf } from './processes.ts';
import { temporalCli } from './temporal.ts';

export const LAUNCHER = fileURLToPath(new URL('../../bin/longshore.cjs', import.meta.url));
const PATIENCE = { timeout: 60_000, interval: 100 } as const;
/** Timings that make a test wait seconds where a user would wait minutes. */
const TIMINGS = { hostPatience: '15s', sweepEvery: '5s', grace: '2s', settle: '500ms', heartbeat: '10s' };

export interface Up {
  readonly data: string;
  /** What it has written to stdout since its last start. */
  said(): string;
  /** What it has written to stderr since its last start: its log. */
  logged(): string;
  api(): Client;
  /** host:port of the embedded Temporal server. */
  temporal(): Promise<string>;
  /** Starts it again after kill() or drain(), on the same data. */
  start(...flags: string[]): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Sends a signal; resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Creates a shell job; `script` is its text. */
  create(script: string, more?: Partial<JobSpecInput> & { requestId?: string }): Promise<string>;
  job(id: string): Promise<JobView>;
  /** Waits until the job shows this status. */
  until(id: string, status: Status): Promise<JobView>;
  log(id: string, attempt?: number): Promise<string>;
  /** Ends everything that it started, also jobs and a server that outlived it, and removes the data. */
  stop(): Promise<void>;
}

export interface UpOptions {
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** An empty folder for its data. Default: a new one. */
  readonly data?: string;
  /** The Node that runs the launcher. Default: this one. */
  readonly node?: string;
}

/** Starts it. `config` is added to longshore.yaml. */
export async function startUp(config: Record<string, unknown> = {}, options: UpOptions = {}): Promise<Up> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'longshore-up-')));
  await writeFile(join(data, 'longshore.yaml'), JSON.stringify({ api: { port: 0 }, timings: TIMINGS, ...config }));
  const env = { ...process.env, TEMPORAL_CLI_PATH: await temporalCli(), LONGSHORE_DATA: data, ...options.env };
  let child: ChildProcess;
  let said = '';
  let complained = '';
  let client: Client;

  const start = async (...flags: string[]): Promise<void> => {
    said = '';
    complained = '';
    child = spawn(options.node ?? process.execPath, [LAUNCHER, 'up', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (complained += chunk.toString()));
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`up ended with ${code}: ${complained}`)));
    ended.catch(() => undefined);
    await Promise.race([ended, vi.waitFor(() => expect(said, complained).toContain('Longshore is up.'), PATIENCE)]);
    client = createClient(JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8')) as { url: string; token: string });
  };
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  };
  const job = (id: string): Promise<JobView> => client.call('getJob', { params: { id } });
  await start();
  return {
    data,
    start,
    end,
    job,
    said: () => said,
    logged: () => complained,
    api: () => client,
    signal: (signal) => void child.kill(signal),
    kill: async () => void (await end('SIGKILL')),
    temporal: async () => {
      const record = JSON.parse(await readFile(join(data, 'temporal/server.json'), 'utf8')) as { port: number };
      return `127.0.0.1:${record.port}`;
    },
    create: async (script, { requestId, ...more } = {}) => {
      const spec = { name: 'e2e', type: 'shell', cluster: 'local', config: { script: { inline: script } }, ...more };
      const made = await client.call('createJob', { body: { spec: spec as never, ...(requestId !== undefined && { requestId }) } });
      return made.id;
    },
    until: async (id, status) => {
      await vi.waitFor(async () => expect((await job(id)).status).toBe(status), PATIENCE);
      return await job(id);
    },
    log: async (id, attempt) => {
      const query = attempt === undefined ? {} : { attempt };
      return await (await client.download('jobLogs', { params: { id }, query, accept: 'text/plain' })).text();
    },
    stop: async () => {
      await end();
      for (const { pid } of processesOf(data)) process.kill(pid, 'SIGKILL');
      await rm(data, { recursive: true, force: true });
    },
  };
}
