// Payloads that nobody wants, on a real `longshore up`: each ends with a truthful status, and harms nothing else. What they cost in memory:
// memory.slow.test.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutMarker } from '../../../src/activities/log-pump.ts';
import { processesOf } from '../../helpers/processes.ts';
import { python, script, startUp, type Job, type Up } from './up.ts';

const MI = 2 ** 20;
const LOG_LIMIT = 8 * MI;

let up: Up;
beforeAll(async () => {
  up = await startUp({ logs: { limit: '8Mi' }, artifacts: { limit: '8Mi' } });
});
afterAll(() => up?.stop());

const keyOf = (job: Job): string => job.attempts.at(-1)?.key ?? '';

/** Nothing of an ended attempt is left but its tombstone and its stored log. */
async function isCleaned(job: Job): Promise<void> {
  const key = keyOf(job);
  await expect.poll(() => processesOf(key)).toEqual([]);
  for (const folder of ['runs', 'runlogs']) expect(existsSync(join(up.data, folder, key))).toBe(false);
}

async function run(spec: Parameters<Up['create']>[0]): Promise<Job> {
  return await up.ended((await up.create(spec)).id);
}

describe('a log', () => {
  it('of 256 MB is cut at its limit with a marker, and its raw file goes', async () => {
    await up.unharmed(async () => {
      const job = await run(script('head -c 256M /dev/zero; echo end >&2'));
      expect(job).toMatchObject({ status: 'SUCCEED' });
      const marker = cutMarker(LOG_LIMIT);
      expect((await up.log(job.id, { offset: LOG_LIMIT - 1 })).toString()).toBe(`\0${marker}`);
      expect((await up.log(job.id, { stream: 'stderr' })).toString()).toBe('end\n');
      await isCleaned(job);
    });
  });

  it('that is binary arrives byte for byte, as plain text that nobody sniffs, by download, events and CLI', async () => {
    const bytes = Buffer.from(Array.from({ length: 4 * 256 }, (_, i) => i % 256));
    const job = await run(python(`import sys; sys.stdout.buffer.write(bytes(range(256)) * 4)`));
    expect(job).toMatchObject({ status: 'SUCCEED' });
    expect((await up.log(job.id)).equals(bytes)).toBe(true);
    const response = await up.client.download('jobLogs', { params: { id: job.id } });
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.body?.cancel();
    let followed = 0;
    for await (const { data } of up.client.stream('jobLogs', { params: { id: job.id }, query: { follow: 'true' } })) followed += data.length;
    expect(followed).toBeGreaterThan(0);
    const said = await up.longshore('logs', job.id);
    expect([said.exitCode, said.stdout.includes('ABCDEFG')]).toEqual([0, true]);
  });

  it('of lines of a megabyte each is read whole, by slices, lines and its tail', async () => {
    const job = await run(python(`for c in 'abc': print(c * 1_000_000)`));
    const whole: Buffer[] = [];
    for (let offset = 0; ;) {
      const slice = await up.log(job.id, { offset });
      if (slice.length === 0) break;
      whole.push(slice);
      offset += slice.length;
    }
    expect(Buffer.concat(whole).toString() === ['a', 'b', 'c'].map((c) => `${c.repeat(1_000_000)}\n`).join('')).toBe(true);
    expect((await up.log(job.id, { lines: 1 })).length).toBe(1_000_001);
    expect((await up.log(job.id, { tail: 1 })).toString() === `${'c'.repeat(1_000_000)}\n`).toBe(true);
  });
});

describe('a job that works against its own folders', () => {
  it('ends truthfully when it removes its run folder, and what it declared is missing', async () => {
    await up.unharmed(async () => {
      const remove = 'cd /; rm -rf "$(dirname "$LONGSHORE_OUTPUT")"';
      expect(await run(script(remove))).toMatchObject({ status: 'SUCCEED' });
      expect(await run({ ...script(`${remove}; exit 4`) })).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE' });
      const job = await run({ ...script(remove), outputs: { rows: { type: 'int' } } });
      expect(job).toMatchObject({ status: 'FAILED', code: 'OUTPUT_MISSING', reason: expect.stringContaining('rows') });
      await isCleaned(job);
    });
  });

  it('is lost, never a success, when it removes its own proof', async () => {
    const job = await run({ ...script(`rm -rf '${up.data}'/latches/"$LONGSHORE_KEY"; sleep 0.5`), onLost: 'fail', lostAfter: '1s' });
    expect(job).toMatchObject({ status: 'FAILED', code: 'LOST' });
    await expect.poll(() => processesOf(keyOf(job))).toEqual([]);
  });

  it('cannot make its log lead elsewhere', async () => {
    const secret = join(up.data, 'credentials.json');
    const job = await run(script(`echo shown; cd '${up.data}'/runlogs/"$LONGSHORE_KEY"; rm stdout; ln -s '${secret}' stdout; sleep 3`));
    expect(job).toMatchObject({ status: 'SUCCEED' });
    expect((await up.log(job.id)).toString()).not.toContain(up.token);
  });
});

describe('a job of many processes', () => {
  it('that leaves 200 children behind has none when its end is announced', async () => {
    await up.unharmed(async () => {
      const job = await run(script('for i in $(seq 200); do sleep 600 & done; echo forked'));
      expect(job).toMatchObject({ status: 'SUCCEED' });
      expect(processesOf(keyOf(job))).toEqual([]);
      await isCleaned(job);
    });
  });

  it('that ignore TERM and leave their session is killed whole', async () => {
    await up.unharmed(async () => {
      const job = await up.create(
        script(`trap '' TERM HUP; for i in $(seq 100); do setsid sh -c "trap '' TERM; sleep 600" & sleep 600 & done; echo forked; wait`),
      );
      await expect.poll(async () => (await up.log(job.id)).toString(), { timeout: 30_000 }).toBe('forked\n');
      await up.client.call('killJob', { params: { id: job.id } });
      const ended = await up.ended(job.id);
      expect(ended).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
      await isCleaned(ended);
    });
  });
});

describe('outputs and progress', () => {
  const bad: Record<string, [text: string, reason: RegExp]> = {
    'of 100 MB': ['head -c 100M /dev/zero >"$LONGSHORE_OUTPUT"', /holds 104857600 bytes; at most 65536/],
    'that is one long word': [`printf 'x%.0s' $(seq 60000) >"$LONGSHORE_OUTPUT"`, /is not name=<json>/],
    'that is a link': ['ln -sf /etc/passwd "$LONGSHORE_OUTPUT"', /is a link/],
    'that is a pipe': ['mkfifo "$LONGSHORE_OUTPUT"', /is not a regular file/],
    'that is a folder': ['mkdir "$LONGSHORE_OUTPUT"', /is not a regular file/],
    'of the wrong type': [`echo 'rows="many"' >"$LONGSHORE_OUTPUT"`, /is not of type int/],
    'of a number that JSON has not': [`echo 'rows=Infinity' >"$LONGSHORE_OUTPUT"`, /is not name=<json>/],
  };
  it.each(Object.entries(bad))('an $LONGSHORE_OUTPUT %s fails the job with its reason', async (_title, [text, reason]) => {
    const job = await run({ ...script(`rm -f "$LONGSHORE_OUTPUT"; ${text}`), outputs: { rows: { type: 'int' } } });
    expect(job).toMatchObject({ status: 'FAILED', code: 'OUTPUT_INVALID', blame: 'user', reason: expect.stringMatching(reason) });
  });

  const files: Record<string, [text: string, code: string, reason: RegExp]> = {
    'is larger than the limit': ['truncate -s 2G out', 'OUTPUT_INVALID', /holds 2147483648 bytes; at most 8388608/],
    'is a link to a secret of the machine': ['ln -s /etc/shadow out', 'OUTPUT_INVALID', /is a link/],
    'is a device that never ends': ['ln -s /dev/zero out', 'OUTPUT_INVALID', /is a link/],
    'lies behind a folder that is a link': ['mkdir -p real; ln -s /etc sub', 'OUTPUT_INVALID', /leads out of the working directory/],
    'is not there': ['true', 'OUTPUT_MISSING', /wrote no file out/],
  };
  it.each(Object.entries(files))('an output file that %s fails the job with its reason', async (title, [text, code, reason]) => {
    const file = title.includes('folder') ? 'sub/passwd' : 'out';
    const job = await run({ ...script(text), outputs: { table: { file } } });
    expect(job).toMatchObject({ status: 'FAILED', code, blame: 'user', reason: expect.stringMatching(reason) });
  });

  it('progress of 100 MB without a line break, and of control characters, stays one short line', async () => {
    await up.unharmed(async () => {
      const job = await up.create(
        script(`head -c 100M /dev/zero | tr '\\0' x >>"$LONGSHORE_PROGRESS"; printf '\\n\\033[31m50%%\\007\\n' >>"$LONGSHORE_PROGRESS"; sleep 4`),
      );
      const ended = await up.ended(job.id);
      expect(ended).toMatchObject({ status: 'SUCCEED' });
      expect(ended.attempts[0]?.observation?.['progress']).toBe('[31m50%');
      const long = await run(script(`head -c 1M /dev/zero | tr '\\0' x >>"$LONGSHORE_PROGRESS"`));
      expect(String(long.attempts[0]?.observation?.['progress']).length).toBeLessThanOrEqual(1_000);
    });
  });
});
