// The flights example as users run it: on a worker, and with Spark on a real YARN, by CLI and by REST, judged by pyarrow.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createClient, type Client } from '../../../src/client/index.ts';
import { isEnd } from '../../../src/specs/status.ts';
import { startStack, type Stack } from '../../cli/stack.ts';
import { ROOT } from '../../helpers/sources.ts';
import { cached } from '../cache.ts';
import { run } from '../tools.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { documents } from './document.ts';

const EXAMPLE = 'examples/spark/busiest-routes.yaml';
const DATA = join(ROOT, 'node_modules/vega-datasets/data');
const MINUTES = 60_000;

let cluster: YarnCluster;
let stack: Stack;
let api: Client;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-flights-'));
  [cluster, stack] = await Promise.all([startYarn({ spark: true }), startStack()]);
  await writeFile(join(folder, 'cluster.yaml'), documents(cluster));
  expect((await stack.cli('apply', '-f', join(folder, 'cluster.yaml'))).exitCode).toBe(0);
  api = createClient(JSON.parse(await readFile(join(stack.data, 'credentials.json'), 'utf8')) as { url: string; token: string });
});
afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Route and flights of each line of a result. */
const counts = (csv: string): [string, number][] =>
  csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','))
    .map(([route = '', , , flights]) => [route, Number(flights)]);

async function succeeds(id: string): Promise<void> {
  const look = async () => {
    const { status, reason } = await api.call('getJob', { params: { id } });
    return isEnd(status) ? (reason ?? status) : '';
  };
  await expect.poll(look, { timeout: 10 * MINUTES, interval: 1_000 }).not.toBe('');
  expect(await look()).toBe('SUCCEED');
}

test('of 20,000 flights Spark makes the same bytes as the Python job on a worker', { timeout: 10 * MINUTES }, async () => {
  await stack.cli('run', 'examples/flights/busiest-routes.yaml');
  const local = await stack.cli('result', 'last', 'routes');

  const spec = parse(await readFile(join(ROOT, EXAMPLE), 'utf8')) as { config: { files: string[]; args: string[] } };
  spec.config.files = ['./airports.csv', './flights-20k.json'];
  spec.config.args = ['--top', '20', '--flights', 'flights-20k.json'];
  for (const name of ['airports.csv', 'flights-20k.json']) await copyFile(join(DATA, name), join(folder, name));
  await copyFile(join(ROOT, 'examples/spark/busiest_routes.py'), join(folder, 'busiest_routes.py'));
  await writeFile(join(folder, 'job.yaml'), stringify(spec));
  expect((await stack.cli('apply', '-f', join(folder, 'job.yaml'))).exitCode).toBe(0);
  const { id } = await api.call('createJob', { body: { ref: 'busiest-routes-spark' } });
  await succeeds(id);
  const routes = await stack.cli('result', id, 'routes');
  expect(routes.stdout).toBe(local.stdout);
  expect(counts(routes.stdout)).toHaveLength(20);
});

test('in a DAG Spark finds the routes on YARN, and a worker makes a page of its result', { timeout: 10 * MINUTES }, async () => {
  const chosen = ['--param', 'flights=flights-20k.json', '--param', 'top=5'];
  const { stdout: id } = await stack.cli('create', '-f', 'examples/spark/routes-report.yaml', ...chosen);
  const look = async () => (await api.call('getRun', { params: { id } })).outcome ?? '';
  await expect.poll(look, { timeout: 8 * MINUTES, interval: 1_000 }).not.toBe('');
  expect(await look()).toBe('SUCCEED');
  const { items: jobs } = await api.call('listJobs', { query: { run: id } });
  expect(jobs.map(({ node, cluster: where, status }) => [node, where, status])).toEqual([
    ['report', 'local', 'SUCCEED'],
    ['routes', 'yarn', 'SUCCEED'],
  ]);
  const routes = (await stack.cli('result', id, 'routes', 'routes')).stdout;
  const page = (await stack.cli('result', id, 'report', 'report')).stdout;
  expect(page).toContain('The busiest routes of 20,000 flights');
  expect(page.match(/<tr><td>/g)).toHaveLength(5);
  for (const [, count] of counts(routes)) expect(page).toContain(`<td>${count}</td>`);
});

test('of three million flights Spark counts what pyarrow counts', { timeout: 15 * MINUTES }, async () => {
  const created = await stack.cli('create', '-f', EXAMPLE, '-o', 'json');
  expect(created.exitCode, created.stderr).toBe(0);
  await succeeds((JSON.parse(created.stdout) as { id: string }).id);
  const routes = counts((await stack.cli('result', 'last', 'routes')).stdout);
  expect(routes).toEqual(await countedByPyarrow());
  expect((await stack.cli('result', 'last', 'flights')).stdout.trim()).toBe('3000000');
});

const COUNT = `
import collections, json, sys
sys.path.insert(0, sys.argv[2])
import pyarrow.parquet as parquet
table = parquet.read_table(sys.argv[1], columns=["origin", "destination"])
routes = collections.Counter("-".join(sorted(ends)) for ends in zip(*(column.to_pylist() for column in table.columns)))
print(json.dumps(sorted(routes.items(), key=lambda item: (-item[1], item[0]))[:20]))
`;

async function countedByPyarrow(): Promise<[string, number][]> {
  const requirements = fileURLToPath(new URL('pyarrow-requirements.txt', import.meta.url));
  const place = await cached('pyarrow', [await readFile(requirements, 'utf8')], async (target) => {
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, '--only-binary=:all:', '--require-hashes', '-r', requirements]);
  });
  const { stdout } = await run('python3', ['-c', COUNT, join(DATA, 'flights-3m.parquet'), place]);
  return JSON.parse(stdout) as [string, number][];
}
