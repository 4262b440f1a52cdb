// The workflows of Longshore's own duties: workers that announce themselves, sweeps, webhooks.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Delivery, SweepPlan } from '../../src/specs/activities.ts';
import { Stage, environment, held, until } from './harness.ts';
import { soon } from './soon.ts';

let env: TestWorkflowEnvironment;
let stage: Stage;
beforeEach(async () => {
  env = await environment();
  stage = await new Stage(env).open();
});
afterEach(async () => {
  await stage.close();
  await env.teardown();
});

const plan = (): SweepPlan => ({ cluster: stage.cluster, mark: 'm', stop: ['k1'], terminated: [] });
const startSweep = (workerId?: string) =>
  env.client.workflow.start('sweep', {
    taskQueue: stage.queue,
    workflowId: `sweep:${stage.id}`,
    args: [{ cluster: 'local', everyMs: 60_000, ...(workerId !== undefined && { workerId }) }],
  });

const delivery = (seq: number, at: number): Delivery => ({
  id: `7.${seq}`,
  workflowId: 'job:etl:x',
  app: 'etl',
  jobId: '7',
  url: 'https://example.org/hook',
  event: { seq, at: new Date(at).toISOString(), attempt: 1, status: 'RUNNING', attemptStatus: 'RUNNING', type: 'status' },
});
const send = (message: unknown) =>
  env.client.workflow.signalWithStart('hook', {
    taskQueue: stage.queue,
    workflowId: `hook/${stage.id}`,
    args: [{}],
    signal: 'deliver',
    signalArgs: [message],
  });
const delivered = () => stage.inputs<Delivery>('deliver').map(({ event }) => event.seq);

describe('worker', () => {
  test('announces itself again whenever it has drained', async () => {
    const times = [held<void>(), held<void>()];
    let count = 0;
    stage.script.announce = () => until(times[count++]?.promise ?? new Promise<void>(() => undefined));
    const worker = await env.client.workflow.start('worker', {
      taskQueue: stage.queue,
      workflowId: `worker:${stage.host}`,
      args: [{ workerId: stage.host }],
    });
    for (const [index, time] of times.entries()) {
      await soon(() => expect(stage.steps()).toHaveLength(index + 1));
      time.resolve();
    }
    await soon(() => expect(stage.steps()).toHaveLength(3));
    await worker.terminate();
  });
});

describe('sweep', () => {
  test('looks at every interval, tells what it found, and ends with its cluster', async () => {
    let rounds = 0;
    stage.script.sweepPlan = () => Promise.resolve(++rounds > 3 ? null : plan());
    stage.script.sweep = ({ stop }) => Promise.resolve({ seen: [], stopped: stop });
    const before = await env.currentTimeMs();
    await (await startSweep(stage.host)).result();
    expect(stage.steps()).toEqual([...Array(3)].flatMap(() => ['sweepPlan', 'sweep', 'sweepSettle']).concat('sweepPlan'));
    expect(stage.inputs('sweepSettle')[0]).toMatchObject({ report: { stopped: ['k1'] } });
    expect((await env.currentTimeMs()) - before).toBeGreaterThan(179_000);
  });

  test('leaves a host alone that fails, and comes back', async () => {
    let rounds = 0;
    stage.script.sweepPlan = () => Promise.resolve(++rounds > 2 ? null : plan());
    stage.script.sweep = () => (rounds === 1 ? Promise.reject(new Error('no disk')) : Promise.resolve({ seen: [], stopped: [] }));
    await (await startSweep(stage.host)).result();
    expect(stage.steps()).toEqual(['sweepPlan', 'sweep', 'sweepPlan', 'sweep', 'sweepSettle', 'sweepPlan']);
  });
});

describe('hook', () => {
  test('delivers in order, each until it succeeds, and a message of no form harms nothing', async () => {
    const at = await env.currentTimeMs();
    let tries = 0;
    stage.script.deliver = () => (++tries < 3 ? Promise.reject(new Error('503')) : Promise.resolve());
    await send(delivery(1, at));
    await send('nonsense');
    await send(delivery(2, at));
    const hook = await send(delivery(2, at));
    await hook.result();
    expect(delivered()).toEqual([1, 1, 1, 2]);
  });

  test('gives up after a day, says so, and goes on with the next', async () => {
    const at = await env.currentTimeMs();
    stage.script.deliver = ({ event }) => (event.seq === 1 ? Promise.reject(new Error('receiver is down')) : Promise.resolve());
    await send(delivery(1, at));
    const hook = await send(delivery(2, at));
    await hook.result();
    expect((await env.currentTimeMs()) - at).toBeGreaterThan(22 * 3_600_000);
    expect(stage.inputs('deadLetter')).toMatchObject([{ delivery: { id: '7.1' }, error: 'receiver is down' }]);
    expect(delivered().at(-1)).toBe(2);
  });

  test('a final refusal is dead-lettered at once', async () => {
    stage.script.deliver = () => Promise.reject(ApplicationFailure.nonRetryable('410 Gone'));
    await (await send(delivery(1, await env.currentTimeMs()))).result();
    expect(delivered()).toEqual([1]);
    expect(stage.inputs('deadLetter')).toHaveLength(1);
  });

  test('ends when nothing waits, and starts again with the next event', async () => {
    const at = await env.currentTimeMs();
    await (await send(delivery(1, at))).result();
    await (await send(delivery(2, at))).result();
    expect(delivered()).toEqual([1, 2]);
  });
});
