// A secret given to a worker and used by jobs in every careless way: nothing that Longshore keeps, answers, sends or says holds it.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../../helpers/receiver.ts';
import { python, script, startUp, type Job, type Up } from './up.ts';

/** Two halves that are looked for each by itself, with what encodings change between and around them; longer than a line of base64. */
const half = (): string => randomBytes(16).toString('hex');
const FROM_ENV = [half(), half()];
const FROM_FILE = [half(), half()];
const secretOf = ([one = '', two = '']: readonly string[]): string => `${one}+/&"ü\\ ${two}`;

/** How each half may look: as it is, in part, and in base64 at any place within its groups of three bytes. */
const traces = [...FROM_ENV, ...FROM_FILE].flatMap((part) => {
  const cores = [0, 1, 2].map((skipped) => Buffer.from(part.slice(skipped, skipped + 27)).toString('base64'));
  return [part, part.slice(0, 20), part.slice(-20), ...cores].map((trace) => Buffer.from(trace));
});
/** What stands before the first trace of a secret, so that one sees where it came from; nothing when there is none. */
function betrayal(text: Uint8Array | string): string | undefined {
  const bytes = Buffer.from(text as string);
  const [at] = traces.map((trace) => bytes.indexOf(trace)).filter((found) => found !== -1);
  return at === undefined ? undefined : `${bytes.subarray(Math.max(0, at - 200), at).toString()}<secret>`;
}
const betrays = (bytes: Uint8Array | string): boolean => betrayal(bytes) !== undefined;

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Files with a trace of a secret, relative to the folder. The server's program is not ours to read. */
function betrayingFiles(folder: string): string[] {
  const found: string[] = [];
  for (const path of filesBelow(folder)) {
    try {
      if (!path.includes('/temporal/bin/') && betrays(readFileSync(path))) found.push(relative(folder, path));
    } catch {
      // It was removed in between.
    }
  }
  return found;
}

/** A file of /proc; empty when the process has ended. */
const readProc = (pid: string, file: string): Buffer => {
  try {
    return readFileSync(`/proc/${pid}/${file}`);
  } catch {
    return Buffer.alloc(0);
  }
};

/** Looks at the arguments and environments of all processes until it is stopped. */
function watchProcesses(up: number): { stop(): { commands: string[]; environments: string[]; looks: number } } {
  const commands = new Set<string>();
  const environments = new Set<string>();
  let looks = 0;
  const own = readProc(String(up), 'cmdline');
  const timer = setInterval(() => {
    looks++;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const command = readProc(pid, 'cmdline');
      if (betrays(command)) commands.add(command.toString());
      const environment = readProc(pid, 'environ');
      // The process whose configuration names the variable (also while it forks), and payloads: those have their key.
      if (betrays(environment) && !command.equals(own) && !environment.includes('LONGSHORE_KEY=')) environments.add(command.toString());
    }
  }, 10);
  return {
    stop: () => {
      clearInterval(timer);
      return { commands: [...commands], environments: [...environments], looks };
    },
  };
}

const CARELESS = `
echo "plain: $ENV_SECRET"; echo "plain: $FILE_SECRET" >&2
echo "$ENV_SECRET" | base64; printf 'user:%s' "$FILE_SECRET" | base64 -w0; echo
echo "half $FILE_SECRET" >>"$LONGSHORE_PROGRESS"
first=\${ENV_SECRET%"\${ENV_SECRET#????????????????????????}"}
printf '%s' "$first"; sleep 2.5; printf '%s\\n' "\${ENV_SECRET#"$first"}"
head -c 262100 /dev/zero | tr '\\0' x; echo "$FILE_SECRET"
`;
const IN_PYTHON = `
import base64, json, os, sys, urllib.parse
for name in ('ENV_SECRET', 'FILE_SECRET'):
    secret = os.environ[name]
    print(urllib.parse.quote(secret), urllib.parse.quote_plus(secret), urllib.parse.quote(secret, safe=''), json.dumps(secret))
    print(json.dumps(secret, ensure_ascii=False), base64.b64encode(secret.encode()), base64.urlsafe_b64encode(b'x' + secret.encode()))
    print(json.dumps({'url': 'https://user:' + urllib.parse.quote_plus(secret) + '@host/'}), file=sys.stderr)
raise RuntimeError('cannot log in with ' + os.environ['ENV_SECRET'])
`;

let up: Up;
let outside: string;
let watched: ReturnType<typeof watchProcesses>;
let receiver: Receiver;
const jobs: Job[] = [];

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'longshore-secret-'));
  const file = join(outside, 'password');
  await writeFile(file, `${secretOf(FROM_FILE)}\n`, { mode: 0o600 });
  const secrets = [
    { name: 'from-env', apps: ['default'], env: 'TEST_CANARY' },
    { name: 'from-file', apps: ['default'], file },
    { name: 'of-others', apps: ['others'], file },
  ];
  up = await startUp({ worker: { secrets }, webhooks: { allowPrivate: true } }, { env: { TEST_CANARY: secretOf(FROM_ENV) } });
  receiver = await startReceiver();
  const { spec } = await up.client.call('getDefinition', { params: { kind: 'apps', name: 'default' } });
  const app = spec as { grants: Record<string, unknown> };
  const granted = { ...app, grants: { ...app.grants, secrets: ['from-env', 'from-file', 'of-others'] } };
  await up.client.call('putApp', { params: { name: 'default' }, body: granted });
  watched = watchProcesses(up.pid);
});
afterAll(async () => {
  watched?.stop();
  await receiver?.stop();
  await up?.stop();
  await rm(outside, { recursive: true, force: true });
});

const careless = (): Record<string, unknown> => ({
  secrets: { ENV_SECRET: 'from-env', FILE_SECRET: 'from-file' },
  webhook: { url: receiver.url, events: ['all'] },
});

async function run(spec: Record<string, unknown>): Promise<Job> {
  const job = await up.ended((await up.create({ ...careless(), ...spec })).id);
  jobs.push(job);
  return job;
}

const progress = (length: number) => script(`(head -c ${length} /dev/zero | tr '\\0' x; echo "$FILE_SECRET") >>"$LONGSHORE_PROGRESS"; sleep 3`);

describe('a secret', () => {
  it('reaches its job byte for byte, and while it runs lies in that job’s private folder only', async () => {
    const { id } = await up.create({ ...careless(), ...script(`${CARELESS} sleep 2; printf '%s' "$ENV_SECRET" | wc -c`) });
    await up.until(id, 'RUNNING');
    await expect.poll(async () => (await up.log(id)).toString()).toMatch(/plain: \*+\n/);
    const key = (await up.job(id)).attempts[0]!.key!;
    expect(betrayingFiles(up.data).map((file) => file.split('/').slice(0, 2).join('/'))).toEqual(
      expect.toSatisfy((places: string[]) => places.length > 0 && places.every((place) => place === `runlogs/${key}` || place === `runs/${key}`)),
    );
    for (const folder of ['', 'runlogs', `runlogs/${key}`, `runs/${key}`]) {
      const mode = statSync(join(up.data, folder)).mode & 0o777;
      expect([folder, mode.toString(8)]).toEqual([folder, folder.endsWith(key) || folder === '' ? '700' : expect.any(String)]);
    }
    const job = await up.ended(id);
    jobs.push(job);
    expect(job).toMatchObject({ status: 'SUCCEED' });
    const log = await up.log(id);
    expect(log.subarray(-4).toString()).toBe(`\n${Buffer.byteLength(secretOf(FROM_ENV))}\n`);
    expect(log.includes('*'.repeat(Buffer.byteLength(secretOf(FROM_FILE))))).toBe(true);
  });

  it('may be in what a failed job says, in every spelling', async () => {
    const job = await run({ ...python(IN_PYTHON), retry: { attempts: 2, backoff: { initial: '100ms' } } });
    expect(job).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', attempt: 2 });
    expect((await up.log(job.id, { stream: 'stderr' })).toString()).toMatch(/RuntimeError: cannot log in with \*+/);
  });

  it.each([
    ['in a line of $LONGSHORE_OUTPUT', 'echo "rows $ENV_SECRET" >>"$LONGSHORE_OUTPUT"'],
    ['cut in the middle by the end of the quotation', 'printf "%90s%s" "" "$ENV_SECRET" >>"$LONGSHORE_OUTPUT"'],
    [
      'in a value of the wrong type',
      `python3 -c 'import json, os; print("rows=" + json.dumps("x" * 50 + os.environ["ENV_SECRET"]))' >>"$LONGSHORE_OUTPUT"`,
    ],
  ])('may be quoted by an error: %s', async (_title, text) => {
    const job = await run({ ...script(text), outputs: { rows: { type: 'int' } } });
    expect(job).toMatchObject({ status: 'FAILED', code: 'OUTPUT_INVALID', reason: expect.stringContaining('***') });
  });

  it('may be in a progress line of any length', async () => {
    const ended = await Promise.all([900, 990, 3_950, 5_000].map((length) => run(progress(length))));
    expect(ended.map(({ status }) => status)).toEqual(['SUCCEED', 'SUCCEED', 'SUCCEED', 'SUCCEED']);
  });

  it('may be shown while a job is killed', async () => {
    const { id } = await up.create({
      ...careless(),
      ...script(
        `trap 'echo "bye $ENV_SECRET"; printf %s "$FILE_SECRET"; exit 3' TERM; while :; do echo "at $FILE_SECRET"; printf '%s' "$ENV_SECRET"; sleep 0.1; done`,
      ),
    });
    await up.until(id, 'RUNNING');
    await up.client.call('killJob', { params: { id }, body: { reason: 'enough' } });
    const job = await up.ended(id);
    jobs.push(job);
    expect(job).toMatchObject({ status: 'KILLED' });
    expect((await up.log(id)).toString()).toMatch(/bye \*+\n\*+$/);
  });

  it('is refused to an app that the worker does not list, and a rerun with it works', async () => {
    const refused = await run({ ...script('true'), secrets: { X: 'of-others' } });
    expect(refused).toMatchObject({ status: 'START_FAILED', code: 'SECRET_NOT_GRANTED', blame: 'user' });
    const first = jobs[0]!;
    await up.client.call('rerunJob', { params: { id: first.id }, body: { with: { env: { AGAIN: '1' } } } });
    await expect.poll(async () => (await up.job(first.id)).attempt).toBe(2);
    expect(await up.ended(first.id)).toMatchObject({ status: 'SUCCEED', attempt: 2 });
  });
});

describe('afterwards it is not to be found', () => {
  it('in the arguments of any process, nor in the environment of any but its job and its worker', () => {
    const { commands, environments, looks } = watched.stop();
    expect(looks).toBeGreaterThan(100);
    expect([commands, environments]).toEqual([[], []]);
  });

  it('in any answer of the API', async () => {
    const paths = [
      '/api/v1/jobs?limit=1000',
      '/api/v1/audit',
      '/api/v1/workers',
      '/api/v1/queues',
      '/api/v1/dead-letters',
      '/api/v1/whoami',
      '/api/v1/types',
      '/metrics',
      '/readyz',
      '/openapi.json',
      '/schema.json',
    ];
    for (const { id, attempt } of jobs) {
      const of = `/api/v1/jobs/${id}`;
      paths.push(of, `${of}/events`, `${of}/outputs`);
      for (const stream of ['stdout', 'stderr']) for (let at = 1; at <= attempt; at++) paths.push(`${of}/logs?stream=${stream}&attempt=${at}`);
      paths.push(`${of}/logs?tail=100`, `${of}/logs?follow=true`);
    }
    expect(jobs.length).toBeGreaterThan(8);
    for (const path of paths) {
      const { status, text } = await up.fetch('GET', path);
      expect([path, status, betrayal(text)]).toEqual([path, 200, undefined]);
    }
  });

  it('in any webhook', async () => {
    await expect.poll(() => receiver.received.length).toBeGreaterThan(jobs.length * 4);
    expect(receiver.received.map(({ headers, body }) => `${JSON.stringify(headers)} ${body}`).filter(betrays)).toEqual([]);
  });

  it('in any history of Temporal', async () => {
    const { stdout } = await up.temporal('workflow', 'list', '--output', 'json', '--limit', '1000');
    const workflows = (JSON.parse(stdout) as { execution: { workflowId: string; runId: string } }[]).map(({ execution }) => execution);
    expect(workflows.length).toBeGreaterThan(2 * jobs.length);
    for (const { workflowId, runId } of workflows) {
      const history = await up.temporal('workflow', 'show', '--workflow-id', workflowId, '--run-id', runId, '--output', 'json');
      expect([workflowId, history.exitCode, betrayal(history.stdout)]).toEqual([workflowId, 0, undefined]);
    }
  });

  it('in what the process and its commands said', async () => {
    expect(betrays(up.said())).toBe(false);
    for (const args of [['config', 'show', '--origin'], ['doctor'], ['describe', jobs[0]!.id], ['logs', jobs[0]!.id]]) {
      const { stdout, stderr } = await up.longshore(...args);
      expect([args, betrays(stdout + stderr)]).toEqual([args, false]);
      expect(stdout).not.toBe('');
    }
  });

  it('in any file: databases, their logs of changes, log store, artifacts, run folders', () => {
    const files = [...filesBelow(up.data)].map((file) => relative(up.data, file));
    for (const expected of ['longshore.db', 'temporal/temporal.db', 'temporal/temporal.db-wal', 'temporal/server.log'])
      expect(files).toContain(expected);
    expect(files.filter((file) => file.startsWith('logs/')).length).toBeGreaterThan(2 * jobs.length);
    expect(betrayingFiles(up.data)).toEqual([]);
    expect(files.filter((file) => /^(?:runs|runlogs)\//.test(file))).toEqual([]);
  });
});
