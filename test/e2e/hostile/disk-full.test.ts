// The whole data folder of a `longshore up` on a disk that fills: clear refusals, nothing half done, and all goes on when there is space.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/specs/errors.ts';
import { lacks } from '../../helpers/skip.ts';
import { script, startUp, type Up } from './up.ts';

const disk = await mkdtemp(join(tmpdir(), 'longshore-disk-'));
/** A folder that never fills. */
const elsewhere = await mkdtemp(join(tmpdir(), 'longshore-elsewhere-'));
// Room for the server's program and little else.
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512m,mode=0700', 'tmpfs', disk]).status === 0;

/** Writes until nothing more goes in. */
function fill(file: string): void {
  const fd = openSync(file, 'a');
  try {
    for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 4)) {
      for (let written = size; written === size;) {
        try {
          written = writeSync(fd, Buffer.alloc(size));
        } catch (error) {
          if (!hasCode(error, 'ENOSPC')) throw error;
          break;
        }
      }
    }
  } finally {
    closeSync(fd);
  }
}

let up: Up;
beforeAll(async () => {
  if (!mounted) return;
  const data = join(disk, 'data');
  await mkdir(data);
  up = await startUp({}, { data });
});
afterAll(async () => {
  if (mounted) {
    await up.stop();
    execFileSync('umount', ['--lazy', disk]);
  }
  for (const folder of [disk, elsewhere]) await rm(folder, { recursive: true, force: true });
});

/** Does something while there is no space at all. */
async function whileFull(work: () => Promise<void>): Promise<void> {
  const filler = join(disk, 'filler');
  fill(filler);
  try {
    await work();
  } finally {
    await rm(filler);
  }
}

describe.skipIf(lacks(mounted, 'the right to mount a small disk'))('a full disk', () => {
  it('refuses what cannot be kept, keeps what runs, and serves again when there is space', async () => {
    const go = join(elsewhere, 'begun');
    const before = await up.create(script(`echo begun; until test -e ${go}; do sleep 0.1; done; echo done`));
    await expect.poll(async () => (await up.log(before.id)).toString(), { timeout: 30_000 }).toBe('begun\n');
    const body = JSON.stringify({ requestId: 'while-full', spec: { name: 'full', type: 'shell', config: { command: ['echo', 'later'] } } });
    const create = async () => (await up.fetch('POST', '/api/v1/jobs', body)).status;

    await whileFull(async () => {
      const upload = await up.fetch('POST', '/api/v1/artifacts', Buffer.alloc(4 * 2 ** 20, 'x'));
      expect(upload).toMatchObject({ status: 507, code: 'DISK_FULL' });
      // Temporal may still have room in its files: then the job is durable, and its row comes later.
      expect(await create()).toBeOneOf([201, 503, 507]);
      expect(await up.job(before.id)).toMatchObject({ status: 'RUNNING' });
      expect((await up.fetch('GET', '/livez')).status).toBe(200);
      expect((await up.log(before.id)).toString()).toBe('begun\n');
    });

    await expect.poll(async () => (await up.fetch('GET', '/readyz')).status, { timeout: 60_000 }).toBe(200);
    await expect.poll(create, { timeout: 60_000, interval: 1_000 }).toBe(201);
    const { items } = await up.client.call('listJobs', { query: { requestId: 'while-full' } });
    expect(items).toHaveLength(1);
    expect(await up.ended(items[0]!.id)).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    await writeFile(go, '');
    expect(await up.ended(before.id)).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect((await up.log(before.id)).toString()).toBe('begun\ndone\n');
  }, 240_000);

  it('that a job fills itself fails that job only', async () => {
    await up.unharmed(async () => {
      const greedy = await up.create(script('head -c 2G /dev/zero >hoard; rm hoard; exit 9'));
      expect(await up.ended(greedy.id)).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE' });
    });
  }, 240_000);

  it('does not lose the end of jobs that end meanwhile', async () => {
    const run = script(`until test -e ${elsewhere}/go; do sleep 0.1; done; touch ${elsewhere}/"$LONGSHORE_JOB_ID"; exit 5`);
    const jobs = await Promise.all(Array.from({ length: 5 }, () => up.create(run)));
    for (const { id } of jobs) await up.until(id, 'RUNNING');
    await whileFull(async () => {
      await writeFile(join(elsewhere, 'go'), '');
      for (const { id } of jobs) await expect.poll(() => existsSync(join(elsewhere, id))).toBe(true);
    });
    for (const { id } of jobs) expect(await up.ended(id)).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', attempts: [{ exitCode: 5 }] });
    expect(await up.ended((await up.create(script('echo after'))).id)).toMatchObject({ status: 'SUCCEED' });
  }, 240_000);
});
