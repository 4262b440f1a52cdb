// Every document of examples/ is run as its own comment says; one that is not listed here fails. DAGs: dag-examples.e2e.test.ts.
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { startReceiver } from '../helpers/receiver.ts';
import { ROOT } from '../helpers/sources.ts';
import { longshore, startStack, type Stack } from './stack.ts';

/** Exact output of the examples that need nothing but `run`. */
const OUTPUT: Record<string, RegExp> = {
  'examples/hello.yaml': /^Hello from /,
  'examples/arguments.yaml': /^two words\|\$HOME\|it's\|\*\|\|$/,
  'examples/outputs.yaml': /^$/,
  'examples/retry.yaml': /^attempt 1\nattempt 2$/,
  'examples/builtin/primes.yaml': /^2 3 5 7 11 .* 89 97$/,
  'examples/python/word-lengths.yaml': /^1\t1\n2\t3\n3\t9\n/,
  'examples/flights/busiest-routes.yaml': /wrote 20 routes of 20000 flights$/,
};
const SPECIAL = ['examples/app-and-cluster.yaml', 'examples/nightly-load.yaml', 'examples/secrets.yaml', 'examples/webhook.yaml'];

let stack: Stack;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-examples-'));
  const secrets = [{ name: 'warehouse-password', apps: ['etl'], env: 'WAREHOUSE_PASSWORD' }];
  stack = await startStack({ worker: { secrets }, webhooks: { allowPrivate: true } }, { WAREHOUSE_PASSWORD: 'correct-horse' });
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('every example is run by this file or beside it', async () => {
  // Those of Spark need a cluster: test/clusters/yarn/flights.cluster.test.ts.
  const found = await Array.fromAsync(glob('examples/**/*.yaml', { cwd: ROOT, exclude: ['examples/plugins/**', 'examples/spark/**'] }));
  const texts = await Promise.all(found.map((file) => readFile(join(ROOT, file), 'utf8')));
  const others = found.filter((_, i) => !/^kind: Dag$/m.test(texts[i]!));
  expect(others.sort()).toEqual([...Object.keys(OUTPUT), ...SPECIAL].sort());
});

test.each(Object.entries(OUTPUT))('%s succeeds and prints what it should', async (file, output) => {
  const { stdout, stderr, exitCode } = await stack.cli('run', file);
  expect(stderr).toContain('SUCCEED');
  expect(stdout).toMatch(output);
  expect(exitCode).toBe(0);
});

test('the outputs of examples/outputs.yaml can be fetched by name', async () => {
  await stack.cli('run', 'examples/outputs.yaml');
  expect((await stack.cli('result', 'last', 'report')).stdout).toBe('all is well');
  expect(JSON.parse((await stack.cli('result', 'last', 'place')).stdout)).toEqual({ city: 'Hamburg', harbours: 1 });
});

test('an app gets what it is granted: app-and-cluster, nightly-load, secrets', async () => {
  const applied = await stack.cli('apply', '-f', 'examples/app-and-cluster.yaml');
  expect(applied.stdout).toContain('Cluster\tsmall\t1\tstored\nApp\tetl\t1\tstored');
  expect((await stack.cli('apply', '-f', 'examples/app-and-cluster.yaml')).stdout).toContain('App\tetl\t1\tunchanged');

  const refused = await stack.cli('apply', '-f', 'examples/nightly-load.yaml');
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain('cluster "small" (grants.clusters)');
  expect((await stack.cli('apply', '-f', 'examples/nightly-load.yaml', '--app', 'etl')).exitCode).toBe(0);
  expect((await stack.cli('run', 'nightly-load', '--app', 'etl')).stdout).toBe('data-platform loads');

  const masked = await stack.cli('run', 'examples/secrets.yaml', '--app', 'etl');
  expect(masked.stdout).toBe(`the password is ${'*'.repeat('correct-horse'.length)}`);

  const { stdout: token } = await stack.cli('token', 'create', 'pipeline', '--app', 'etl', '--role', 'editor');
  const asEtl = { env: { LONGSHORE_URL: stack.url, LONGSHORE_TOKEN: token } };
  expect((await longshore(['apply', '-f', 'examples/app-and-cluster.yaml'], asEtl)).exitCode).toBe(4);
  const listed = JSON.parse((await longshore(['list', '-o', 'json'], asEtl)).stdout) as { items: { name: string }[] };
  expect(listed.items.map(({ name }) => name)).toEqual(['secrets', 'nightly-load']);
});

test('the job of README.md gives what is promised there', async () => {
  const [, document = ''] = /<<'END'\n([\s\S]*?)\nEND\n/.exec(await readFile(join(ROOT, 'README.md'), 'utf8')) ?? [];
  const file = join(folder, 'job.yaml');
  await writeFile(file, document);
  expect((await stack.cli('run', file)).exitCode).toBe(0);
  expect((await stack.cli('result', 'last', 'answer')).stdout).toBe('42');
});

test('webhook delivers a signed event', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const run = await stack.cli('run', 'examples/webhook.yaml', '--set', `webhook={url: "${receiver.url}", events: [ended]}`);
  expect(run.exitCode).toBe(0);
  await expect.poll(() => receiver.received.length).toBe(1);
  const { key } = (await (await fetch(`${stack.url}/api/v1/apps/default/signing-key`, { headers: await authorization() })).json()) as { key: string };
  const { body, headers } = receiver.received[0]!;
  expect(new Webhook(key).verify(body, headers as Record<string, string>)).toBeTruthy();
});

async function authorization(): Promise<Record<string, string>> {
  const { token } = JSON.parse(await readFile(join(stack.data, 'credentials.json'), 'utf8')) as { token: string };
  return { authorization: `Bearer ${token}` };
}
