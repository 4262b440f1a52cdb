// The lifecycle's activities one by one, with the real local adapter and job types.
import { mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AsyncCompletionClient } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkerActivities } from '../../src/activities/worker.ts';
import { clusterRecord } from '../../src/activities/cluster-record.ts';
import type { Adapter, AdapterType } from '../../src/adapters/contract.ts';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import { loadConfig } from '../../src/config.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import type { JobType } from '../../src/jobtypes/contract.ts';
import { workspacePaths } from '../../src/jobtypes/workspace.ts';
import type { AttemptInput, FinishInput, StopInput, WorkerActivities } from '../../src/specs/activities.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import { jobSpecSchema, type JobSpecInput } from '../../src/specs/job.schema.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import type { ArtifactStore } from '../../src/store/artifacts.ts';
import type { Definitions } from '../../src/store/contract.ts';
import type { LogStore } from '../../src/store/logs.ts';
import { z } from 'zod';

const CANARY = 'canary-5d1f';
let dataDir: string;
let activities: WorkerActivities;
let close: () => Promise<void>;
let logs: LogStore;
let artifacts: ArtifactStore;
const told: string[] = [];

/** A job type that fails where its configuration says so, with the secret in its message. */
const failing: JobType<{ in: string }> = {
  type: 'failing',
  config: z.object({ in: z.string() }),
  template: 'process',
  initialize: async ({ config }) => {
    if (config.in === 'initialize') throw new Error(`no way: ${CANARY} ${'x'.repeat(10_000)}`);
  },
  prepare: async ({ config }) => {
    if (config.in === 'prepare') throw new Error(`no way: ${CANARY} ${'x'.repeat(10_000)}`);
    return { template: 'process', outputPath: '', data: { argv: ['/bin/true'], env: {} } };
  },
  clean: async ({ ref }) => void told.push(`clean ${ref.jobId}`),
};

let givenId: unknown;
/** Clusters whose ids are what the test says, and whose handles are too long. */
const numbering: AdapterType = {
  type: 'numbering',
  config: z.object({}),
  strength: 'by-id',
  hostBound: false,
  templates: ['process'],
  watchEveryMs: 100,
  create: async () => ({ allocateId: async () => givenId, find: async () => ({ id: 'x'.repeat(5_000) }) }) as unknown as Adapter,
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'longshore-steps-'));
  await rewriteSecret();
  const worker = {
    LONGSHORE_WORKER_ALLOW: '{apps: [etl, other], clusters: [local, numbered], users: []}',
    LONGSHORE_WORKER_SECRETS: `[{name: word, apps: [etl], file: ${join(dataDir, 'secret')}}, {name: empty, apps: "*", env: UNSET}]`,
  };
  const { config } = loadConfig({ data: dataDir }, worker);
  logs = folderLogStore(join(dataDir, 'logs'));
  artifacts = folderArtifactStore(join(dataDir, 'artifacts'), { maxBytes: 1e9 });
  const tokens = { withDeadline: (_: number, ask: () => Promise<void>) => ask(), heartbeat: () => Promise.resolve() };
  const bound = createWorkerActivities({
    config,
    host: { workerId: 'w1', dataDir },
    tokens: tokens as unknown as AsyncCompletionClient,
    adapters: createAdapterRegistry([numbering]),
    jobTypes: createJobTypeRegistry([failing]),
    logs,
    artifacts,
    logger: pino({ level: 'silent' }),
    environment: () => undefined,
    drain: new AbortController().signal,
    version: '0',
  });
  ({ activities } = bound);
  close = () => bound.close();
});
afterAll(async () => {
  await close();
  await rm(dataDir, { recursive: true, force: true });
});

let jobs = 0;
function attempt(spec: Partial<JobSpecInput>, more: { app?: string; cluster?: string } = {}): AttemptInput {
  const jobId = String(++jobs);
  const workflowId = `job:etl:${jobId}`;
  const { app = 'etl', cluster = 'local' } = more;
  const key = attemptKey(workflowId, 'run', '', 1);
  return {
    attempt: { key, mark: 'test-mark', app, jobId, workflowId, firstRunId: 'run', attempt: 1 },
    spec: jobSpecSchema.parse({ name: 'demo', type: 'shell', ...spec }),
    cluster: { name: cluster, type: 'local', version: 1, workers: 'default', config: {}, engines: {} },
  };
}
const shell = (script: string, more: Partial<JobSpecInput> = {}) => attempt({ config: { script: { inline: script } }, ...more });

const environment = () => new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000 }, { logger: new DefaultLogger('ERROR') });
/** Runs an activity as Temporal would. */
const run = <Name extends keyof WorkerActivities>(
  name: Name,
  input: Parameters<WorkerActivities[Name]>[0],
  env = environment(),
): Promise<Awaited<ReturnType<WorkerActivities[Name]>>> =>
  env.run((given: typeof input) => (activities[name] as (_: typeof given) => Promise<never>)(given), input);
const launch = (input: AttemptInput) => run('launch', input);
const finish = (input: FinishInput) => run('finish', input);
const stop = (input: Omit<StopInput, 'how' | 'graceMs' | 'settleMs'>) =>
  run('stop', { ...input, how: 'graceful' as const, graceMs: 500, settleMs: 200 });

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
}
const stdout = async (input: AttemptInput) => Buffer.from((await logs.read({ key: input.attempt.key, stream: 'stdout' }, 0, 1e6)).bytes).toString();

/** Takes a store's folder away; what it returns brings it back. */
async function inTrouble(store: 'logs' | 'artifacts'): Promise<() => Promise<void>> {
  const [folder, aside] = [join(dataDir, store), join(dataDir, `${store}-aside`)];
  await rename(folder, aside).catch(() => undefined);
  await writeFile(folder, 'a file where the folder was');
  return async () => {
    await rm(folder);
    await rename(aside, folder).catch(() => undefined);
  };
}
const rewriteSecret = () => writeFile(join(dataDir, 'secret'), `${CANARY}\n`);

const secrets = (name: string) => ({ config: { script: { inline: 'true' } }, secrets: { WORD: name } });

const numbered = (): AttemptInput => {
  const input = attempt({ config: { script: { inline: 'true' } } }, { cluster: 'numbered' });
  return { ...input, cluster: { ...input.cluster, type: 'numbering' } };
};

describe('allocateId', () => {
  it('is asked of clusters whose type gives ids, and beats while it asks', async () => {
    const put = { kind: 'Cluster', app: '', version: 1, digest: 'd', createdAt: '', createdBy: '' } as const;
    const get = async (_: string, __: string, name: string) => ({ ...put, name, spec: { name, type: name === 'numbered' ? 'numbering' : 'local' } });
    const source = { store: { definitions: { get } as unknown as Definitions }, adapters: createAdapterRegistry([numbering]) };
    expect(await clusterRecord(source, 'numbered')).toMatchObject({ givesIds: true });
    expect(await clusterRecord(source, 'local')).not.toHaveProperty('givesIds');
    givenId = 'application_1';
    const env = environment();
    let beats = 0;
    env.on('heartbeat', () => beats++);
    expect(await run('allocateId', numbered(), env)).toEqual({ id: 'application_1' });
    expect(beats).toBeGreaterThan(0);
  });

  it.each([undefined, '', 7, 'x'.repeat(1_001)])('takes nothing for an id that is none: %s', async (id) => {
    givenId = id;
    expect(await failureOf(run('allocateId', numbered()))).toMatchObject({ type: 'START_ERROR', nonRetryable: true });
  });
});

describe('launch', () => {
  it('refuses, before it acts, what this worker does not allow', async () => {
    const inputs = [attempt({}, { app: 'stranger' }), attempt({}, { cluster: 'elsewhere' }), shell('true', { user: 'root' })];
    for (const input of inputs) {
      expect(await failureOf(launch(input))).toMatchObject({ type: 'WORKER_REFUSED', nonRetryable: true });
      await expect(stat(join(dataDir, 'runs', input.attempt.key))).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it('refuses secrets that are not listed, not granted to the app, or not there', async () => {
    for (const input of [attempt(secrets('unknown')), attempt(secrets('word'), { app: 'other' }), attempt(secrets('empty'))]) {
      const failure = await failureOf(launch(input));
      expect(failure).toMatchObject({ type: 'SECRET_NOT_GRANTED', nonRetryable: true });
      expect(failure.details).toMatchObject([{ step: 'initialize', code: 'SECRET_NOT_GRANTED' }]);
    }
  });

  it('puts no file through a link, because it may have rights that the job has not', async () => {
    const outside = await mkdtemp(join(dataDir, 'outside-'));
    const files = { d: `local:${outside}`, 'd/x': { inline: 'planted' }, 'd/sub/y': { inline: 'planted' } };
    const input = attempt({ config: { script: { inline: 'true' }, files } });
    expect(await failureOf(launch(input))).toMatchObject({ type: 'PREPARE_FAILED', message: expect.stringContaining('work/d') as string });
    expect(await readdir(outside)).toEqual([]);
    await finish({ ...input, submit: false });
  });

  it('says which step failed, briefly and without secrets', async () => {
    for (const [step, code] of [
      ['initialize', 'INITIALIZE_FAILED'],
      ['prepare', 'PREPARE_FAILED'],
    ]) {
      const failure = await failureOf(launch(attempt({ type: 'failing', config: { in: step! }, secrets: { WORD: 'word' } })));
      expect(failure).toMatchObject({ type: code, nonRetryable: true, details: [{ step, code }] });
      const carried = JSON.stringify([failure.message, failure.stack, failure.details, failure.cause]);
      expect(carried).not.toContain(CANARY);
      expect(carried).toContain('no way: ***');
      expect(carried.length).toBeLessThan(4_000);
    }
  });

  it('names the place in the configuration of a job type that is wrong', async () => {
    expect(await failureOf(launch(attempt({ config: { script: 7 } })))).toMatchObject({ type: 'INITIALIZE_FAILED' });
    expect(await failureOf(launch(attempt({ type: 'no-such' })))).toMatchObject({ type: 'UNKNOWN_TYPE' });
  });

  it('sees the end of a short job and finishes it, with a timing for each step', async () => {
    const { handle, observation, timings, finished } = await launch(shell('exit 7'));
    expect(handle.id).not.toBe('');
    expect(observation).toMatchObject({ phase: 'ended', final: 'failed', exitCode: 7 });
    expect(timings.map(({ step }) => step)).toEqual(['initialize', 'prepare', 'start', 'describe']);
    expect(finished?.timings.map(({ step }) => step)).toEqual(['clean']);
  });

  it('says that nobody can know when the adapter gives a handle by which nothing can be found again', async () => {
    expect(await failureOf(launch(numbered()))).toMatchObject({ type: 'AMBIGUOUS_START', nonRetryable: true });
  });

  it('leaves the end of a job that goes on to finish', async () => {
    const input = shell('sleep 600');
    const { handle, observation, finished } = await launch(input);
    expect(observation.phase).toBe('running');
    expect(finished).toBeUndefined();
    await stop({ ...input, handle });
    await finish({ ...input, handle, submit: false });
  });

  it('adopts what an earlier try has started', async () => {
    const truth = join(dataDir, 'truth');
    const input = shell(`echo started >> ${truth}`);
    const first = await launch(input);
    const second = await launch(input);
    expect(second.handle).toEqual(first.handle);
    expect(second.finished).toBeDefined();
    expect(await readFile(truth, 'utf8')).toBe('started\n');
  });

  it('brings back a configuration that travelled by digest', async () => {
    const input = shell('');
    const config = { script: { inline: `echo "$BIG" | wc -c; : ${'x'.repeat(20_000)}` } };
    const payload = await artifacts.put(Buffer.from(JSON.stringify({ config, env: { BIG: 'y'.repeat(9_999) } })));
    const carried = { ...input, spec: { ...input.spec, config: {}, payload } };
    expect((await launch(carried)).observation).toMatchObject({ phase: 'ended', final: 'succeeded' });
    expect((await stdout(input)).trim()).toBe('10000');
    const lost = { ...shell('true').spec, payload: { sha256: '0'.repeat(64), size: 1 } };
    expect(await failureOf(launch({ ...shell('true'), spec: lost }))).toMatchObject({ type: 'ARTIFACT_MISSING' });
  });

  it('gives way to a cancel before it has started anything', async () => {
    const env = environment();
    env.cancel('CANCELLED');
    const input = shell('true');
    await expect(run('launch', input, env)).rejects.toBeInstanceOf(CancelledFailure);
    await expect(stat(join(dataDir, 'runs', input.attempt.key))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('finish', () => {
  it('takes the log with its secrets hidden, the outputs, and leaves nothing of the run behind', async () => {
    const input = shell('printf "%s" "$WORD"; echo; echo "$WORD" | base64; echo x > t.csv; echo n=1.5 >> "$LONGSHORE_OUTPUT"', {
      secrets: { WORD: 'word' },
      outputs: { t: { file: 't.csv' }, n: { type: 'float' } },
    });
    const { handle, observation, finished } = await launch(input);
    const outputs = { n: { value: 1.5 }, t: { size: 2, name: 't.csv' } };
    expect(finished?.outputs).toMatchObject(outputs);
    const text = await stdout(input);
    expect(text).not.toContain(CANARY);
    expect(text.split('\n')[0]).toBe('*'.repeat(CANARY.length));
    expect((await logs.length({ key: input.attempt.key, stream: 'stderr' })).finished).toBe(true);
    await expect(stat(join(dataDir, 'runs', input.attempt.key, 'work'))).rejects.toMatchObject({ code: 'ENOENT' });
    // Again, as after a lost reply: the outputs are still known.
    expect(await finish({ ...input, handle, observation, submit: true })).toMatchObject({ outputs });
  });

  it('waits for a log store that is in trouble before it cleans, and in the end keeps the raw log', async () => {
    const input = shell('echo precious');
    const mend = await inTrouble('logs');
    const { handle, observation, finished } = await launch(input);
    expect(finished).toBeUndefined();
    const end = { ...input, handle, observation, submit: true };
    expect(await failureOf(finish(end))).toMatchObject({
      type: 'SUBMIT_FAILED',
      nonRetryable: false,
      message: expect.stringContaining('log') as string,
    });
    await finish({ ...end, lastTry: true });
    expect(await readFile(join(workspacePaths(dataDir, input.attempt.key).logDir, 'stdout'), 'utf8')).toBe('precious\n');
    await expect(stat(workspacePaths(dataDir, input.attempt.key).dir)).rejects.toMatchObject({ code: 'ENOENT' });
    await mend();
    await finish(end);
    expect(await stdout(input)).toBe('precious\n');
  });

  it('waits for an artifact store that is in trouble before it cleans, and fails the job only in the last try', async () => {
    const wanted = { outputs: { t: { file: 't.csv' } } };
    const [input, hopeless] = [shell('echo x > t.csv', wanted), shell('echo x > t.csv', wanted)];
    const payload = await artifacts.put(Buffer.from(JSON.stringify({ config: input.spec.config, env: {} })));
    const mend = await inTrouble('artifacts');
    const { finished, ...seen } = await launch(input);
    expect(finished).toBeUndefined();
    const end = { ...input, ...seen, submit: true };
    expect(await failureOf(finish(end))).toMatchObject({ type: 'SUBMIT_FAILED', nonRetryable: false });
    const carried = { ...input.spec, config: {}, payload };
    expect(await failureOf(finish({ ...end, spec: carried }))).toMatchObject({ type: 'INITIALIZE_FAILED', nonRetryable: false });
    const last = await finish({ ...hopeless, ...(await launch(hopeless)), submit: true, lastTry: true });
    expect(last).toMatchObject({ outputs: {}, failure: { code: 'SUBMIT_FAILED' } });
    await expect(stat(workspacePaths(dataDir, hopeless.attempt.key).dir)).rejects.toMatchObject({ code: 'ENOENT' });
    await mend();
    expect(await finish({ ...end, spec: carried })).toMatchObject({ outputs: { t: { size: 2 } } });
  });

  it.each([
    ['taken back', (file: string) => `rm ${file}`],
    ['changed', (file: string) => `echo another > ${file}`],
  ])('stores no log whose secrets were %s while the job ran, quotes nothing of it, and in the end keeps the raw log', async (_, change) => {
    const file = join(dataDir, 'secret');
    const script = `echo "$WORD"; echo "$WORD" >> "$LONGSHORE_OUTPUT"; ${change(file)}`;
    const [input, mended] = [shell(script, { secrets: { WORD: 'word' } }), shell(script, { secrets: { WORD: 'word' } })];
    const ends = [];
    for (const one of [input, mended]) {
      const { finished, ...seen } = await launch(one);
      expect(finished).toBeUndefined();
      ends.push({ ...one, ...seen, submit: true });
      expect(await failureOf(finish(ends.at(-1)!))).toMatchObject({
        type: 'SUBMIT_FAILED',
        nonRetryable: false,
        message: expect.stringContaining('its secrets cannot be hidden') as string,
      });
      if (one === input) await rewriteSecret();
    }
    const last = await finish({ ...ends[0]!, lastTry: true });
    expect(last.failure?.code).toBe('OUTPUT_INVALID');
    expect(JSON.stringify(last)).not.toContain(CANARY);
    expect(await stdout(input)).toBe('');
    const { logDir, dir } = workspacePaths(dataDir, input.attempt.key);
    expect(await readFile(join(logDir, 'stdout'), 'utf8')).toBe(`${CANARY}\n`);
    await expect(stat(dir)).rejects.toMatchObject({ code: 'ENOENT' });
    await rewriteSecret();
    await finish(ends[1]!);
    expect(await stdout(mended)).toBe(`${'*'.repeat(CANARY.length)}\n`);
  });

  it.each([
    ['a pipe', 'mkfifo "$n"'],
    ['a link', 'echo "{}" > note; ln -s "$PWD/note" "$n"'],
    ['a huge file', 'truncate -s 1T "$n"'],
    ['something else', 'echo "[7]" > "$n"'],
  ])('takes %s for no note of its outputs', async (_, make) => {
    const input = shell(`echo n=1 >> "$LONGSHORE_OUTPUT"; n="$PWD/../../../latches/$LONGSHORE_KEY/outputs.json"; ${make}`, {
      outputs: { n: { type: 'int' } },
    });
    expect((await launch(input)).finished).toMatchObject({ outputs: { n: { value: 1 } } });
  });

  it('fails for good when this worker has no code for the cluster', async () => {
    const input = shell('true');
    const end = { ...input, cluster: { ...input.cluster, name: 'gone', type: 'gone' }, submit: true };
    expect(await failureOf(finish(end))).toMatchObject({ type: 'WORKER_REFUSED', nonRetryable: true });
  });

  it.each([
    ['a missing file', 'true', { t: { file: 't.csv' } }, 'OUTPUT_MISSING'],
    ['a missing value', 'true', { n: { type: 'int' as const } }, 'OUTPUT_MISSING'],
    ['a value of another type', 'echo n=1.5 >> "$LONGSHORE_OUTPUT"', { n: { type: 'int' as const } }, 'OUTPUT_INVALID'],
    ['a line that is not name=json', 'echo "n = {" >> "$LONGSHORE_OUTPUT"', { n: { type: 'json' as const } }, 'OUTPUT_INVALID'],
    ['too many values', 'head -c 70000 /dev/zero >> "$LONGSHORE_OUTPUT"', {}, 'OUTPUT_INVALID'],
    ['a link in place of a file', 'ln -s /etc/passwd t.csv', { t: { file: 't.csv' } }, 'OUTPUT_INVALID'],
    ['a link in place of a folder on the way', 'ln -s /etc d', { t: { file: 'd/passwd' } }, 'OUTPUT_INVALID'],
    ['a link in place of the working directory', 'cd .. && rm -rf work && ln -s /etc work', { t: { file: 'passwd' } }, 'OUTPUT_INVALID'],
    ['a file in place of a folder on the way', 'echo x > d', { t: { file: 'd/t.csv' } }, 'OUTPUT_MISSING'],
    ['a pipe in place of a file', 'mkfifo t.csv', { t: { file: 't.csv' } }, 'OUTPUT_INVALID'],
    ['a folder in place of a file', 'mkdir t.csv', { t: { file: 't.csv' } }, 'OUTPUT_INVALID'],
  ])('refuses %s, and cleans up all the same', async (_, script, outputs, code) => {
    const input = shell(script, { outputs });
    expect((await launch(input)).finished).toMatchObject({ outputs: {}, failure: { code } });
    await expect(stat(join(dataDir, 'runs', input.attempt.key, 'work'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cleans after a prepare that failed, and closes the logs of what never ran', async () => {
    const input = attempt({ type: 'failing', config: { in: 'prepare' } });
    await failureOf(launch(input));
    const { timings } = await finish({ ...input, submit: false });
    expect(timings.find(({ step }) => step === 'clean')?.error).toBeUndefined();
    expect(told).toContain(`clean ${input.attempt.jobId}`);
    expect(await logs.length({ key: input.attempt.key, stream: 'stdout' })).toEqual({ length: 0, finished: true });
  });
});

describe('stop', () => {
  it('ends a job that ignores TERM, and says the same when it is repeated', async () => {
    const input = shell('trap "" TERM; sleep 600 & sleep 600');
    const { handle, observation } = await launch(input);
    expect(observation.phase).toBe('running');
    const first = await stop({ ...input, handle });
    expect(first).toMatchObject({ observation: { phase: 'ended' }, stopped: [handle] });
    const second = await stop({ ...input, handle });
    expect(second).toMatchObject({ observation: { phase: 'ended' }, stopped: [] });
    await finish({ ...input, handle, observation: second.observation, submit: false });
  });

  it('makes a later start of a key impossible that has not started', async () => {
    const truth = join(dataDir, 'never');
    const input = shell(`echo started >> ${truth}`);
    expect((await stop(input)).observation.phase).toMatch(/ended|not-found/);
    await launch(input).catch(() => undefined);
    await expect(stat(truth)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the end alone that the cluster saw before', async () => {
    const input = shell('true');
    const { handle } = await launch(input);
    expect((await stop({ ...input, handle })).observation).toMatchObject({ phase: 'ended', final: 'succeeded' });
  });
});

describe('sweep', () => {
  it('stops only what it is told to, and reports the rest', async () => {
    const [wanted, unwanted] = [shell('sleep 600'), shell('sleep 600')];
    const handles = [(await launch(wanted)).handle, (await launch(unwanted)).handle];
    const sweep = (stopKeys: string[]) => run('sweep', { cluster: wanted.cluster, mark: 'test-mark', stop: stopKeys });
    const first = await sweep([unwanted.attempt.key, 'a'.repeat(26)]);
    expect(first.stopped).toEqual([unwanted.attempt.key]);
    const second = await sweep([unwanted.attempt.key]);
    expect(second.stopped).toEqual([]);
    const living = second.seen.filter(({ phase }) => phase === 'running').map(({ key }) => key);
    expect(living).toEqual([wanted.attempt.key]);
    await stop({ ...wanted, handle: handles[0]! });
    expect(await readdir(join(dataDir, 'runs'))).toContain(wanted.attempt.key);
  });
});
