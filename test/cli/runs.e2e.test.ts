// The CLI of runs as a user has it: processes against a real `longshore up`.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeView, RunView } from '../../src/specs/run-views.schema.ts';
import { pages } from '../helpers/pages.ts';
import { ROOT } from '../helpers/sources.ts';
import { LAUNCHER } from '../helpers/up.ts';
import { startStack, type Stack } from './stack.ts';

const HARBOURS = 'examples/dags/harbours.yaml';
let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-runs-'));
  stack = await startStack();
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await stack.cli(...args, '-o', 'json')).stdout) as T;
const until = (run: string, node: string, status: string) =>
  expect.poll(async () => (await json<NodeView>('describe', run, node)).status, { timeout: 60_000, interval: 300 }).toBe(status);

/** A file with a Dag whose nodes are these lines of YAML. */
async function dag(name: string, ...nodes: string[]): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `kind: Dag\nname: ${name}\ndefaults: { cluster: local }\nnodes:\n${nodes.map((node) => `  ${node}\n`).join('')}`);
  return file;
}
const plainJob = (script: string): string => `type: shell, config: { command: [sh, -c, ${JSON.stringify(script)}] }`;
const shell = (script: string): string => `job: { ${plainJob(script)} }`;

describe('run', () => {
  test('uploads the files of a DAG, tells each change on stderr, and exits 0', async () => {
    const { stdout, stderr, exitCode } = await stack.cli('run', HARBOURS);
    expect(stderr).toMatch(/^uploaded \.\/count\.sh/m);
    expect(stderr).toMatch(/^run \d+ {2}harbours$/m);
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d count SUCCEED 3\/3$/m);
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d report SUCCEED$/m);
    expect(stderr.match(/ tidy SUCCEED/g)).toHaveLength(1);
    expect(stderr).toMatch(/^SUCCEED\n {2}outputs {2}longshore result \d+$/m);
    expect([stdout, exitCode]).toEqual(['', 0]);
  });

  test('exits 1 when the run failed, says why, and how to go on', async () => {
    const { stderr, exitCode } = await stack.cli('run', await dag('bad', `a: { ${shell('exit 3')} }`, 'b: { needs: [a], job: { ref: none-such } }'));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('none-such');
    const failed = await stack.cli('run', await dag('bad', `a: { ${shell('exit 3')} }`, `b: { needs: [a], ${shell('true')} }`));
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(/a FAILED {2}exit code 3/);
    expect(failed.stderr).toMatch(/longshore rerun \d+ --failed -f/);
  });

  test('-o json writes the ended run and nothing else to stdout', async () => {
    const run = await json<RunView>('run', HARBOURS, '--param', 'least=100');
    expect(run).toMatchObject({ dag: 'harbours', outcome: 'SUCCEED', params: { least: 100 }, nodes: { SUCCEED: 3, SKIPPED: 1 } });
  });

  test('the first Ctrl-C detaches: the run goes on, and the way back is shown', async () => {
    const run = stack.cli('run', await dag('long', `a: { ${shell('sleep 60')} }`));
    let said = '';
    run.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => said, { timeout: 60_000 }).toMatch(/a (?:STARTING|RUNNING)/);
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    const id = /^run (\d+)/m.exec(said)?.[1] ?? '';
    expect(said).toContain(`longshore kill ${id}`);
    expect((await json<RunView>('get', 'run', id)).status).toBe('RUNNING');
    const killed = await stack.cli('kill', id, '--force', '--wait');
    expect(killed.stdout).toMatch(new RegExp(`^${id} KILLED`));
  });

  test('on a terminal it is a tree that is drawn over itself', async () => {
    const command = `"${process.execPath}" "${LAUNCHER}" run "${await dag('tree', `a: { ${shell('true')} }`, `b: { needs: [a], ${shell('sleep 1')} }`)}"`;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], { env: { LONGSHORE_DATA: stack.data, NO_COLOR: '1' }, timeout: 60_000 });
    expect(stdout).toMatch(/a +SUCCEED/);
    expect(stdout).toMatch(/└─ b +SUCCEED/);
    // Up by two lines: the tree has two nodes.
    expect(stdout).toContain('\u001B[2A');
  });
});

test('what describe, graph, logs and result show of a run', async () => {
  await stack.cli('run', HARBOURS, '--param', 'least=100');
  const page = (await stack.cli('describe', 'last')).stdout;
  expect(page).toMatch(/^Dag: +harbours$/m);
  expect(page).toMatch(/^Parameters: +least=100$/m);
  expect(page).toMatch(/^Nodes: +3 SUCCEED, 1 SKIPPED$/m);
  expect(page).toMatch(/^Critical path: +count .+ → total .+$/m);
  expect((await stack.cli('graph', 'last')).stdout.split('\n')).toEqual([
    'count           SUCCEED 3/3',
    ' └─ total       SUCCEED',
    '    └─ report   SKIPPED  its condition is false, or it was marked so',
    '       └─ tidy  SUCCEED',
  ]);
  expect((await stack.cli('graph', 'last', '--times')).stdout).toMatch(/^\* count +[·━]/m);
  expect((await stack.cli('describe', 'last', 'count')).stdout).toMatch(/count\/0 {2}SUCCEED\n {2}count\/1 {2}SUCCEED\n {2}count\/2/);
  expect((await stack.cli('logs', 'last', 'count/1')).stdout).toBe('counting rotterdam');
  expect((await stack.cli('logs', 'last', 'count')).stderr).toContain('Name one: count/0');
  expect((await stack.cli('result', 'last', 'total', 'ships')).stdout).toBe('23');
  expect((await stack.cli('get', 'nodes', 'last', '--status', 'SKIPPED')).stdout).toMatch(/^report\tjob\tSKIPPED/m);
  const skipped = await stack.cli('logs', 'last', 'report');
  expect([skipped.exitCode, skipped.stderr]).toEqual([3, expect.stringContaining('report has no job')]);
});

test('from a failure to a success: dry run, rerun with other parameters, from a node on', async () => {
  const file = join(folder, 'gated.yaml');
  const gate = '    job: { type: shell, config: { command: [test, "${{ params.gate }}", "=", open] } }';
  await writeFile(
    file,
    `kind: Dag\nname: gated\ndefaults: { cluster: local }\nparameters: { gate: { type: string, default: shut } }\nnodes:\n  gate:\n${gate}\n  after: { needs: [gate], ${shell('true')} }\n`,
  );
  expect((await stack.cli('run', file)).exitCode).toBe(1);
  const run = (await json<RunView>('get', 'run', 'last')).id;
  const dry = await stack.cli('rerun', run, '--failed', '--dry-run');
  expect(dry.stdout).toBe('Runs again\n  gate  FAILED, attempt 2\nWas not run, and is decided anew\n  after  SKIPPED, attempt 1\nNothing was done.');
  const rerun = await stack.cli('rerun', run, '--failed', '--param', 'gate=open', '-f');
  expect([rerun.exitCode, rerun.stderr]).toEqual([0, expect.stringMatching(/gate SUCCEED attempt 2/)]);
  const downstream = await stack.cli('rerun', run, 'after', '--downstream', '-f');
  expect(downstream.stderr).toMatch(/after SUCCEED attempt 2/);
  expect((await stack.cli('rerun', run, 'after', '--failed')).stderr).toContain('take no nodes');
  expect((await stack.cli('rerun', run)).stderr).toContain('nothing has failed');
});

test('who waits for a run, and a rerun that carries them; a backfill of both', { timeout: 120_000 }, async () => {
  const daily = async (name: string, ...nodes: string[]): Promise<string> => {
    const file = await dag(name, ...nodes);
    await writeFile(file, `${await readFile(file, 'utf8')}schedule: { cron: '0 6 * * *', timezone: UTC, start: 2020-05-01, end: 2020-05-03 }\n`);
    expect((await stack.cli('apply', '-f', file)).exitCode).toBe(0);
    return name;
  };
  const cycle = '2020-05-01T06:00:00Z';
  const create = async (name: string): Promise<string> => (await stack.cli('create', '--ref', name, '--cycle', cycle)).stdout;
  const orders = await create(await daily('orders', `load: { ${shell('true')} }`));
  const sums = await create(await daily('sums', 'orders: { wait: { dag: orders, node: load } }', `add: { needs: [orders], ${shell('true')} }`));
  expect((await stack.cli('wait', sums)).stdout).toBe(`${sums} SUCCEED`);
  expect((await stack.cli('feeds', orders)).stdout).toContain(`sums\torders\tnode load\t${cycle}\t${sums}`);
  const dry = await stack.cli('rerun', orders, 'load', '--across', '--dry-run');
  expect(dry.stdout).toBe(
    `Runs again\n  load  SUCCEED, attempt 2\nThen run ${sums} of sums, ${cycle}, from orders\n  Runs again\n    orders  SUCCEED, attempt 2\n    add  SUCCEED, attempt 2\nNothing was done.`,
  );
  const rerun = await stack.cli('rerun', orders, 'load', '--across', '-f');
  expect([rerun.exitCode, rerun.stderr]).toEqual([0, expect.stringContaining(`Runs again, too: run ${sums} of sums, ${cycle}, from orders\n`)]);
  expect(await json<RunView>('describe', sums)).toMatchObject({ generation: 2 });
  const range = ['orders', '--from', '2020-05-01', '--until', '2020-05-02', '--downstream'];
  const planned = (await stack.cli('backfill', ...range, '--dry-run')).stdout.split('\n').slice(1);
  expect(planned.map((line) => line.split('\t')).map(([name, at, , , would]) => [name, at!.slice(8, 10), would])).toEqual([
    ['orders', '01', 'skip'],
    ['orders', '02', 'start'],
    ['sums', '01', 'skip'],
    ['sums', '02', 'start'],
  ]);
  expect((await stack.cli('backfill', ...range, '-f')).exitCode).toBe(0);
});

test('the job after the items is the node, and an item is a job', async () => {
  const add = `reduce: { ${plainJob('echo sum=7 >> "$LONGSHORE_OUTPUT"')}, outputs: { sum: { type: int } } }`;
  const file = await dag(
    'mapped',
    `each: { mapReduce: { item: [1, 2], ${add} }, ${shell('echo item')} }`,
    `bad: { needs: [each], ${shell('echo fine; echo broken >&2; exit 3')} }`,
  );
  const { stderr } = await stack.cli('run', file);
  expect(stderr).toMatch(/ each SUCCEED 2\/2$/m);
  expect(stderr.match(/ each (?:STARTING|RUNNING)/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/each CREATED|each ACCEPTED/);
  const run = (await json<RunView>('get', 'run', 'last')).id;
  expect((await stack.cli('get', 'nodes', run)).stdout).toMatch(/^each\tmapReduce\tSUCCEED\t1\tof 2, 2 SUCCEED\t/m);
  expect((await stack.cli('result', run, 'each', 'sum')).stdout).toBe('7');
  const item = (await stack.cli('describe', run, 'each/1')).stdout;
  expect(item).toMatch(/^Job: +\d+$/m);
  expect(item).toMatch(new RegExp(`^Run: +${run} node each/1$`, 'm'));
  expect(item).toMatch(/^Exit code: +0$/m);
  expect(item).toMatch(/^Worker: +\S+$/m);
  expect((await stack.cli('describe', run, 'each/7')).exitCode).toBe(3);
  const logs = await stack.cli('logs', run, 'bad');
  expect([logs.stdout, logs.stderr]).toEqual(['fine', expect.stringMatching(/^FAILED; the last lines of its stderr .+--stream stderr.+\nbroken$/)]);
  expect((await stack.cli('logs', run, 'bad', '--stream', 'stdout')).stderr).toBe('');
  await stack.cli('rerun', run, 'each', '-f');
  const again = await stack.cli('rerun', run, 'bad', '-f');
  expect(again.stderr).not.toContain('each');
  expect(again.stderr.match(/rerun .*by/g)).toHaveLength(1);
  expect(again.stderr).toMatch(/bad FAILED attempt \d/);
  const other = await stack.cli('rerun', run, '--all', '--to-version', '2');
  expect([other.exitCode, other.stderr]).toEqual([4, expect.stringContaining('longshore run mapped')]);
});

test('last is never a run that is a node of another', async () => {
  await stack.cli('apply', '-f', await dag('inner', `a: { ${shell('true')} }`));
  await stack.cli('run', await dag('outer', 'near: { dag: { ref: inner } }'));
  expect(await json<RunView>('describe', 'last')).toMatchObject({ dag: 'outer' });
  expect((await json<NodeView>('describe', 'last', 'near')).kind).toBe('dag');
});

test('what people say to nodes, and what is refused', async () => {
  const file = await dag(
    'hand',
    'release: { wait: { approval: { message: Go on? } } }',
    `load: { needs: [release], ${shell('true')} }`,
    `off: { needs: [load], ${shell('true')} }`,
  );
  const run = (await stack.cli('create', '-f', file)).stdout;
  await until(run, 'release', 'RUNNING');
  const asked = (await stack.cli('describe', run, 'release')).stdout;
  expect(asked).toMatch(/^Reason: +waits for an approval by anybody who may operate the run: Go on\?$/m);
  expect(asked).toContain(`longshore approve ${run} release`);
  expect((await stack.cli('disable', run, 'off')).stdout).toBe(`${run} off WAITING  waits for load`);
  const again = await stack.cli('disable', run, 'off');
  expect([again.exitCode, again.stderr]).toEqual([4, expect.stringContaining('disabled already')]);
  expect((await stack.cli('pause', run)).stdout).toContain('RUNNING paused');
  expect((await stack.cli('resume', run)).stdout).not.toContain('paused');
  expect((await stack.cli('approve', run, 'release')).stdout).toBe(`${run} release SUCCEED`);
  expect((await stack.cli('wait', run)).stdout).toBe(`${run} SUCCEED`);
  expect((await json<NodeView>('describe', run, 'off')).status).toBe('DISABLED');
  const unknown = await stack.cli('skip', run, 'laod');
  expect([unknown.exitCode, unknown.stderr]).toEqual([3, expect.stringContaining('did you mean "load"')]);
});

test('validate says what the server would, at the line of the file', async () => {
  expect((await stack.cli('validate', HARBOURS)).stdout).toContain('Dag\tharbours\tvalid');
  const wrong = await stack.cli('validate', await dag('wrong', `a: { needs: [b], ${shell('true')} }`, `b: { when: 'params.x', ${shell('true')} }`));
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toMatch(/wrong\.yaml:6:\d+ nodes\.b\.when: .*params\.x|no parameter/);
});

test('versions: apply, diff, rollback, export', { timeout: 120_000 }, async () => {
  const file = await dag('kept', `a: { ${shell('true')} }`);
  expect((await stack.cli('diff', '-f', file)).stdout).toContain('kept@0 →');
  await stack.cli('apply', '-f', file);
  expect(await stack.cli('diff', '-f', file)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('are the same') });
  await writeFile(file, `${(await stack.cli('export', 'kept')).stdout}\nmaxParallel: 3\n`);
  await stack.cli('apply', '-f', file);
  expect(await stack.cli('diff', 'kept')).toMatchObject({ exitCode: 1, stdout: 'kept@1 → kept@2\n+ /maxParallel: 3' });
  expect((await stack.cli('rollback', 'kept')).stdout).toBe('Dag kept: version 3 is version 1 again');
  const exported = await stack.cli('export', 'kept');
  const applied = await execa(process.execPath, [LAUNCHER, 'apply', '-f', '-'], { env: { LONGSHORE_DATA: stack.data }, input: exported.stdout });
  expect(applied.stdout).toContain('Dag\tkept\t3\tunchanged');
});

/** Commands of the page that name a run of the reader's. */
const NAMED = /\bRUN\b/;
/** What a command may answer where the page's run is not there: it ended, it has no such node. 2 is a command that is wrong, 5 a server that is. */
const ANSWERED = [0, 1, 3, 4];

test('every command of docs/runs.md is one, in its order', { timeout: 300_000 }, async () => {
  const page = pages().find(({ file }) => file === 'docs/runs.md')!;
  const commands = page.commands.map((words) => words.join(' ')).filter((line) => !NAMED.test(line));
  expect(commands.length).toBeGreaterThan(35);
  for (const line of commands) {
    const { exitCode, stderr } = await execa('sh', ['-c', `exec "${process.execPath}" "${LAUNCHER}" ${line}`], {
      cwd: ROOT,
      env: { LONGSHORE_DATA: stack.data },
      reject: false,
    });
    expect(ANSWERED, `longshore ${line}: ${stderr}`).toContain(exitCode);
  }
});
