// A ResourceManager by https, with a certificate that only the cluster's own authority has signed.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lacks } from '../../helpers/skip.ts';
import { Bench } from './fixture.ts';

const there = !(await execa('openssl', ['version'], { reject: false })).failed;

let folder: string;
let bench: Bench;

/** A certificate that is its own authority, for a name or an address. */
async function certificate(name: string, subject: string): Promise<{ key: string; cert: string; file: string }> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subject}`];
  await execa('openssl', [...made, '-keyout', key, '-out', cert]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8'), file: cert };
}

beforeAll(async () => {
  if (!there) return;
  folder = await mkdtemp(join(tmpdir(), 'longshore-tls-'));
  const own = await certificate('rm', 'IP:127.0.0.1');
  bench = await Bench.start({ tls: own, config: { ca: own.file } });
});
afterAll(async () => {
  if (!there) return;
  await bench.close();
  await rm(folder, { recursive: true });
});

it.skipIf(lacks(there, 'openssl'))('is asked where the config names the authority', async () => {
  expect(bench.stub.rm.url).toMatch(/^https:/);
  const { attempt, handle } = await bench.running();
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
});

it.skipIf(lacks(there, 'openssl'))('is told nothing where it does not, or names another, or the certificate is of another host', async () => {
  const { attempt, handle } = await bench.running();
  bench.stub.forgetRequests();
  const other = await certificate('other', 'IP:127.0.0.1');
  for (const ca of [undefined, other.file]) {
    const stranger = await bench.another({ ca });
    await expect(stranger.describe([{ attempt, handle }])).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
  }
  const elsewhere = await bench.another({ resourceManagers: [bench.stub.rm.url.replace('127.0.0.1', 'localhost')] });
  await expect(elsewhere.describe([{ attempt, handle }])).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  expect(bench.stub.asked()).toEqual([]);
});

it.skipIf(lacks(there, 'openssl'))('is no cluster at all where the file is not there', async () => {
  await expect(bench.another({ ca: join(folder, 'nowhere') })).rejects.toThrow('nowhere');
});
