// Every DAG of examples/ is run as its own comment says; one that is not listed here fails.
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type Client } from '../../src/client/index.ts';
import type { RunView } from '../../src/specs/run-views.schema.ts';
import { pages } from '../helpers/pages.ts';
import { ROOT } from '../helpers/sources.ts';
import { LAUNCHER } from '../helpers/up.ts';
import { startStack, type Stack } from './stack.ts';

const HERE = ['approval', 'business-days', 'on-failure', 'other-cycles', 'sub-dag'].map((name) => `examples/dags/${name}.yaml`);
const FLIGHTS = ['examples/flights/delays.yaml', 'examples/flights/strict.yaml'];
/** In runs.e2e.test.ts, and with a cluster in test/clusters/yarn/flights.cluster.test.ts. */
const ELSEWHERE = ['examples/dags/harbours.yaml', 'examples/spark/routes-report.yaml'];

let stack: Stack;
let api: Client;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-dags-'));
  stack = await startStack();
  api = createClient(JSON.parse(await readFile(join(stack.data, 'credentials.json'), 'utf8')) as { url: string; token: string });
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A run that is followed to its end, as people do. */
const run = async (...args: string[]): Promise<RunView> => JSON.parse((await stack.cli('run', ...args, '-o', 'json')).stdout) as RunView;

const nodes = async (id: string) => (await api.call('listNodes', { params: { id } })).items;

/** How each node of a run stands, such as "load FAILED". */
const ends = async (id: string): Promise<string[]> => (await nodes(id)).map(({ name, status }) => `${name} ${status}`);

const outcome = (id: string) => expect.poll(async () => (await api.call('getRun', { params: { id } })).outcome, { timeout: 60_000, interval: 200 });

/** Standard output of a node's job, or of an item's. */
async function log(run: string, node: string, item?: number): Promise<string> {
  const { items } = await api.call('listJobs', { query: { run, node } });
  const { id = '' } = items.find((job) => job.item === item) ?? {};
  return (await (await api.download('jobLogs', { params: { id }, query: {}, accept: 'text/plain' })).text()).trimEnd();
}

test('every DAG of the examples is run by this file or beside it', async () => {
  const files = await Array.fromAsync(glob('examples/**/*.yaml', { cwd: ROOT }));
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
  const dags = files.filter((_, i) => /^kind: Dag$/m.test(texts[i]!));
  expect(dags.sort()).toEqual([...HERE, ...FLIGHTS, ...ELSEWHERE].sort());
});

test('delays: where too many flights are not plausible, they are kept back, and there is no report', async () => {
  const { id, outcome: end } = await run('examples/flights/delays.yaml', '--param', 'plausible=99.9');
  expect(end).toBe('SUCCEED');
  expect(await ends(id)).toEqual(['extract SUCCEED', 'hours SUCCEED', 'quality SUCCEED', 'report SKIPPED', 'quarantine SUCCEED']);
  expect(await log(id, 'quarantine')).toBe('42 of 4906 flights are kept back');
  expect((await stack.cli('result', id, 'quarantine', 'suspects')).stdout.split('\n')).toHaveLength(43);
  expect((await stack.cli('describe', id, 'report')).stdout).toMatch(/^When: +outputs\.quality\.plausible >= params\.plausible$/m);
});

test('strict: the commands of README.md bring the run that failed to its end, and what had succeeded is not run again', async () => {
  const readme = pages().find(({ file }) => file === 'README.md')!;
  const words = readme.commands.map((command) => command.join(' '));
  const first = words.findIndex((line) => line.startsWith('run examples/flights/strict.yaml'));
  const shown = words.slice(first, first + 4);
  const answers: { exitCode?: number; stdout: string; stderr: string }[] = [];
  for (const line of shown) {
    const command = `exec "${process.execPath}" "${LAUNCHER}" ${line}`;
    answers.push(await execa('sh', ['-c', command], { cwd: ROOT, env: { LONGSHORE_DATA: stack.data }, reject: false, stdin: 'ignore' }));
  }
  const [failed, why, dry, rerun] = answers;
  expect([failed?.exitCode, failed?.stderr]).toEqual([1, expect.stringMatching(/check FAILED/)]);
  expect(why?.stdout).toContain('that is less than 99.5 %');
  expect(dry?.stdout).toMatch(/^Runs again\n {2}check +FAILED, attempt 2\n/);
  expect([rerun?.exitCode, rerun?.stderr]).toEqual([0, expect.stringMatching(/publish SUCCEED/)]);
  const [newest] = (await api.call('listRuns', { query: { limit: 1 } })).items;
  expect((await nodes(newest!.id)).map(({ name, status, attempt }) => [name, status, attempt])).toEqual([
    ['extract', 'SUCCEED', 1],
    ['check', 'SUCCEED', 2],
    ['publish', 'SUCCEED', 1],
  ]);
});

test('the DAG of README.md prints what is promised there', async () => {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, document = ''] = /^cat > dag\.yaml <<'END'\n([\s\S]*?)\nEND\n/m.exec(text) ?? [];
  const [, promised = 'no promise'] = /^longshore logs last sum +# (.*)$/m.exec(text) ?? [];
  const file = join(folder, 'dag.yaml');
  await writeFile(file, document);
  expect(await log((await run(file)).id, 'sum')).toBe(promised);
  const { id } = await run(file, '--param', 'names=[Barbara]');
  expect(await ends(id)).toEqual(['greet SUCCEED', 'sum SKIPPED']);
});

test('on-failure: an alarm only where something failed, a cleanup always', async () => {
  const good = await run('examples/dags/on-failure.yaml');
  expect(good.outcome).toBe('SUCCEED');
  expect(await ends(good.id)).toEqual(['extract SUCCEED', 'load SUCCEED', 'alarm SKIPPED', 'cleanup SUCCEED']);
  const bad = await run('examples/dags/on-failure.yaml', '--param', 'code=3');
  expect(bad).toMatchObject({ outcome: 'FAILED', reason: 'failed: load' });
  expect(await ends(bad.id)).toEqual(['extract SUCCEED', 'load FAILED', 'alarm SUCCEED', 'cleanup SUCCEED']);
  expect(await log(bad.id, 'alarm')).toBe('extract is SUCCEED, load is FAILED');
});

test('approval: nothing is published before somebody says yes, and after a no it is told', async () => {
  const create = async () => (await stack.cli('create', '-f', 'examples/dags/approval.yaml')).stdout;
  const [yes, no] = [await create(), await create()];
  for (const id of [yes, no]) await expect.poll(() => ends(id)).toContain('release RUNNING');
  expect(await ends(yes)).toContain('publish WAITING');
  await stack.cli('approve', yes, 'release', '--reason', 'the numbers are right');
  await stack.cli('approve', no, 'release', '--no');
  await outcome(yes).toBe('SUCCEED');
  expect(await log(yes, 'publish')).toBe('published 42 rows');
  await outcome(no).toBe('FAILED');
  expect(await ends(no)).toEqual(['build SUCCEED', 'release FAILED', 'publish SKIPPED', 'tell SUCCEED']);
});

test('sub-dag: its runs are runs of their own, with the values that they were given', async () => {
  expect((await stack.cli('apply', '-f', 'examples/dags/sub-dag.yaml')).exitCode).toBe(0);
  expect((await run('deliveries')).outcome).toBe('SUCCEED');
  const { items } = await api.call('listRuns', { query: { dag: 'delivery' } });
  const logs = await Promise.all(items.flatMap(({ id }) => [log(id, 'pack'), log(id, 'ship')]));
  expect(logs.sort()).toEqual(['packed 1', 'packed 6', 'shipped to Hamburg', 'shipped to Shanghai']);
});

/** Creates the run of a cycle, at this hour of Berlin on a day of November 2026; there is one, however often this is called. */
const cycle = async (dag: string, day: number, hour = '06:00:00+01:00'): Promise<string> =>
  (await api.call('createRun', { body: { ref: dag, cycle: `2026-11-${day}T${hour}` } })).id;

test('other-cycles: a run starts when the other DAG has succeeded for each cycle that it needs', async () => {
  expect((await stack.cli('apply', '-f', 'examples/dags/other-cycles.yaml')).exitCode).toBe(0);
  for (const day of [23, 24, 26]) await cycle('orders', day);
  const forecast = (await stack.cli('create', '--ref', 'forecast', '--cycle', '2026-11-26T06:00:00+01:00')).stdout;
  await expect.poll(() => ends(forecast)).toEqual(['today SUCCEED', 'before RUNNING', 'compute WAITING']);
  expect(await cycle('forecast', 26)).toBe(forecast);
  await cycle('orders', 25);
  await outcome(forecast).toBe('SUCCEED');
  expect(await log(forecast, 'compute')).toBe('forecast after 2026-11-25');
});

describe('docs/from-other-schedulers.md', () => {
  beforeAll(async () => {
    const { documents } = pages().find(({ file }) => file === 'docs/from-other-schedulers.md')!;
    // What they wait for, and what one of them runs.
    const needed = ['warehouse', 'orders', 'mail'].map((name) => ({
      kind: 'Dag',
      name,
      ...(name === 'mail' ? { parameters: { dt: { type: 'string' } } } : { schedule: { cron: '0 6 * * *', timezone: 'Europe/Berlin' } }),
      nodes: { load: { job: { type: 'shell', config: { command: ['true'] } } } },
    }));
    const file = join(folder, 'moved.yaml');
    await writeFile(file, [...needed.map((one) => JSON.stringify(one)), ...documents].join('\n---\n'));
    const applied = await stack.cli('apply', '-f', file);
    expect(applied.exitCode, applied.stderr).toBe(0);
  });

  test('the DAG of Airflow takes the branch that it should', async () => {
    await cycle('warehouse', 26);
    const moved = await cycle('daily-orders', 26);
    await outcome(moved).toBe('SUCCEED');
    expect(await ends(moved)).toEqual(['stock SUCCEED', 'extract SUCCEED', 'publish SUCCEED', 'empty SKIPPED', 'alarm SKIPPED']);
    expect(await log(moved, 'extract', 1)).toBe('orders of fr on 2026-11-25');
    expect(await log(moved, 'publish')).toBe('published 20261125');
  });

  test('the workflow of DolphinScheduler waits for three days of orders, and hands its day on', async () => {
    for (const day of [23, 24, 25]) await cycle('orders', day);
    const moved = await cycle('sales-report', 26, '05:30:00+08:00');
    await outcome(moved).toBe('SUCCEED');
    expect(await ends(moved)).toEqual(['orders-ready SUCCEED', 'extract SUCCEED', 'load SUCCEED', 'nothing SKIPPED', 'mail SUCCEED']);
    const [mail] = (await api.call('listRuns', { query: { dag: 'mail' } })).items;
    expect((await api.call('getRun', { params: { id: mail!.id } })).params).toEqual({ dt: '20261125' });
  });
});

test('business-days: the cycle of a holiday is moved, and saved it is the next that is shown', async () => {
  const next = await stack.cli('schedule', 'next', 'examples/dags/business-days.yaml', '--count', '12');
  expect(next.stdout).toMatch(/-01-01T07:00:00\+01:00.*-01-01 is a holiday; moved to \d{4}-01-0[234]$/m);
  expect((await stack.cli('apply', '-f', 'examples/dags/business-days.yaml')).exitCode).toBe(0);
  expect((await stack.cli('schedule', 'get', 'month-end')).stdout).toContain('next business day');
});
