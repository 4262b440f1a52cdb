// Which worker an attempt gets, by the store that knows what each was given before.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { admit } from '../../src/activities/admit.ts';
import type { SchedulerDeps } from '../../src/activities/deps.ts';
import type { Telling } from '../../src/specs/activities.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { admitOf, limit, newKey, sampleInput, tellingOf } from '../store/samples.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-admit-'));
  store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
  await limit(store, 'Cluster', 'yarn', {});
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const sees = (workerId: string, more: { offline?: boolean; load?: number } = {}) =>
  store.workers.seen({
    workerId,
    group: 'default',
    host: workerId,
    seenAt: new Date().toISOString(),
    offline: false,
    slots: 4,
    running: 0,
    load: 0,
    freeMemory: 1,
    version: '0',
    ...more,
  });
const key = newKey();
const ask = (notWorkers: readonly string[] = [], more: { telling?: Telling } = {}) =>
  admit({ store, adapters: { get: () => ({ hostBound: true }) } } as unknown as SchedulerDeps, admitOf({ key, notWorkers, ...more }));

test('whoever asks again gets the same worker, as long as it is online', async () => {
  await sees('w1');
  await sees('w2', { load: 0.5 });
  expect(await ask()).toMatchObject({ admitted: true, workerId: 'w1' });
  await sees('w1', { load: 2 });
  expect(await ask()).toMatchObject({ admitted: true, workerId: 'w1' });
  await sees('w1', { offline: true });
  expect(await ask()).toMatchObject({ admitted: true, workerId: 'w2' });
});

test('a worker that never took the launch gets it again only when it is online and alone', async () => {
  await sees('w1');
  expect(await ask()).toMatchObject({ admitted: true, workerId: 'w1' });
  expect(await ask(['w1'])).toMatchObject({ admitted: true, workerId: 'w1' });
  await sees('w2', { load: 2 });
  expect(await ask(['w1'])).toMatchObject({ admitted: true, workerId: 'w2' });
  await sees('w1', { offline: true });
  await sees('w2', { offline: true });
  expect(await ask(['w1'])).toEqual({ admitted: false, reason: 'no worker of group default is online and has room', outside: true });
});

test('what was told as STARTING and is asked again, because the scheduler died, does not wait again when its worker has died too', async () => {
  const input = sampleInput();
  const telling = tellingOf(input);
  const status = async () => (await store.executions.job(input.jobId))?.status;
  await sees('w1');
  await ask([], { telling });
  expect(await status()).toBe('STARTING');
  await sees('w1', { offline: true });
  expect(await ask([], { telling })).toMatchObject({ admitted: true, workerId: 'w1' });
  expect(await status()).toBe('STARTING');
});

const only = () =>
  admit(
    { store, adapters: { get: () => ({ hostBound: true }) } } as unknown as SchedulerDeps,
    admitOf({ key: newKey(), worker: 'w2', notWorkers: ['w2'] }),
  );

test('a job of one worker waits for that one, whoever else is there', async () => {
  await sees('w1');
  await sees('w2', { offline: true });
  expect(await only()).toMatchObject({
    admitted: false,
    outside: true,
    reason: expect.stringMatching(/^no worker of group default .*only w2/) as string,
  });
  await sees('w2');
  expect(await only()).toMatchObject({ admitted: true, workerId: 'w2' });
});
