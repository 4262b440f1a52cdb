import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesOf } from '../../helpers/processes.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { app, appsByTag, ask, containersOf, kill, submit } from './rest.ts';

let yarn: YarnCluster;
beforeAll(async () => {
  yarn = await startYarn();
});
afterAll(async () => await yarn?.stop());

const PATIENCE = { timeout: 60_000, interval: 100 } as const;
const until = async (id: string, state: string) => await expect.poll(async () => (await app(yarn.rm, id)).state, PATIENCE).toBe(state);

test('a script becomes an application in its queue, and its exit code is the result', async () => {
  const good = await submit(yarn, { script: 'echo hello; exit 0', queue: 'etl', tags: ['Run-1'] });
  const bad = await submit(yarn, { script: 'exit 3', user: 'bob' });
  await Promise.all([good, bad].map((id) => until(id, 'FINISHED')));
  expect(await app(yarn.rm, good)).toMatchObject({ finalStatus: 'SUCCEEDED', queue: 'root.etl', user: 'alice', applicationTags: 'run-1' });
  expect(await app(yarn.rm, bad)).toMatchObject({ finalStatus: 'FAILED', user: 'bob', diagnostics: 'exit code 3' });
  expect((await appsByTag(yarn.rm, 'Run-1')).map(({ id }) => id)).toEqual([good]);
  expect(await appsByTag(yarn.rm, 'run-2')).toEqual([]);
});

test('its log is at the node while it runs, and then at the history and timeline servers', async () => {
  const told = `${yarn.folder}/told-log`;
  const id = await submit(yarn, { script: `echo to stdout; until test -e ${told}; do sleep 0.1; done` });
  await until(id, 'RUNNING');
  const container = /container_\w+/.exec((await app(yarn.rm, id)).amContainerLogs!)![0];
  const log = async (at: string) => (await ask('GET', `${at}/containerlogs/${container}/stdout`)).body;
  await expect.poll(() => log(`${yarn.nm}/ws/v1/node`), PATIENCE).toContain('\nto stdout\n');
  await writeFile(told, '');
  await expect.poll(async () => (await app(yarn.rm, id)).logAggregationStatus, PATIENCE).toBe('SUCCEEDED');
  expect(await log(`${yarn.history}/ws/v1/history`)).toContain('\nto stdout\n');
  expect(await log(`${yarn.timeline}/ws/v1/applicationhistory`)).toContain('\nto stdout\n');
});

test('the timeline server knows applications that ended', async () => {
  const id = await submit(yarn, { script: 'true' });
  const url = `${yarn.timeline}/ws/v1/applicationhistory/apps/${id}`;
  await expect.poll(async () => (await ask('GET', url)).body, PATIENCE).toMatchObject({ app: { appState: 'FINISHED', finalAppStatus: 'SUCCEEDED' } });
});

test('an application that is killed leaves no container', async () => {
  const id = await submit(yarn, { script: 'sleep 600' });
  await until(id, 'RUNNING');
  expect((await containersOf(yarn.nm)).length).toBeGreaterThan(0);
  await kill(yarn.rm, id);
  await until(id, 'KILLED');
  await expect.poll(async () => (await containersOf(yarn.nm)).filter(({ state }) => state === 'RUNNING'), PATIENCE).toEqual([]);
  await expect.poll(() => processesOf(id), PATIENCE).toEqual([]);
});

test('kill -9 of the ResourceManager: the application goes on, in the same process, and ends well', async () => {
  const told = `${yarn.folder}/told-rm`;
  const id = await submit(yarn, { script: `echo $$ >> ${told}.pid; until test -e ${told}; do sleep 0.1; done`, tags: ['survivor'] });
  await until(id, 'RUNNING');
  await expect.poll(() => existsSync(`${told}.pid`), PATIENCE).toBe(true);
  const old = yarn.rmPid;
  await yarn.killRm();
  await expect(app(yarn.rm, id)).rejects.toThrow('ECONNREFUSED');
  await yarn.startRm();
  expect(yarn.rmPid).not.toBe(old);
  await until(id, 'RUNNING');
  await yarn.waitReady();
  const [shell = ''] = (await readFile(`${told}.pid`, 'utf8')).trim().split('\n');
  expect(processesOf(id).map(({ pid }) => pid)).toContain(Number(shell));
  expect((await appsByTag(yarn.rm, 'survivor')).map(({ id }) => id)).toEqual([id]);
  await writeFile(told, '');
  await until(id, 'FINISHED');
  expect((await app(yarn.rm, id)).finalStatus).toBe('SUCCEEDED');
  expect((await readFile(`${told}.pid`, 'utf8')).trim().split('\n')).toHaveLength(1);
});

test('kill -9 of the NodeManager: its containers live on, and it finds them again', async () => {
  const told = `${yarn.folder}/told-nm`;
  const id = await submit(yarn, { script: `until test -e ${told}; do sleep 0.1; done` });
  await until(id, 'RUNNING');
  await yarn.killNm();
  await yarn.startNm();
  await yarn.waitReady();
  const running = (await containersOf(yarn.nm)).filter(({ state }) => state === 'RUNNING');
  expect(running.filter((container) => container.id.includes(id.slice('application_'.length)))).toHaveLength(1);
  await writeFile(told, '');
  await until(id, 'FINISHED');
  expect((await app(yarn.rm, id)).finalStatus).toBe('SUCCEEDED');
});

test('a frozen ResourceManager does not answer, and goes on when it thaws', async () => {
  yarn.freezeRm();
  await expect(ask('GET', `${yarn.rm}/ws/v1/cluster/info`, undefined, 500)).rejects.toThrow(/aborted/);
  yarn.thawRm();
  await yarn.waitReady();
});

test('stop leaves no process and no folder, also with an application in flight', async () => {
  const id = await submit(yarn, { script: 'sleep 600' });
  await until(id, 'RUNNING');
  await yarn.stop();
  expect(processesOf(yarn.folder)).toEqual([]);
  expect(existsSync(yarn.folder)).toBe(false);
});
