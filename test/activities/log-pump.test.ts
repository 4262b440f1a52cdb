// Logs on their way from a cluster to the LogStore: masked, bounded, and the same bytes whoever copies them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogPump, cutMarker, type LogSource } from '../../src/activities/log-pump.ts';
import { Mask } from '../../src/activities/mask.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import { LongshoreError } from '../../src/specs/errors.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import type { LogStore } from '../../src/store/logs.ts';

let dir: string;
let logs: LogStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'longshore-logs-'));
  logs = folderLogStore(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const MANY = { bytes: 1_000_000_000, streams: 10 };
let attempts = 0;

/** A raw stdout that grows piece by piece; a read gives at most `most` bytes. */
function growing(mask: Mask, most = Number.POSITIVE_INFINITY) {
  const key = attemptKey('job:test:log-pump', 'run', '', ++attempts);
  let raw = Buffer.alloc(0);
  const source: LogSource = {
    key,
    mask,
    read: (stream, offset, maxBytes) => {
      const bytes = stream === 'stdout' ? raw.subarray(offset, offset + Math.min(maxBytes, most)) : Buffer.alloc(0);
      return Promise.resolve({ offset, bytes, end: false });
    },
  };
  const stored = async () => {
    const { bytes, end } = await logs.read({ key, stream: 'stdout' }, 0, 4_000_000);
    return { text: Buffer.from(bytes).toString('latin1'), end };
  };
  return { source, stored, key, write: (piece: Uint8Array | string) => (raw = Buffer.concat([raw, Buffer.from(piece)])) };
}

describe('the log pump', () => {
  it('copies binary output byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));
    const { source, write, stored } = growing(new Mask([]));
    const pump = createLogPump(logs, MANY);
    write(bytes);
    await pump.copy(source);
    write(bytes);
    expect(await pump.finish(source)).toBeUndefined();
    expect(await stored()).toEqual({ text: Buffer.concat([bytes, bytes]).toString('latin1'), end: true });
  });

  it('hides every secret however the output is cut into pieces, reads and restarts, and keeps all offsets', async () => {
    const secret = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '$'), minLength: 1, maxLength: 6 });
    const noise = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '$', '\n', 'é'), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(secret, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(noise, fc.nat(2)), { maxLength: 30 }),
        fc.array(fc.nat(200), { maxLength: 20 }),
        fc.integer({ min: 40, max: 300 }),
        async (secrets, parts, cuts, most) => {
          const mask = new Mask(secrets);
          const whole = Buffer.from(parts.map((part) => (typeof part === 'number' ? (secrets[part % secrets.length] ?? '') : part)).join(''));
          const { source, write, stored } = growing(mask, most);
          let at = 0;
          for (const cut of cuts) {
            write(whole.subarray(at, at + cut));
            at += cut;
            // A new pump each time: another worker goes on.
            await createLogPump(logs, MANY).copy(source);
          }
          write(whole.subarray(at));
          await createLogPump(logs, MANY).finish(source);
          const { text } = await stored();
          expect(text).toBe(mask.bytes(whole).toString('latin1'));
          for (const value of secrets) if (!value.includes('*')) expect(text).not.toContain(value);
          expect(text.length).toBe(whole.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('hides a secret in base64, percent-encoded and inside JSON, too', () => {
    const secret = 'pass"word / 1?';
    const shown = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret), JSON.stringify(secret)].join('\n');
    const masked = new Mask([secret]).bytes(Buffer.from(shown)).toString();
    expect(masked).toMatch(/^[*\n"]+$/);
    expect(masked.length).toBe(shown.length);
  });

  it('hides a secret in what libraries and commands make of it', () => {
    const secret = 'Zürich/p4ss+w0rd! "a\\b" ~(x) 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
    const base64 = Buffer.from(`user:${secret}\n`).toString('base64');
    const forms: Record<string, string> = {
      'echo | base64, broken into lines': Buffer.from(`${secret}\n`).toString('base64').replace(/.{76}/g, '$&\n'),
      'HTTP basic authentication': base64,
      base64url: Buffer.from(secret).toString('base64url'),
      "Python's json.dumps": JSON.stringify(secret).replace('ü', '\\u00fc'),
      "Python's quote": encodeURIComponent(secret).replaceAll('%2F', '/').replaceAll('!', '%21').replaceAll('(', '%28').replaceAll(')', '%29'),
      'a form': new URLSearchParams({ secret }).toString().slice('secret='.length).replaceAll('%7E', '~'),
      'lower-case digits': encodeURIComponent(secret).replace(/%../g, (digits) => digits.toLowerCase()),
    };
    const mask = new Mask([secret]);
    for (const [name, shown] of Object.entries(forms)) {
      // A few characters at the ends of base64 belong to the bytes beside it, too.
      const left = mask
        .bytes(Buffer.from(shown))
        .toString()
        .replace(/[*\n"]/g, '');
      expect([name, left.length]).toEqual([name, expect.toSatisfy((count: number) => count <= 14)]);
    }
  });

  it('hides the lines of a secret of several lines one by one', () => {
    const masked = new Mask(['-----BEGIN KEY-----\nMIIEvQIBADAN\nrest\n']).text('> -----BEGIN KEY-----\n> MIIEvQIBADAN\n');
    expect(masked).toBe('> ***\n> ***\n');
  });

  it('cuts a log at its limit with a marker and takes no more', async () => {
    const { source, write, stored } = growing(new Mask([]));
    const pump = createLogPump(logs, { bytes: 1_000, streams: 10 });
    for (let round = 0; round < 5; round++) {
      write('x'.repeat(300));
      expect(await pump.copy(source)).toBeUndefined();
    }
    await pump.finish(source);
    expect(await stored()).toEqual({ text: `${'x'.repeat(1_000)}${cutMarker(1_000)}`, end: true });
  });

  it('writes each byte once when two pumps copy the same log', async () => {
    const { source, write, stored } = growing(new Mask(['secret']));
    const whole = 'a line with a secret in it\n'.repeat(2_000);
    write(whole);
    const pumps = Array.from({ length: 4 }, () => createLogPump(logs, MANY));
    await Promise.all(pumps.map((pump) => pump.copy(source)));
    await Promise.all(pumps.map((pump) => pump.finish(source)));
    expect((await stored()).text).toBe(whole.replaceAll('secret', '******'));
  });

  it('answers with an alarm when the disk is full, and catches up afterwards', async () => {
    let full = true;
    const failing: LogStore = {
      ...logs,
      append: (ref, offset, bytes) =>
        full ? Promise.reject(new LongshoreError('DISK_FULL', 'no space left in the data folder')) : logs.append(ref, offset, bytes),
    };
    const { source, write, stored } = growing(new Mask([]));
    const pump = createLogPump(failing, MANY);
    write('kept\n');
    expect(await pump.copy(source)).toBe('The log of stdout cannot be stored: no space left in the data folder');
    full = false;
    expect(await pump.finish(source)).toBeUndefined();
    expect((await stored()).text).toBe('kept\n');
  });

  it('does not trust a cluster that answers from another place than it was asked for', async () => {
    const { source, key } = growing(new Mask([]));
    const lying = { ...source, read: () => Promise.resolve({ offset: 7, bytes: Buffer.from('x'), end: false }) };
    expect(await createLogPump(logs, MANY).copy(lying)).toMatch(/answered with byte 7 of stdout when asked for byte 0/);
    expect((await logs.length({ key, stream: 'stdout' })).length).toBe(0);
  });
});
