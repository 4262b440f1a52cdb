// Arguments, environment and secrets arrive byte for byte, whatever they hold.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReservedEnv } from '../../../src/specs/env-names.ts';
import { Bench, dataFolder, processContext } from './fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = new Bench(await dataFolder());
});
afterAll(async () => bench.close());

const ECHO = 'cat /proc/$$/cmdline >cmdline; cat /proc/$$/environ >environ';
const HARD = [
  "'",
  '"',
  '\\',
  '\n',
  '\n\n',
  '$(id)',
  '`id`',
  '${HOME}',
  '\u0081\u0088',
  '\u0001',
  '\u{1f600}',
  '\ufffd',
  ' ',
  '-n',
  '--',
  '*',
  '~',
  '# k',
  '\r',
  '\t',
];
const value = fc
  .array(fc.oneof(fc.constantFrom(...HARD), fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 12 })
  .map((parts) => parts.join('').replaceAll('\0', ''))
  // A lone surrogate is not a character: no encoding carries it.
  .map((text) => Buffer.from(text).toString());
const name = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/)
  .filter((n) => !isReservedEnv(n) && !/^(?:LD_|NODE_|OPENSSL_|SSL_|UV_|MALLOC_|GLIBC_|LOC|NLS|LANG|LC_)|^(?:PATH|HOME|USER|LOGNAME)$/.test(n));

async function roundTrip(args: readonly string[], env: Record<string, string>, secrets: ReadonlyMap<string, string>) {
  const attempt = await bench.attempt();
  const handle = await bench.adapter.start(attempt, processContext(['/bin/sh', '-c', ECHO, 'sh', ...args], env, { secrets }));
  const end = await bench.untilEnded(attempt, handle);
  expect(end, await bench.log(attempt, 'stderr')).toMatchObject({ final: 'succeeded' });
  const read = async (file: string) => (await readFile(join(attempt.workspace.workDir, file))).toString('latin1').split('\0').slice(0, -1);
  const result = { args: (await read('cmdline')).slice(4), env: await read('environ') };
  await bench.adapter.clean(attempt, handle);
  return result;
}
const raw = (text: string): string => Buffer.from(text).toString('latin1');

describe('a payload gets exactly', () => {
  it('the arguments and variables that were given, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 8 }),
        fc.dictionary(name, value, { maxKeys: 8 }),
        fc.dictionary(name, value, { maxKeys: 3 }),
        async (args, env, secrets) => {
          const got = await roundTrip(args, env, new Map(Object.entries(secrets)));
          expect(got.args).toEqual(args.map(raw));
          expect(got.env).toEqual(expect.arrayContaining(Object.entries({ ...env, ...secrets }).map(([n, v]) => raw(`${n}=${v}`))));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('every character of one and two bytes', async () => {
    const all = String.fromCodePoint(...Array.from({ length: 0x7ff }, (_, i) => i + 1));
    const got = await roundTrip([all], { ALL: all }, new Map());
    expect(got.args).toEqual([raw(all)]);
    expect(got.env).toContain(raw(`ALL=${all}`));
  });

  it('nothing of the worker, and only the variables that are documented', async () => {
    const { env } = await roundTrip([], { MINE: '1' }, new Map());
    const names = env.map((line) => line.slice(0, line.indexOf('='))).sort();
    expect(names).toEqual(
      [
        'HOME',
        'LOGNAME',
        'LONGSHORE_ATTEMPT',
        'LONGSHORE_JOB_ID',
        'LONGSHORE_KEY',
        'LONGSHORE_MARK',
        'LONGSHORE_OUTPUT',
        'LONGSHORE_PROGRESS',
        'MINE',
        'PATH',
        'PWD',
        'USER',
      ].sort(),
    );
  });

  it('a megabyte of environment', async () => {
    const env = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`V${i}`, `${i}'\n`.repeat(30_000)]));
    const got = await roundTrip([], env, new Map());
    expect(got.env).toEqual(expect.arrayContaining(Object.entries(env).map(([n, v]) => `${n}=${v}`)));
  });
});

it('a secret is in no argument list and in no file while the payload runs', async () => {
  const secret = 'canary-7d1f3a';
  const attempt = await bench.attempt();
  const scan = `
    const { execFileSync } = require('node:child_process');
    const fs = require('node:fs');
    const hits = [];
    for (const pid of fs.readdirSync('/proc').filter((n) => /^\\d+$/.test(n))) {
      try { if (fs.readFileSync('/proc/' + pid + '/cmdline', 'latin1').includes(process.env.S)) hits.push('argv of ' + pid); } catch {}
    }
    const walk = (dir) => { for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
      const path = dir + '/' + e.name;
      if (e.isDirectory()) walk(path); else if (e.isFile() && fs.readFileSync(path, 'latin1').includes(process.env.S)) hits.push(path);
    } };
    walk(process.argv[1]);
    console.log(JSON.stringify(hits), process.env.S.length);
  `;
  const handle = await bench.adapter.start(
    attempt,
    processContext([process.execPath, '-e', scan, bench.dataDir], {}, { secrets: new Map([['S', secret]]) }),
  );
  await bench.untilEnded(attempt, handle);
  expect(await bench.log(attempt)).toBe(`[] ${secret.length}\n`);
});
