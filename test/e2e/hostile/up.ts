// A real `longshore up` under attack: its address, its memory, what it said, and innocent jobs that must not notice anything.
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { CallResult, Client } from '../../../src/client/index.ts';
import { isEnd } from '../../../src/specs/status.ts';
import { temporalCli } from '../../helpers/temporal.ts';
import { LAUNCHER, startUp as startPlain, type UpOptions } from '../../helpers/up.ts';

const PATIENCE_MS = 60_000;

export type Job = CallResult<'getJob'>;
/** A job as people write it; name and type have defaults. */
export type Spec = Readonly<Record<string, unknown>>;
type Body = NonNullable<RequestInit['body']>;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Of problem+json. */
  readonly code: unknown;
}
/** What a command did. */
export interface Said {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Up {
  readonly data: string;
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly client: Client;
  /** Everything that it wrote to stdout and stderr. */
  said(): string;
  /** Resident memory of the process in MiB. */
  memory(): number;
  create(spec: Spec): Promise<Job>;
  job(id: string): Promise<Job>;
  /** Waits for the end. Default patience: a minute. */
  ended(id: string, timeoutMs?: number): Promise<Job>;
  until(id: string, status: Job['status']): Promise<void>;
  /** A slice of the log, at most 1 MiB, as it is. */
  log(id: string, query?: Readonly<Record<string, string | number>>): Promise<Buffer>;
  /** Any request with our token. */
  fetch(method: string, path: string, body?: Body): Promise<Answer>;
  /** A command of the CLI on its data folder. */
  longshore(...args: string[]): Promise<Said>;
  /** The temporal command line tool against its server. */
  temporal(...args: string[]): Promise<Said>;
  /** A job runs all the while, another begins afterwards; both must succeed as if nothing had happened. */
  unharmed<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export const script = (text: string): Spec => ({ config: { script: { inline: text } } });
export const python = (text: string): Spec => ({ type: 'python', config: { script: { inline: text } } });

/** Runs a command; never rejects. */
async function command(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  const { exitCode, stdout, stderr } = await execa(file, args, { env, reject: false, stdin: 'ignore', timeout: PATIENCE_MS });
  return { exitCode, stdout, stderr };
}

export async function startUp(config: Record<string, unknown> = {}, options: UpOptions = {}): Promise<Up> {
  const plain = await startPlain(config, options);
  const { data } = plain;
  const cli = await temporalCli();
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(data, ...path), 'utf8'));
  const { url, token } = read('credentials.json') as { url: string; token: string };
  // A launcher on an older Node stands before the process; the lock names the process itself.
  const { pid } = read('locks', 'up') as { pid: number };
  const address = await plain.temporal();
  const client = plain.api();

  const self: Up = {
    data,
    url,
    token,
    pid,
    client,
    job: (id) => plain.job(id),
    stop: () => plain.stop(),
    said: () => plain.said() + plain.logged(),
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
    create: async (spec) => await client.call('createJob', { body: { spec: { name: 'hostile', type: 'shell', ...spec } } }),
    async ended(id, timeout = PATIENCE_MS) {
      await expect.poll(async () => isEnd((await plain.job(id)).status), { timeout, interval: 200 }).toBe(true);
      return await plain.job(id);
    },
    async until(id, status) {
      await plain.until(id, status);
    },
    async log(id, query = {}) {
      const response = await client.download('jobLogs', { params: { id }, query });
      return Buffer.from(await response.arrayBuffer());
    },
    async fetch(method, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = { method, headers, ...(body !== undefined && { body, duplex: 'half' }) };
      const response = await fetch(`${url}${path}`, init as RequestInit);
      const text = await response.text();
      const isProblem = response.headers.get('content-type')?.includes('problem+json') === true;
      return { status: response.status, text, code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined };
    },
    longshore: (...args) => command(process.execPath, [LAUNCHER, ...args], { LONGSHORE_DATA: data, TEMPORAL_CLI_PATH: cli, ...options.env }),
    temporal: (...args) => command(cli, [...args, '--address', address, '--namespace', 'default'], {}),
    async unharmed(work) {
      const go = join(data, `go-${Math.random().toString(36).slice(2)}`);
      const before = await self.create({ name: 'innocent', ...script(`until test -e ${go}; do sleep 0.1; done; echo before`) });
      await self.until(before.id, 'RUNNING');
      const result = await work();
      await writeFile(go, '');
      const after = await self.create({ name: 'innocent', ...script('echo after') });
      for (const [innocent, word] of [
        [before, 'before\n'],
        [after, 'after\n'],
      ] as const) {
        expect(await self.ended(innocent.id)).toMatchObject({ status: 'SUCCEED', attempt: 1 });
        expect((await self.log(innocent.id)).toString()).toBe(word);
      }
      await rm(go);
      return result;
    },
  };
  return self;
}
