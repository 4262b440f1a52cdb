// The CLI as a user has it: processes against a real `longshore up`.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JobView } from '../../src/specs/views.schema.ts';
import { freePort } from '../helpers/ports.ts';
import { longshore, startStack, type Stack } from './stack.ts';

let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-files-'));
  stack = await startStack();
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A file with a shell job. */
async function job(name: string, script: string, more = ''): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `kind: Job\nname: ${name}\ntype: shell\nconfig: { script: { inline: ${JSON.stringify(script)} } }\n${more}`);
  return file;
}
const created = async (file: string, ...args: string[]): Promise<string> => (await stack.cli('create', '-f', file, ...args)).stdout;
const statusOf = async (id: string): Promise<string> =>
  (JSON.parse((await stack.cli('get', 'job', id, '-o', 'json')).stdout) as { status: string }).status;
const running = (id: string) => expect.poll(() => statusOf(id), { timeout: 30_000, interval: 300 }).toBe('RUNNING');

test('run shows stdout on stdout, stderr on stderr with the progress, and exits 0', async () => {
  const { stdout, stderr, exitCode } = await stack.cli('run', await job('both', 'echo out; echo err >&2; printf last'));
  expect(stdout).toBe('out\nlast');
  expect(stderr).toMatch(/^job \d+ {2}both$/m);
  expect(stderr).toMatch(/^err$/m);
  expect(stderr).toMatch(/SUCCEED/);
  expect(exitCode).toBe(0);
});

test('run shows each line that the job writes to its progress file, while it runs', async () => {
  const go = join(folder, 'go-on');
  const script = `echo "a third" >>"$LONGSHORE_PROGRESS"; until test -e ${go}; do sleep 0.1; done; echo "two thirds" >>"$LONGSHORE_PROGRESS"; until test -e ${go}.2; do sleep 0.1; done`;
  const run = stack.cli('run', await job('steady', script));
  let said = '';
  run.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 30_000 }).toContain('a third');
  const id = /^job (\d+)/m.exec(said)?.[1] ?? '';
  await writeFile(go, '');
  await expect.poll(() => said, { timeout: 30_000 }).toContain('two thirds');
  const shown = JSON.parse((await stack.cli('get', 'job', id, '-o', 'json')).stdout) as JobView;
  expect(shown).toMatchObject({ status: 'RUNNING', attempts: [{ observation: { phase: 'running', progress: 'two thirds' } }] });
  await writeFile(`${go}.2`, '');
  await run;
  expect(said.match(/a third/g)).toHaveLength(1);
});

test('run exits 1 when the job failed and says what to do', async () => {
  const { stderr, exitCode } = await stack.cli('run', await job('bad', 'exit 3'));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/FAILED/);
  expect(stderr).toMatch(/longshore describe \d+/);
});

test('run -o json writes the ended job and nothing else to stdout', async () => {
  const { stdout } = await stack.cli('run', await job('json', 'echo hidden'), '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'json', status: 'SUCCEED', attempts: [{ attempt: 1, exitCode: 0 }] });
});

test('the first Ctrl-C of run detaches, says how to come back, and the job goes on', async () => {
  const end = join(folder, 'end-detach');
  const run = stack.cli('run', await job('long', `until test -e ${end}; do sleep 0.1; done; echo done`));
  let said = '';
  run.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 30_000 }).toContain('RUNNING');
  const id = /^job (\d+)/m.exec(said)?.[1] ?? '';
  run.kill('SIGINT');
  const { exitCode } = await run;
  expect(exitCode).toBe(130);
  expect(said).toContain(`Detached: job ${id} goes on.`);
  expect(said).toContain(`longshore logs ${id} -f`);
  expect(await statusOf(id)).toBe('RUNNING');
  const following = stack.cli('logs', id, '-f');
  await writeFile(end, '');
  expect((await following).stdout).toBe('done');
  expect((await stack.cli('wait', id)).exitCode).toBe(0);
});

test('kill --wait returns when the job is KILLED; wait and run then exit 1', async () => {
  const id = await created(await job('endless', 'while :; do sleep 0.1; done'));
  await running(id);
  const { stdout, exitCode } = await stack.cli('kill', id, '--wait', '--reason', 'wrong day');
  expect(stdout).toBe(`${id} KILLED`);
  expect(exitCode).toBe(0);
  expect((await stack.cli('wait', id)).exitCode).toBe(1);
  const page = (await stack.cli('describe', id)).stdout;
  expect(page).toMatch(/^Status: +KILLED$/m);
  expect(page).toMatch(/^Kill: +requested .* by default\/admin, confirmed$/m);
});

test('wait gives up after its timeout with 124', async () => {
  const id = await created(await job('slow', 'sleep 30'));
  const { exitCode, stderr } = await stack.cli('wait', id, '--timeout', '500ms');
  expect(exitCode).toBe(124);
  expect(stderr).toContain('it goes on');
  await stack.cli('kill', id, '--force', '--wait');
});

test('rerun -f follows the next attempt of an ended job, with the change that was asked for', async () => {
  const id = await created(await job('again', 'echo "$WHO, attempt $LONGSHORE_ATTEMPT"', 'env: { WHO: first }'));
  await stack.cli('wait', id);
  const { stdout, exitCode } = await stack.cli('rerun', id, '-f', '--set', 'env.WHO=second');
  expect(stdout).toBe('second, attempt 2');
  expect(exitCode).toBe(0);
  expect((await stack.cli('logs', id, '--attempt', '1')).stdout).toBe('first, attempt 1');
});

test('modify lets a job that waits go first', async () => {
  await writeFile(join(folder, 'narrow.yaml'), 'kind: Cluster\nname: narrow\ntype: local\nlimits: { running: 1 }\n');
  expect((await stack.cli('apply', '-f', join(folder, 'narrow.yaml'))).exitCode).toBe(0);
  const app = parse((await stack.cli('get', 'app', 'default')).stdout) as { grants: { clusters: string[] } };
  app.grants.clusters.push('narrow');
  expect((await longshore(['apply', '-f', '-'], { input: JSON.stringify(app), env: { LONGSHORE_DATA: stack.data } })).exitCode).toBe(0);
  const first = await created(await job('first', 'sleep 60', 'cluster: narrow'));
  await running(first);
  const waiting = async (name: string): Promise<string> => {
    const id = await created(await job(name, 'true', 'cluster: narrow'));
    await expect.poll(async () => (await stack.cli('get', 'jobs', '--name', name)).stdout).toMatch(/ACCEPTED.*1 of 1/);
    return id;
  };
  const second = await waiting('second');
  const third = await waiting('third');
  expect((await stack.cli('queue', 'list')).stdout).toMatch(/narrow\tdefault\t\d*\t1\t2/);
  expect((await stack.cli('modify', third, '--set', 'priority=1')).exitCode).toBe(0);
  await expect.poll(async () => (await stack.cli('events', third)).stdout).toContain('changed priority');
  await stack.cli('kill', first, '--force', '--wait');
  const startOf = async (id: string): Promise<string> => {
    const { stdout, exitCode } = await stack.cli('wait', id, '-o', 'json');
    expect(exitCode).toBe(0);
    return (JSON.parse(stdout) as { attempts: { startedAt: string }[] }).attempts[0]?.startedAt ?? '';
  };
  expect((await startOf(third)) < (await startOf(second))).toBe(true);
});

test('create twice with one request id is one job, and another spec under it is refused with 4', async () => {
  const file = await job('once', 'true');
  const id = await created(file, '--request-id', 'tuesday');
  expect(await created(file, '--request-id', 'tuesday')).toBe(id);
  const other = await stack.cli('create', '-f', await job('twice', 'false'), '--request-id', 'tuesday');
  expect(other.exitCode).toBe(4);
  expect(other.stderr).toContain('requestId');
});

test('what the server refuses in a document is told with its line', async () => {
  const file = await job('wrong', 'true', 'cluster: nowhere');
  expect((await stack.cli('apply', '-f', file, '--dry-run')).stdout).toContain('wrong\t\tvalid');
  const { stderr, exitCode } = await stack.cli('apply', '-f', file);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(`${file}:`);
  expect(stderr).toContain('nowhere');
});

test('a stored definition is pinned: it runs the script that was applied, not the one of today', async () => {
  const script = join(folder, 'script.sh');
  await writeFile(script, 'echo one\n');
  await writeFile(join(folder, 'pinned.yaml'), 'kind: Job\nname: pinned\ntype: shell\nconfig: { script: ./script.sh }\n');
  expect((await stack.cli('apply', '-f', join(folder, 'pinned.yaml'))).stderr).toContain('uploaded ./script.sh');
  await writeFile(script, 'echo two\n');
  expect((await stack.cli('run', 'pinned')).stdout).toBe('one');
  await stack.cli('apply', '-f', join(folder, 'pinned.yaml'));
  expect((await stack.cli('run', 'pinned')).stdout).toBe('two');
  expect((await stack.cli('run', 'pinned@1')).stdout).toBe('one');
  const exported = (await stack.cli('get', 'definition', 'pinned')).stdout;
  expect((await longshore(['apply', '-f', '-'], { input: exported, env: { LONGSHORE_DATA: stack.data } })).stdout).toContain('unchanged');
});

test('a file that is not there is told at the place that names it', async () => {
  const file = join(folder, 'missing.yaml');
  await writeFile(file, 'kind: Job\nname: missing\ntype: shell\nconfig:\n  script: ./none.sh\n');
  const { stderr, exitCode } = await stack.cli('run', file);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/missing\.yaml:5:3 config\.script: ENOENT/);
});

test('result writes an output to a file only when it is whole', async () => {
  await stack.cli('run', await job('out', 'seq 100000 > n.txt', 'outputs: { n: { file: n.txt } }'));
  const to = join(folder, 'n.txt');
  expect((await stack.cli('result', 'last', 'n', '--to', to)).exitCode).toBe(0);
  expect((await readFile(to, 'utf8')).split('\n')).toHaveLength(100_001);
  expect((await stack.cli('result', 'last', 'none')).exitCode).toBe(3);
});

test('logs gives a log of several megabytes byte for byte', async () => {
  await stack.cli('run', await job('big', 'seq 400000'), '--no-log');
  const { stdout } = await stack.cli('logs', 'last');
  expect(stdout).toBe(Array.from({ length: 400_000 }, (_, i) => i + 1).join('\n'));
  expect((await stack.cli('logs', 'last', '--tail', '2')).stdout).toBe('399999\n400000');
});

test('events tells what happened to a job in order', async () => {
  await stack.cli('run', await job('told', 'true'));
  const { stdout } = await stack.cli('events', 'last', '-o', 'json');
  const { items } = JSON.parse(stdout) as { items: { seq: number; status: string }[] };
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, i) => i + 1));
  expect([items[0]?.status, items.at(-1)?.status]).toEqual(['CREATED', 'SUCCEED']);
});

test('events -f shows the events of every job as they happen', async () => {
  const following = stack.cli('events', '-f', '-o', 'json');
  let said = '';
  following.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // It shows what happens from its connection on, so jobs are made until it is there.
  await expect
    .poll(
      async () => {
        await stack.cli('run', await job('watched', 'true'));
        return said;
      },
      { timeout: 30_000 },
    )
    .toMatch(/"status":"SUCCEED"/);
  following.kill('SIGTERM');
  await following;
  for (const line of said.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jobId: expect.any(String) as string });
});

test('a token may do what its role says, until it is revoked', async () => {
  const made = JSON.parse((await stack.cli('token', 'create', 'ci', '--role', 'viewer', '-o', 'json')).stdout) as { id: string; token: string };
  const env = { LONGSHORE_URL: stack.url, LONGSHORE_TOKEN: made.token };
  expect((await longshore(['list'], { env })).exitCode).toBe(0);
  const refused = await longshore(['create', '--ref', 'pinned'], { env });
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain('This needs role "editor"');
  expect((await stack.cli('token', 'list')).stdout).toContain(made.id);
  expect((await stack.cli('token', 'revoke', made.id)).exitCode).toBe(0);
  expect((await longshore(['list'], { env })).exitCode).toBe(4);
});

test('exit codes and words for what is not there, not understood or not reachable', async () => {
  const missing = await stack.cli('describe', '1');
  expect(missing.exitCode).toBe(3);
  const usage = await stack.cli('lits');
  expect(usage.exitCode).toBe(2);
  expect(usage.stderr).toContain('Did you mean list?');
  const away = await longshore(['list', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect(away.exitCode).toBe(5);
  expect(away.stderr).toContain('Start Longshore with `longshore up`');
  expect(away.stdout).toBe('');
});

test('doctor finds a running stack well, and one that is away wrong', async () => {
  const well = await stack.cli('doctor');
  expect(well.stdout).toMatch(/workers\tok\t1 of 1 online/);
  expect(well.exitCode).toBe(0);
  const away = await longshore(['doctor', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect(away.stdout).toMatch(/api\twrong\tNo answer/);
  expect(away.exitCode).toBe(5);
});

test('config show --origin tells where a setting comes from', async () => {
  const { stdout } = await longshore(['config', 'show', '--origin', '--data', folder], { env: { LONGSHORE_API_PORT: '7799' } });
  expect(stdout).toMatch(/^api\.port\t7799\tLONGSHORE_API_PORT$/m);
  expect(stdout).toMatch(/^data\t.*\t--data$/m);
});

test('get dead-letters lists the webhook deliveries that were given up, with the reason', async () => {
  // A private address is refused at once unless the configuration allows it.
  const { exitCode } = await stack.cli('run', await job('told-nobody', 'true', 'webhook: { url: "http://127.0.0.1:9/hook" }'));
  expect(exitCode).toBe(0);
  await expect
    .poll(async () => (await stack.cli('get', 'dead-letters')).stdout, { timeout: 30_000 })
    .toMatch(/^\S+\t\d+\t\d+\tSUCCEED\thttp:\/\/127\.0\.0\.1:9\/hook\t127\.0\.0\.1 is not an address of the public internet/m);
  expect((await stack.cli('get', 'dead-letters', '7')).exitCode).toBe(2);
});

test('rebuild and prune answer with their counts', async () => {
  expect((await stack.cli('rebuild')).stdout).toMatch(/^seen \d+, added 0, corrected \d+$/);
  expect((await stack.cli('prune', '--dry-run')).stdout).toMatch(/^would remove 0 runs, 0 jobs/);
});
