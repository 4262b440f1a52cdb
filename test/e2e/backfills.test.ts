// CP-64: a real `longshore up` that is killed in the middle of a backfill: it goes on, and each cycle has one job, which ran once.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startUp, type Up } from '../helpers/up.ts';

let up: Up;
beforeAll(async () => {
  up = await startUp();
});
afterAll(async () => await up?.stop());

const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
const later = { timeout: 100_000, interval: 200 };

test('a backfill of eight days, through a crash, and asked for once more', async () => {
  const notes = join(up.data, 'notes');
  const body = {
    type: 'shell',
    config: { script: { inline: `echo "$LONGSHORE_CYCLE" >> ${notes}; sleep 1` } },
    schedule: { cron: '0 6 * * *', start: '2020-05-01', end: '2020-05-08' },
  };
  await up.api().call('putJobDefinition', { params: { name: 'daily' }, body });
  const asked = { name: 'daily', from: '2020-05-01', until: '2020-05-08', parallelism: 2, requestId: 'may' };
  const made = await up.api().call('createBackfill', { body: asked });
  if ('dryRun' in made) throw new Error('a dry run was not asked for');
  await expect.poll(async () => (await linesOf(notes)).length, later).toBeGreaterThanOrEqual(3);
  await up.kill();
  await up.start();

  expect(await up.api().call('createBackfill', { body: asked })).toMatchObject({ id: made.id });
  const params = { id: made.id };
  await expect.poll(async () => (await up.api().call('getBackfill', { params })).state, later).toBe('SUCCEED');
  const { items } = await up.api().call('listBackfillCycles', { params, query: {} });
  expect(items.map(({ state, status }) => [state, status])).toEqual(Array.from({ length: 8 }, () => ['ENDED', 'SUCCEED']));
  expect(new Set(items.map(({ job }) => job)).size).toBe(8);
  expect((await linesOf(notes)).toSorted()).toEqual(items.map(({ cycle }) => cycle));
}, 150_000);
