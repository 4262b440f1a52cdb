// Logs of a Spark job's executors as users see them: while they are written, when it has ended or was killed, and when the cluster is gone.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Client } from '../../../src/client/index.ts';
import type { LogEvent } from '../../../src/specs/views.schema.ts';
import { startStack, type Stack } from '../../cli/stack.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { documents } from './document.ts';
import { ask } from './rest.ts';
import { SMALL } from './spark-jobs.ts';

const PATIENCE = { timeout: 280_000, interval: 200 } as const;
const EXECUTORS = ['container-1-2.stderr', 'container-1-3.stderr'];

let cluster: YarnCluster;
let stack: Stack;
let api: Client;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-executors-'));
  [cluster, stack] = await Promise.all([startYarn({ spark: true }), startStack()]);
  await writeFile(join(folder, 'cluster.yaml'), documents(cluster));
  expect((await stack.cli('apply', '-f', join(folder, 'cluster.yaml'))).exitCode).toBe(0);
  api = createClient(JSON.parse(await readFile(join(stack.data, 'credentials.json'), 'utf8')) as { url: string; token: string });
});
afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Each of two executors prints until it is told to end; what Python prints is on an executor's stderr. */
const PROGRAM = `
import os, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
told = sys.argv[1]
def work(part):
    line = 0
    while not os.path.exists(told):
        line += 1
        print("part", part, "line", line, flush=True)
        time.sleep(0.2)
    print("part", part, "is told, Äöü", flush=True)
    return line
print(sum(spark.sparkContext.parallelize(range(2), 2).map(work).collect()) > 0)
spark.stop()
`;

interface Job {
  readonly id: string;
  readonly tell: () => Promise<void>;
}
let jobs = 0;
async function start(): Promise<Job> {
  const told = join(folder, `told-${++jobs}`);
  // A task for each executor, because both are waited for.
  const conf = { 'spark.scheduler.minRegisteredResourcesRatio': '1', 'spark.scheduler.maxRegisteredResourcesWaitingTime': '250s' };
  const config = { ...SMALL, runType: 'py', text: PROGRAM, args: [told], numExecutors: 2, executorCores: 1, conf };
  const { id } = await api.call('createJob', { body: { spec: { name: 'executors', type: 'spark', cluster: 'yarn', config } } });
  return { id, tell: () => writeFile(told, '') };
}

const statusOf = async (id: string): Promise<string> => (await api.call('getJob', { params: { id } })).status;
const streamsOf = async (id: string): Promise<string[]> => (await api.call('jobLogStreams', { params: { id } })).items.map(({ name }) => name);
const logOf = async (id: string, stream: string): Promise<string> =>
  await (await api.download('jobLogs', { params: { id }, query: { stream }, accept: 'text/plain' })).text();
const prints = (id: string) => async () =>
  (await Promise.all(EXECUTORS.map((stream) => logOf(id, stream)))).every((text) => /part \d line 5$/m.test(text));

/** What YARN itself has of it, in full. */
async function yarnsOwn(id: string, stream: string): Promise<string> {
  const [attempt] = (await api.call('getJob', { params: { id } })).attempts;
  const [, number = '', file] = /^container-1-(\d+)\.(\w+)$/.exec(stream) ?? [];
  const container = `${String(attempt!.handle!['id']).replace('application', 'container')}_01_${number.padStart(6, '0')}`;
  const { body } = await ask('GET', `${cluster.history}/ws/v1/history/containerlogs/${container}/${file}`);
  const [head = '', length] = /^.*?LogLength:(\d+)\nLogContents:\n/s.exec(String(body)) ?? [];
  const rest = Buffer.from(String(body)).subarray(Buffer.byteLength(head));
  expect(rest.subarray(Number(length)).toString()).toMatch(/^\nEnd of LogType:/);
  return rest.subarray(0, Number(length)).toString();
}

let finished: string;

test('they are followed while the executors print, and equal what YARN has in the end', async () => {
  const { id, tell } = await start();
  finished = id;
  await expect.poll(() => streamsOf(id), PATIENCE).toEqual(['stdout', 'stderr', ...EXECUTORS]);
  await expect.poll(prints(id), PATIENCE).toBe(true);
  expect(await statusOf(id)).toBe('RUNNING');

  let followed = '';
  let seenWhileRunning = 0;
  for await (const message of api.stream('jobLogs', { params: { id }, query: { follow: 'true', stream: EXECUTORS[0]! } })) {
    if (message.event === 'end') break;
    followed += (JSON.parse(message.data) as LogEvent).text;
    // It goes on to arrive, and only then the job is told.
    if (++seenWhileRunning === 4) {
      expect(await statusOf(id)).toBe('RUNNING');
      await tell();
    }
  }
  await expect.poll(() => statusOf(id), PATIENCE).toBe('SUCCEED');
  expect(await logOf(id, 'stdout')).toBe('True\n');
  for (const stream of EXECUTORS) {
    const log = await logOf(id, stream);
    expect(log).toBe(await yarnsOwn(id, stream));
    expect(log).toContain('is told, Äöü');
  }
  expect(followed).toBe(await logOf(id, EXECUTORS[0]!));
  // Which executor it was is in the driver's log.
  expect(await logOf(id, 'stderr')).toMatch(/container_\d+_\d+_01_000002 on host \S+ .*executor.* ID \d/i);
  const { items } = await api.call('jobLogStreams', { params: { id } });
  expect(items.every(({ end }) => end)).toBe(true);
});

test('they are kept of a job that was killed', async () => {
  const { id } = await start();
  await expect.poll(prints(id), PATIENCE).toBe(true);
  await api.call('killJob', { params: { id }, body: {} });
  await expect.poll(() => statusOf(id), PATIENCE).toBe('KILLED');
  for (const stream of EXECUTORS) expect(await logOf(id, stream)).toBe(await yarnsOwn(id, stream));
});

test('they outlive the cluster', async () => {
  const before = await logOf(finished, EXECUTORS[1]!);
  await cluster.stop();
  const listed = await stack.cli('logs', finished, '--list-streams');
  expect(listed.stdout).toContain(`${EXECUTORS[1]}\t${Buffer.byteLength(before)}\tcomplete`);
  const shown = await stack.cli('logs', finished, '--stream', EXECUTORS[1]!);
  expect(shown.stdout).toBe(before.trimEnd());
  const missing = await stack.cli('logs', finished, '--stream', 'container-1-9.stderr');
  expect([missing.exitCode !== 0, missing.stderr]).toEqual([true, expect.stringContaining('has no log "container-1-9.stderr"')]);
});
