// A real `longshore up` that is killed between two cycles: what runs by itself goes on, and no cycle runs twice.
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
const later = { timeout: 60_000, interval: 200 };

test('a job every two seconds, through a crash', async () => {
  const notes = join(up.data, 'notes');
  const body = {
    type: 'shell',
    config: { script: { inline: `echo "$LONGSHORE_CYCLE $LONGSHORE_DATA_DATE" >> ${notes}` } },
    schedule: { cron: '*/2 * * * * *', timezone: 'Asia/Tokyo' },
  };
  await up.api().call('putJobDefinition', { params: { name: 'tick' }, body });
  await expect.poll(async () => (await linesOf(notes)).length, later).toBeGreaterThanOrEqual(3);
  await up.kill();
  const before = (await linesOf(notes)).length;
  await up.start();
  await expect.poll(async () => (await linesOf(notes)).length, later).toBeGreaterThanOrEqual(before + 3);
  await up.api().call('deleteJobDefinition', { params: { name: 'tick' } });

  const lines = await linesOf(notes);
  expect(new Set(lines).size).toBe(lines.length);
  const { items } = await up.api().call('listCycles', { params: { name: 'tick' }, query: { limit: 1000 } });
  const told = items.toReversed();
  // Every other second has its line, run or not: nothing is missing.
  for (const [at, { cycle }] of told.entries()) if (at > 0) expect(Date.parse(cycle) - Date.parse(told[at - 1]!.cycle)).toBe(2_000);
  const run = told.filter(({ job }) => job !== undefined).map(({ cycle, dataDate }) => `${cycle} ${dataDate}`);
  for (const line of lines) expect(run).toContain(line);
  for (const { state, reason } of told) expect(state === 'STARTED').toBe(reason === undefined);
});
