import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { lives, processIdentity } from '../../src/temporal/identity.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/server.ts';
import { keepHistories, registerSearchAttributes } from '../../src/temporal/service.ts';
import { temporalCli } from '../helpers/temporal.ts';

const SERVER = new URL('../../src/temporal/server.ts', import.meta.url).href;
const logger = pino({ level: 'silent' });
let given: string;
let data: string;
let running: EmbeddedServer[] = [];

beforeAll(async () => {
  given = await temporalCli();
});
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'longshore-server-'));
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
  await rm(data, { recursive: true, force: true });
});

async function start(options: { given?: string } = { given }): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ data, port: 0, uiPort: 0, logger, ...options });
  running.push(server);
  return server;
}
/** Starts a server in another process of ours, which is then killed: the server stays. */
async function leftBehind(): Promise<{ pid: number; address: string }> {
  const options = JSON.stringify({ data, given, port: 0, uiPort: 0 });
  const code = `import { pino } from 'pino'; import { startEmbeddedServer } from ${JSON.stringify(SERVER)};
    const { pid, address } = await startEmbeddedServer({ ...${options}, logger: pino({ level: 'silent' }) });
    process.stdout.write(JSON.stringify({ pid, address }), () => process.kill(process.pid, 'SIGKILL'));`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', code], { reject: false });
  return JSON.parse(stdout) as { pid: number; address: string };
}
const workflowsAt = async <T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
};

test('histories outlive a stop, on the same port, with the copy in the data folder', async () => {
  const first = await start();
  await workflowsAt(first.address, (connection) => new Client({ connection }).workflow.start('any', { taskQueue: 'none', workflowId: 'kept' }));
  const before = processIdentity(first.pid)!;
  await first.stop();
  expect(lives(before)).toBe(false);
  const second = await start({});
  expect(second.address).toBe(first.address);
  const found = await workflowsAt(second.address, (connection) => new Client({ connection }).workflow.getHandle('kept').describe());
  expect(found.status.name).toBe('RUNNING');
});

test('a server that an earlier process left is adopted', async () => {
  const left = await leftBehind();
  const next = await start();
  expect(next).toMatchObject({ adopted: true, ...left });
});

test('a server that dies is started again with its histories', async () => {
  const server = await start();
  const { address, pid } = server;
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => server.pid).not.toBe(pid);
  await workflowsAt(address, (connection) => connection.workflowService.describeNamespace({ namespace: 'default' }));
});

test('a server that does not answer is ended and replaced', async () => {
  const left = await leftBehind();
  const old = processIdentity(left.pid)!;
  process.kill(old.pid, 'SIGSTOP');
  const next = await start();
  expect(next.adopted).toBe(false);
  expect(lives(old)).toBe(false);
}, 90_000);

test('a pid file that names somebody else’s process harms nobody', async () => {
  const server = await start();
  await server.stop();
  const stranger = execa('sleep', ['60']);
  const { start: since, boot } = processIdentity(stranger.pid!)!;
  const fields = ['S', ...Array.from({ length: 18 }, () => '0'), String(Number(since) - 1)].join(' ');
  await writeFile(join(data, 'temporal/server.pid'), `${stranger.pid} (temporal) ${fields}\n${boot}\n`);
  const next = await start();
  expect(next.adopted).toBe(false);
  expect(processIdentity(stranger.pid!)).toBeDefined();
  stranger.kill('SIGKILL');
  await stranger.catch(() => undefined);
});

test('another version than the database’s is refused with the way to renew it', async () => {
  const server = await start();
  await server.stop();
  const file = join(data, 'temporal/server.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/"version": "[\d.]+/, '"version": "0.9.0'));
  await expect(start()).rejects.toThrow(/version 0\.9\.0[\s\S]*TEMPORAL_CLI_PATH[\s\S]*--renew-temporal/);
});

test('closed histories are kept for 30 days, and search attributes are there however often they are registered', async () => {
  const server = await start();
  await workflowsAt(server.address, async (connection) => {
    await keepHistories(connection, 'default', 30);
    await registerSearchAttributes(connection, 'default', logger);
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
    await connection.workflowService.registerNamespace({ namespace: 'bare', workflowExecutionRetentionPeriod: { seconds: 86_400 } as never });
    await expect
      .poll(
        () =>
          registerSearchAttributes(connection, 'bare', logger).then(
            () => 'registered',
            () => 'not yet',
          ),
        { timeout: 20_000 },
      )
      .toBe('registered');
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'bare' });
    expect(customAttributes).toHaveProperty('LongshoreStatus');
  });
});
