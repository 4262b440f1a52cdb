import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDataFolder } from '../../src/processes/lock.ts';
import { WORKFLOW_TYPES } from '../../src/specs/messages.ts';
import { QUEUES } from '../../src/specs/identity.ts';
import { temporalCli } from '../helpers/temporal.ts';
import { LAUNCHER, startUp, type Up } from '../helpers/up.ts';

let up: Up;
beforeAll(async () => {
  up = await startUp();
});
afterAll(async () => await up?.stop());

const temporal = async (...args: string[]) => await execa(await temporalCli(), [...args, '--address', await up.temporal()]);
const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8')).trim().split('\n');
/** A job that notes each start of it in a file and goes on until another file is there. */
const untilTold = (notes: string, told: string): string => `echo $$ >> ${notes}; until test -e ${told}; do sleep 0.1; done; echo ended`;

test('a job created by REST succeeds, with its log and outputs', async () => {
  const id = await up.create('echo to stdout; echo "rows=3" >> "$LONGSHORE_OUTPUT"; echo a,b > out.csv', {
    outputs: { rows: { type: 'int' }, table: { file: 'out.csv' } },
  });
  const job = await up.until(id, 'SUCCEED');
  expect(await up.log(id)).toBe('to stdout\n');
  expect(job.attempts).toHaveLength(1);
  expect(job.attempts[0]).toMatchObject({ exitCode: 0, outputs: { rows: { value: 3 }, table: { size: 4 } } });
  const table = await up.api().download('jobOutput', { params: { id, name: 'table' } });
  expect(await table.text()).toBe('a,b\n');
});

test('a running job is killed, and rerun when it is closed, as the next attempt', async () => {
  const told = join(up.data, 'told-rerun');
  const id = await up.create(untilTold(join(up.data, 'notes-rerun'), told));
  await up.until(id, 'RUNNING');
  await up.api().call('killJob', { params: { id }, body: { reason: 'wrong day' } });
  const killed = await up.until(id, 'KILLED');
  expect(killed.killRequested).toMatchObject({ reason: 'wrong day', confirmed: true });
  await up.api().call('rerunJob', { params: { id } });
  await up.until(id, 'RUNNING');
  await execa('touch', [told]);
  const job = await up.until(id, 'SUCCEED');
  expect(job.attempts.map(({ status }) => status)).toEqual(['KILLED', 'SUCCEED']);
  expect(await up.log(id, 2)).toBe('ended\n');
});

test('temporal workflow signal kills, and signal-with-start reruns a closed job', async () => {
  // Where it says that Temporal is, `temporal` finds it.
  expect(/^ {2}Temporal +(\S+)$/m.exec(up.said())?.[1]).toBe(await up.temporal());
  const told = join(up.data, 'told-signal');
  const id = await up.create(untilTold(join(up.data, 'notes-signal'), told), { requestId: 'by signal/1' });
  const { workflowId } = await up.until(id, 'RUNNING');
  expect(workflowId).toBe('job:default:by%20signal%2F1');
  await temporal('workflow', 'signal', '--workflow-id', workflowId, '--name', 'kill', '--input', '{"reason": "by hand"}');
  await up.until(id, 'KILLED');
  await execa('touch', [told]);
  const start = ['--type', WORKFLOW_TYPES.job, '--task-queue', QUEUES.scheduler, '--signal-name', 'rerun'];
  await temporal('workflow', 'signal-with-start', '--workflow-id', workflowId, ...start, '--signal-input', '{}');
  const job = await up.until(id, 'SUCCEED');
  expect(job.attempts.map(({ status }) => status)).toEqual(['KILLED', 'SUCCEED']);
});

test('Temporal’s own cancel means kill', async () => {
  const id = await up.create('sleep 600');
  const { workflowId } = await up.until(id, 'RUNNING');
  await temporal('workflow', 'cancel', '--workflow-id', workflowId);
  await up.until(id, 'KILLED');
});

test('a second up on the same data folder is refused in words, and the first goes on', async () => {
  const second = await execa(process.execPath, [LAUNCHER, 'up', '--data', up.data], { reject: false });
  expect(second.stderr).toMatch(/data folder .* is used by process \d+.*--data/);
  expect(second.stderr).not.toContain('    at ');
  expect(second.exitCode).toBe(78);
  await up.until(await up.create('true'), 'SUCCEED');
});

test('a worker is refused on the data folder of an up, and an up on that of a worker', async () => {
  const beside = await execa(process.execPath, [LAUNCHER, 'worker', '--data', up.data], { reject: false });
  expect(beside.stderr).toMatch(/data folder .* is used by process \d+.*--data/);
  expect(beside.exitCode).toBe(78);

  const folder = join(up.data, 'of-a-worker');
  const release = lockDataFolder(folder, 'worker');
  const second = await execa(process.execPath, [LAUNCHER, 'up', '--data', folder], { reject: false });
  expect(second.stderr).toMatch(new RegExp(`is used by process ${process.pid}\\b`));
  expect(second.exitCode).toBe(78);
  // It took its own lock first, and gave it back.
  expect(await readdir(join(folder, 'locks'))).toEqual(['worker']);
  release();
});

test('up listens for this machine only', async () => {
  const open = await execa(process.execPath, [LAUNCHER, 'up', '--data', join(up.data, 'other'), '--host', '0.0.0.0'], { reject: false });
  expect(open.exitCode).toBe(78);
  expect(open.stderr).toContain('loopback only');
  expect(existsSync(join(up.data, 'other'))).toBe(false);
});

test('Ctrl-C names the jobs that go on, and the next up finds them and their results', async () => {
  const notes = join(up.data, 'notes-drain');
  const told = join(up.data, 'told-drain');
  const going = await up.create(untilTold(notes, told));
  const ending = await up.create(untilTold(join(up.data, 'notes-drain-2'), join(up.data, 'notes-drain')));
  await up.until(going, 'RUNNING');
  await up.until(ending, 'SUCCEED');
  expect(await up.end('SIGINT')).toBe(0);
  expect(up.said()).toContain(going);
  expect(up.said()).toContain(`longshore up --data ${up.data}`);
  await execa('touch', [told]);
  await up.start();
  await up.until(going, 'SUCCEED');
  expect(await linesOf(notes)).toHaveLength(1);
  expect(await up.log(going)).toBe('ended\n');
});

test('kill -9 with jobs in flight: the next up goes on with all of them, and none ran twice', async () => {
  const notes = join(up.data, 'notes-crash');
  const told = join(up.data, 'told-crash');
  const going = await Promise.all([1, 2, 3].map(() => up.create(untilTold(notes, told))));
  await Promise.all(going.map((id) => up.until(id, 'RUNNING')));
  const fresh = await Promise.all([1, 2, 3].map(() => up.create(`echo fresh >> ${notes}`)));
  await up.kill();
  await up.start();
  await execa('touch', [told]);
  await Promise.all([...going, ...fresh].map((id) => up.until(id, 'SUCCEED')));
  expect(await linesOf(notes)).toHaveLength(6);
});

test('a second signal ends at once, even when Temporal does not answer, and nothing is lost', async () => {
  const id = await up.create('sleep 1');
  const server = Number((await readFile(join(up.data, 'temporal/server.pid'), 'utf8')).split(' ')[0]);
  process.kill(server, 'SIGSTOP');
  const { url } = up.api();
  up.signal('SIGINT');
  await expect
    .poll(
      () =>
        fetch(`${url}/livez`).then(
          () => 'answers',
          () => 'drains',
        ),
      { timeout: 20_000 },
    )
    .toBe('drains');
  expect(await up.end('SIGINT')).toBe(130);
  process.kill(server, 'SIGCONT');
  await up.start();
  await up.until(id, 'SUCCEED');
});

test('another Temporal database is begun only when every job has ended, and the jobs of before are still there', { timeout: 300_000 }, async () => {
  const ended = await up.create('true');
  await up.until(ended, 'SUCCEED');
  const running = await up.create('sleep 600');
  await up.until(running, 'RUNNING');
  await up.end();
  await expect(up.start('--renew-temporal')).rejects.toThrow(/up ended with 78: .*jobs or webhook deliveries have not ended/s);
  await up.start();
  await up.api().call('killJob', { params: { id: running } });
  await up.until(running, 'KILLED');
  await up.end();
  await up.start('--renew-temporal');
  expect((await readdir(join(up.data, 'temporal'))).filter((file) => /^temporal-\d.*\.db$/.test(file))).toHaveLength(1);
  expect((await up.job(ended)).status).toBe('SUCCEED');
  await up.until(await up.create('true'), 'SUCCEED');
  await up.api().call('rerunJob', { params: { id: ended } });
  await expect.poll(async () => (await up.job(ended)).attempts.map(({ status }) => status), { timeout: 60_000 }).toEqual(['SUCCEED', 'SUCCEED']);
});
