// A job through scheduler and worker as they really run. What must go on while something happens waits for a file, not for a time.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startReceiver } from '../helpers/receiver.ts';
import { startStack, type Stack } from './stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ LONGSHORE_WEBHOOKS_ALLOW_PRIVATE: 'true' });
});
afterAll(() => stack.stop());

const shell = (script: string) => ({ name: 'demo', type: 'shell', config: { script: { inline: script } } });

let files = 0;
/** A line for a script that goes on only when it is told to, and how to tell it. */
function untilTold(): { wait: string; tell: () => Promise<void> } {
  const file = join(stack.dataDir, `told-${++files}`);
  return { wait: `until test -e ${file}; do sleep 0.1; done`, tell: () => writeFile(file, '') };
}
const row = (jobId: string) => stack.runtime.store.executions.job(jobId);
const shows = (jobId: string) => expect.poll(async () => (await row(jobId))?.status);

async function logOf(jobId: string): Promise<string> {
  const [attempt] = await stack.runtime.store.executions.attempts(jobId);
  const slice = await stack.runtime.logs.read({ key: attempt!.key!, stream: 'stdout' }, 0, 1_000_000);
  expect(slice.end).toBe(true);
  return Buffer.from(slice.bytes).toString();
}

describe('a job on the worker of its group', () => {
  it('runs, gives its log and outputs, and ends', async () => {
    const job = await stack.start({
      ...shell('echo hello; echo \'rows=42\' >> "$LONGSHORE_OUTPUT"; echo a,b > out.csv'),
      outputs: { rows: { type: 'int' }, table: { file: 'out.csv' } },
    });
    const result = await job.result();
    expect(result).toMatchObject({ status: 'SUCCEED', exitCode: 0, outputs: { rows: { value: 42 }, table: { name: 'out.csv', size: 4 } } });
    expect(await logOf(job.jobId)).toBe('hello\n');
  });

  it('is watched while it runs longer than a launch is held, and its log grows meanwhile', async () => {
    const { wait, tell } = untilTold();
    const job = await stack.start(shell(`echo first; ${wait}; echo last; exit 3`));
    await shows(job.jobId).toBe('RUNNING');
    const [attempt] = await stack.runtime.store.executions.attempts(job.jobId);
    const log = { key: attempt!.key!, stream: 'stdout' } as const;
    await expect.poll(async () => Buffer.from((await stack.runtime.logs.read(log, 0, 100)).bytes).toString()).toBe('first\n');
    await tell();
    const result = await job.result();
    expect(result).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', blame: 'user', exitCode: 3 });
    expect(await logOf(job.jobId)).toBe('first\nlast\n');
  });

  it('is stopped by a kill, with proof', async () => {
    const job = await stack.start(shell('trap "" TERM; echo up; sleep 300 & wait; sleep 300'));
    await shows(job.jobId).toBe('RUNNING');
    await stack.runtime.temporal.client.workflow.getHandle(job.workflowId).signal('kill', { by: 'me', how: 'forced' });
    expect(await job.result()).toMatchObject({ status: 'KILLED', killRequested: { by: 'me', confirmed: true } });
    expect(await logOf(job.jobId)).toBe('up\n');
  });

  it('goes on while its worker drains, and is watched again by the next one', async () => {
    const { wait, tell } = untilTold();
    const job = await stack.start(shell(`${wait}; echo done`));
    await shows(job.jobId).toBe('RUNNING');
    await stack.stopWorker();
    const offline = () => expect.poll(async () => (await stack.runtime.store.workers.list())[0]?.offline);
    await offline().toBe(true);
    await stack.restartWorker();
    await offline().toBe(false);
    await tell();
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect(await logOf(job.jobId)).toBe('done\n');
  });

  it('waits in words while no worker of its group is there', async () => {
    const job = await stack.start({ ...shell('true'), workers: 'edge' });
    await expect.poll(async () => (await row(job.jobId))?.reason).toBe('no worker of group edge is online and has room');
    await stack.runtime.temporal.client.workflow.getHandle(job.workflowId).signal('kill', { by: 'me' });
    expect(await job.result()).toMatchObject({ status: 'CANCELED' });
  });

  it('is stopped and told of as TERMINATED when its workflow is terminated', async () => {
    const job = await stack.start(shell('sleep 300'));
    await shows(job.jobId).toBe('RUNNING');
    await stack.runtime.temporal.client.workflow.getHandle(job.workflowId).terminate();
    await expect.poll(() => row(job.jobId)).toMatchObject({ status: 'KILLED', code: 'TERMINATED' });
    expect(await stack.runtime.store.admission.leases({ limit: 10 })).toEqual([]);
  });

  it('is rerun by a signal after it was terminated', async () => {
    const { wait, tell } = untilTold();
    const job = await stack.start({ ...shell(wait), name: 'again' });
    await shows(job.jobId).toBe('RUNNING');
    const { client } = stack.runtime.temporal;
    await client.workflow.getHandle(job.workflowId).terminate();
    await shows(job.jobId).toBe('KILLED');
    await tell();
    const again = await client.workflow.signalWithStart('job', {
      workflowId: job.workflowId,
      taskQueue: 'longshore',
      args: [],
      signal: 'rerun',
      signalArgs: [{ by: 'me' }],
    });
    expect(await again.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
    expect(await row(job.jobId)).toMatchObject({ status: 'SUCCEED', attempt: 2 });
  });

  it('is UNKNOWN when Temporal has lost its history, and keeps its lease', async () => {
    const job = await stack.start(shell('sleep 300'));
    await shows(job.jobId).toBe('RUNNING');
    const { connection, namespace } = stack.runtime.temporal;
    await connection.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId: job.workflowId } });
    await expect.poll(() => row(job.jobId)).toMatchObject({ status: 'UNKNOWN', code: 'HISTORY_LOST' });
    expect(await stack.runtime.store.admission.leases({ limit: 10 })).toMatchObject([{ jobId: job.jobId }]);
    // A person says what became of it; the signal starts a new history from the store.
    const { client } = stack.runtime.temporal;
    const resolved = await client.workflow.signalWithStart('job', {
      workflowId: job.workflowId,
      taskQueue: 'longshore',
      args: [],
      signal: 'resolve',
      signalArgs: [{ by: 'me', as: 'failed' }],
    });
    expect(await resolved.result()).toMatchObject({ status: 'FAILED' });
    await expect.poll(() => stack.runtime.store.admission.leases({ limit: 10 })).toEqual([]);
  });

  it('waits behind a limit, and runs as soon as there is room', async () => {
    const { store } = stack.runtime;
    const spec = { name: 'test', limits: { running: 1 } };
    await store.definitions.put({ kind: 'App', app: '', name: 'test', digest: 'limited', spec, createdBy: 'test' });
    const { wait, tell } = untilTold();
    const first = await stack.start(shell(wait));
    await shows(first.jobId).toMatch(/STARTING|RUNNING/);
    const second = await stack.start(shell('true'));
    await expect.poll(async () => (await row(second.jobId))?.reason).toMatch(/^app test has 1 of 1 running/);
    await tell();
    expect(await second.result()).toMatchObject({ status: 'SUCCEED' });
    expect((await first.result()).endedAt <= (await second.result()).endedAt).toBe(true);
    await store.definitions.put({ kind: 'App', app: '', name: 'test', digest: 'free', spec: { name: 'test' }, createdBy: 'test' });
  });

  it('tells its webhook of every event in order, again with the same id when the receiver fails', async () => {
    let failures = 2;
    const receiver = await startReceiver((response) => response.writeHead(failures-- > 0 ? 500 : 200).end());
    onTestFinished(() => receiver.stop());
    const job = await stack.start({ ...shell('true'), webhook: { url: receiver.url, events: ['all'] } });
    const { seq } = await job.result();
    const seqs = () => receiver.received.map(({ body }) => (JSON.parse(body) as { data: { seq: number } }).data.seq);
    await expect.poll(() => seqs().at(-1)).toBe(seq);
    const ids = receiver.received.slice(0, 3).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    const order = seqs().slice(2);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
  });
});
