// Logs of 2 GB: cut at a limit, and whole. The memory of `longshore up` stays flat, and the disk gets its space back.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cutMarker } from '../../../src/activities/log-pump.ts';
import { script, startUp, type Job, type Up } from './up.ts';

const MI = 2 ** 20;
const GI = 2 ** 30;
/** How much more memory the process may have at any time: the heap's own ups and downs. */
const SLACK_MB = 100;

let up: Up;
afterEach(() => up.stop());

/** Runs a job among innocent ones and returns it with the most memory that the process had above what it began with. */
async function runFlat(text: string): Promise<{ job: Job; grown: number }> {
  const before = up.memory();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, up.memory())), 50);
  try {
    const job = await up.unharmed(async () => await up.ended((await up.create(script(text))).id, 240_000));
    return { job, grown: most - before };
  } finally {
    clearInterval(watch);
  }
}

async function rawIsGone(): Promise<void> {
  for (const folder of ['runs', 'runlogs']) expect(existsSync(join(up.data, folder)) ? await readdir(join(up.data, folder)) : []).toEqual([]);
}

describe('a log of 2 GB', () => {
  it('is cut at its limit with a marker, and the job goes on', async () => {
    up = await startUp({ logs: { limit: '64Mi' } });
    const { job, grown } = await runFlat('head -c 2G /dev/zero; echo end >&2');
    expect(job).toMatchObject({ status: 'SUCCEED' });
    const marker = cutMarker(64 * MI);
    expect((await up.log(job.id, { offset: 64 * MI })).toString()).toBe(marker);
    expect(await up.log(job.id, { offset: 64 * MI + marker.length })).toHaveLength(0);
    expect((await up.log(job.id, { stream: 'stderr' })).toString()).toBe('end\n');
    expect(grown).toBeLessThan(SLACK_MB);
    await rawIsGone();
  });

  it('below its limit is kept whole, and read at its far end without reading the rest', async () => {
    up = await startUp({ logs: { limit: '4Gi' } });
    // Holes take no space where the job writes; the copy has its full length.
    const { job, grown } = await runFlat('truncate -s 2G /proc/self/fd/1; echo the end');
    expect(job).toMatchObject({ status: 'SUCCEED' });
    const began = performance.now();
    expect((await up.log(job.id, { offset: 2 * GI - 2 })).toString()).toBe('\0\0the end\n');
    expect((await up.log(job.id, { tail: 1 })).toString()).toMatch(/the end\n$/);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await up.log(job.id, { offset: GI, lines: 1 })).toHaveLength(MI);
    expect(grown).toBeLessThan(SLACK_MB);
    await rawIsGone();
  });
});
