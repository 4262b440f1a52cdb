// Runs of spark-submit: one at a time, whatever dies; the program is a script that does what it is told and keeps a list of applications.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBySparkSubmit, stopSubmitter, type SparkSubmit } from '../../../src/adapters/yarn/spark/submit.ts';
import { beginSubmit, pruneSubmitters, submitterState } from '../../../src/adapters/yarn/spark/submitter.ts';
import { Turns } from '../../../src/adapters/yarn/spark/turns.ts';
import { processesOf } from '../../helpers/processes.ts';
import { KEY, SparkBench, type Options } from './spark-fixture.ts';

let bench: SparkBench;
let dataDir: string;
beforeEach(async () => {
  bench = await SparkBench.make();
  dataDir = join(bench.folder, 'data');
});
afterEach(async () => {
  await stopSubmitter(dataDir, KEY);
  expect(processesOf(bench.folder)).toEqual([]);
  await bench.close();
});

const apps = async (): Promise<string[]> => (await readFile(join(bench.folder, 'apps'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

/** `script`: what spark-submit does, with $APPS, a file to which it adds a line for each application. */
async function submit(script: string, options: Options = {}, change: Partial<SparkSubmit> & { config?: object } = {}): Promise<SparkSubmit> {
  const home = join(bench.folder, 'home');
  await bench.program('home/bin/spark-submit', `#!/bin/sh\nAPPS=${bench.folder}/apps\n${script}\n`);
  const config = { runType: 'py', mainFile: { inline: 'print(1)', name: 'main.py' } as unknown, ...change.config };
  const { attempt, plan, site } = await bench.prepare(config, { ...options, env: { SPARK_HOME: home, ...options.env } });
  let note: string | undefined;
  return {
    attempt,
    context: { plan, secrets: new Map() },
    site,
    host: { workerId: 'w1', dataDir },
    findByTag: async () => (await apps())[0],
    note: { read: async () => note, write: async (text) => void (note = text) },
    gate: async () => {},
    signal: new AbortController().signal,
    timings: { settleMs: 300, pollMs: 20 },
    ...change,
  };
}

const APP = 'echo application_1_0001 >>"$APPS"';

test('the application is found by its tag, and the program is told all in a file that only the worker reads', async () => {
  const echo = `${APP}; printf '%s\\0' "$@" >${bench.folder}/words; cat "$2" >${bench.folder}/properties; ls -l "$2" >${bench.folder}/mode; env >${bench.folder}/env`;
  const args = ['--conf', 'spark.master=local', "it's", '$HOME', 'ü', 'a\nb', ''];
  const options = { spec: { env: { REGION: 'west' } }, env: { HADOOP_CONF_DIR: '/etc/hadoop', PYTHONPATH: '/no' } };
  expect(await startBySparkSubmit(await submit(echo, options, { config: { args } }))).toBe('application_1_0001');
  await expect.poll(() => readFile(join(bench.folder, 'env'), 'utf8').catch(() => '')).toContain('PATH=');
  const words = (await readFile(join(bench.folder, 'words'), 'utf8')).split('\0').slice(0, -1);
  expect(words).toEqual([
    '--properties-file',
    join(dataDir, 'submitters', KEY, 'spark.properties'),
    expect.stringMatching(/^file:\/\/.*\/main\.py$/),
    ...args,
  ]);
  expect(await readFile(join(bench.folder, 'mode'), 'utf8')).toMatch(/^-rw-------/);
  const properties = await readFile(join(bench.folder, 'properties'), 'utf8');
  expect(properties).toContain(`spark.yarn.tags=${KEY},mark1\n`);
  expect(properties).toContain('spark.yarn.appMasterEnv.REGION=west\n');
  const env = (await readFile(join(bench.folder, 'env'), 'utf8')).split('\n');
  for (const line of ['HADOOP_CONF_DIR=/etc/hadoop', 'YARN_CONF_DIR=/etc/hadoop', 'HADOOP_USER_NAME=alice']) expect(env).toContain(line);
  expect(env.filter((line) => /^(?:PYTHONPATH|REGION)=/.test(line))).toEqual([]);
});

test('two tries at once, and later ones, start one run', async () => {
  const one = await submit(`sleep 0.5; ${APP}`);
  const ids = await Promise.all([startBySparkSubmit(one), startBySparkSubmit(one), startBySparkSubmit(one)]);
  expect(ids).toEqual(Array(3).fill('application_1_0001'));
  expect(await startBySparkSubmit(one)).toBe('application_1_0001');
  expect(await apps()).toHaveLength(1);
  expect((await readdir(join(dataDir, 'submitters', KEY))).filter((name) => name.startsWith('started.'))).toEqual(['started.1']);
});

test('a try whose worker died goes on with the run that it began', async () => {
  const first = await submit(`sleep 1; ${APP}`);
  const stopped = new AbortController();
  const dying = startBySparkSubmit({ ...first, signal: stopped.signal });
  await expect.poll(() => submitterState(dataDir, KEY)).toBe('alive');
  stopped.abort(new Error('the worker is gone'));
  await expect(dying).rejects.toThrow();
  expect(await startBySparkSubmit(first)).toBe('application_1_0001');
  expect(await apps()).toHaveLength(1);
});

test('a run that died is followed by another only when its application has not come meanwhile', async () => {
  const late = await submit(`test -e ${bench.folder}/again && { ${APP}; exit; }; touch ${bench.folder}/again; kill -9 $$`);
  await expect(startBySparkSubmit(late)).rejects.toMatchObject({ code: 'START_ERROR', retryable: true });
  expect(await startBySparkSubmit(late)).toBe('application_1_0001');
  expect(await apps()).toHaveLength(1);

  await stopSubmitter(dataDir, KEY);
  const key = 'b'.repeat(26);
  const accepted = await submit(`(sleep 0.2; echo application_1_0002 >${bench.folder}/apps) & kill -9 $$`, { key });
  await writeFile(join(bench.folder, 'apps'), '');
  expect(await startBySparkSubmit(accepted)).toBe('application_1_0002');
  await stopSubmitter(dataDir, key);
});

/** Fails with this line in its log. */
const log = (line: string): string => `echo 'INFO Client: starting' >&2; echo '${line}' >&2; exit 1`;

test('its reason is told, and whether another try may help', async () => {
  const refused = await submit(log('Exception in thread "main" java.lang.IllegalArgumentException: Required AM memory is above the max threshold'));
  await expect(startBySparkSubmit(refused)).rejects.toMatchObject({
    code: 'START_REFUSED',
    message: expect.stringContaining('above the max threshold'),
  });
  const down = await submit(log('java.net.ConnectException: Connection refused'), { key: 'c'.repeat(26) });
  await expect(startBySparkSubmit(down)).rejects.toMatchObject({ code: 'START_ERROR', retryable: true });
});

test('a run that hangs is killed by its own supervisor, with all its processes', async () => {
  const hangs = await submit('sleep 1000 & sleep 1000', {}, { timings: { settleMs: 50, pollMs: 20, lifetimeMs: 1_000 } });
  await expect(startBySparkSubmit(hangs)).rejects.toMatchObject({ message: expect.stringContaining('did not end within 1 s') });
  await expect.poll(() => submitterState(dataDir, KEY)).toMatchObject({ exited: 137 });
});

test('a stop ends the run, and no later one begins', async () => {
  const hangs = await submit('sleep 1000 & sleep 1000');
  const starting = startBySparkSubmit(hangs);
  await expect.poll(() => submitterState(dataDir, KEY)).toBe('alive');
  await stopSubmitter(dataDir, KEY);
  expect(await submitterState(dataDir, KEY)).toBe('none');
  await expect(starting).rejects.toThrow(/stopped|killed/);
  await expect(startBySparkSubmit(hangs)).rejects.toThrow('stopped');
  await stopSubmitter(dataDir, 'd'.repeat(26));
  expect(await beginSubmit(dataDir, 'd'.repeat(26), { argv: ['true'], env: {}, files: {}, lifetimeMs: 1_000 })).toBe('stopped');
  await sleep(20);
  await pruneSubmitters(dataDir, 10);
  expect(await readdir(join(dataDir, 'submitters'))).toEqual([]);
});

test('a run of another worker is waited for, as long as it may live', async () => {
  const until = Date.now() + 700;
  const note = { read: async () => JSON.stringify({ worker: 'w2', until }), write: async () => {} };
  expect(await startBySparkSubmit(await submit(APP, {}, { note }))).toBe('application_1_0001');
  expect(Date.now()).toBeGreaterThanOrEqual(until);
});

test('the gate is asked directly before, and what it refuses is not done', async () => {
  const closed = await submit(APP, {}, { gate: () => Promise.reject(new Error('another try owns it')) });
  await expect(startBySparkSubmit(closed)).rejects.toThrow('another try owns it');
  expect(await submitterState(dataDir, KEY)).toBe('none');
});

test('what it cannot do is refused, with the way that can', async () => {
  const secret = { ...(await submit(APP)), context: { ...(await submit(APP)).context, secrets: new Map([['A', 'b']]) } };
  await expect(startBySparkSubmit(secret)).rejects.toMatchObject({ code: 'START_REFUSED', message: expect.stringContaining('to rest') });
  await expect(startBySparkSubmit(await submit(APP, {}, { config: { args: ['`id`'] } }))).rejects.toMatchObject({ code: 'START_REFUSED' });
  await expect(startBySparkSubmit(await submit(APP, {}, { config: { mainFile: 'local:/opt/a.py' } }))).rejects.toThrow('local:');
  expect(await apps()).toEqual([]);
});

test('turns: no more at once than there are places; one that leaves the queue takes none', async () => {
  const turns = new Turns(2);
  const { signal } = new AbortController();
  let now = 0;
  let most = 0;
  const work = (): Promise<void> =>
    turns.run(signal, async () => {
      most = Math.max(most, ++now);
      await sleep(10);
      now--;
    });
  const leaving = new AbortController();
  const all = [work(), work(), turns.run(leaving.signal, async () => {}), work(), work()];
  leaving.abort(new Error('left'));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(most).toBe(2);
});
