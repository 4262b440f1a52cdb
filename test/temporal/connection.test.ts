import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { execa, execaSync } from 'execa';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { connectTemporal, temporalSettings } from '../../src/temporal/connection.ts';
import { lacks } from '../helpers/skip.ts';
import { devServer, quietTemporal, type DevServer } from '../helpers/temporal.ts';

const logger = pino({ level: 'silent' });
const { config } = loadConfig({ data: tmpdir() }, {});
let server: DevServer;
beforeAll(async () => {
  quietTemporal();
  server = await devServer();
});
afterAll(async () => await server.stop());

test('the configuration wins over TEMPORAL_*, which wins over temporal.toml', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-toml-'));
  const toml = join(folder, 'temporal.toml');
  await writeFile(toml, '[profile.default]\naddress = "toml:1"\nnamespace = "from-toml"\n');
  const env = { HOME: folder, TEMPORAL_CONFIG_FILE: toml };
  expect(temporalSettings(config, undefined, env)).toMatchObject({ connection: { address: 'toml:1' }, namespace: 'from-toml' });
  const variable = { ...env, TEMPORAL_ADDRESS: 'variable:2', TEMPORAL_API_KEY: 'key' };
  expect(temporalSettings(config, undefined, variable)).toMatchObject({ connection: { address: 'variable:2', apiKey: 'key', tls: true } });
  const given = { ...config, temporal: { ...config.temporal, address: 'given:3' } };
  expect(temporalSettings(given, undefined, variable).connection.address).toBe('given:3');
  expect(temporalSettings(given, 'embedded:4', variable)).toEqual({ connection: { address: 'embedded:4' }, namespace: 'default' });
});

test('a process with workers waits for Temporal, and gives up only when it is told to', async () => {
  await server.kill();
  const settings = { connection: { address: server.address }, namespace: 'default' };
  const told = new AbortController();
  const waiting = connectTemporal(settings, { workers: true, logger, signal: told.signal });
  const goingOn = connectTemporal(settings, { workers: true, logger });
  told.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
  await server.start();
  const link = await goingOn;
  expect((await link.client.workflowService.getSystemInfo({})).serverVersion).toMatch(/^1\./);
  await link.close();
});

const openssl = execaSync('openssl', ['version'], { reject: false }).exitCode === 0;
test.skipIf(lacks(openssl, 'openssl to make certificates'))(
  'mutual TLS by TEMPORAL_TLS_*: with the certificate it connects, without it does not',
  async () => {
    const folder = await certificates();
    const file = (name: string) => join(folder, name);
    const proxy = createServer(
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.crt')),
        ca: readFileSync(file('ca.crt')),
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ['h2'],
      },
      (outer) => {
        const [host, port] = server.address.split(':') as [string, string];
        const inner = connect(Number(port), host);
        const both: Socket[] = [outer, inner];
        for (const socket of both) socket.on('error', () => both.forEach((other) => void other.destroy()));
        outer.pipe(inner).pipe(outer);
      },
    );
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const env = {
      HOME: folder,
      TEMPORAL_ADDRESS: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.crt'),
      TEMPORAL_TLS_SERVER_NAME: 'localhost',
    };
    const known = { ...env, TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.crt'), TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key') };
    const link = await connectTemporal(temporalSettings(config, undefined, known), { workers: true, logger });
    expect((await link.client.workflowService.getSystemInfo({})).serverVersion).toMatch(/^1\./);
    await link.connection.withDeadline(Date.now() + 10_000, () => link.connection.workflowService.getSystemInfo({}));
    await link.close();

    const stranger = await connectTemporal(temporalSettings(config, undefined, env), { workers: false, logger });
    const asked = stranger.connection.withDeadline(Date.now() + 3_000, () => stranger.connection.workflowService.getSystemInfo({}));
    await expect(asked).rejects.toThrow();
    await stranger.close();
    proxy.close();
  },
);

/** A folder with ca.crt, and server and client certificates that it signed. */
async function certificates(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-tls-'));
  const run = async (...args: string[]) => await execa('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=longshore-test-ca', '-days', '1');
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost\n');
  for (const name of ['server', 'client']) {
    await run('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names'];
    await run('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed);
  }
  return folder;
}
