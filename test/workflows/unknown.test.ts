import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { AdmitResult } from '../../src/specs/activities.ts';
import type { JobSpecInput } from '../../src/specs/job.schema.ts';
import type { job as jobWorkflow } from '../../src/workflows/index.ts';
import { Stage, environment, held, launched, seen, snapshot, succeeded, untilCancelled, watched } from './harness.ts';
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

type Job = WorkflowHandle<typeof jobWorkflow>;
const unknown = (job: Job) => soon(async () => expect((await snapshot(job)).status).toBe('UNKNOWN'));

/** A job that the cluster no longer knows; it answers so at once, then only when something changes. */
async function lost(spec: Partial<JobSpecInput> = {}): Promise<Job> {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = (input) => watched(seen('not-found'), input);
  const job = await stage.start(spec);
  await unknown(job);
  return job;
}

/** Patience of tests: an activity that waits for a worker lets the server's time pass as the wall clock's. */
const SHORT = { timings: { hostPatienceMs: 1_200 } };

/** The step fails as it does when its worker drains, and nobody takes the next. */
const goes = async (): Promise<never> => {
  void stage.stopHost(stage.host);
  throw ApplicationFailure.retryable('draining', 'WORKER_GONE');
};

const admittedTo = (workerId: string): AdmitResult => ({ admitted: true, cluster: stage.cluster, workerId });
/** What a worker says that runs all the jobs it takes. */
const full = () =>
  Promise.reject<never>(ApplicationFailure.create({ type: 'WORKER_REFUSED', message: 'worker w runs 4 jobs', details: [{ step: 'initialize' }] }));

/** A job whose host went away while it ran. */
async function stranded(spec: Partial<JobSpecInput> = {}): Promise<Job> {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = goes;
  const job = await stage.start(spec, SHORT);
  await unknown(job);
  return job;
}

describe('a cluster that no longer knows a job', () => {
  test('makes it UNKNOWN, and it keeps its place', async () => {
    const job = await lost();
    expect(await job.describe()).toMatchObject({ searchAttributes: { LongshoreStatus: ['UNKNOWN'] } });
    expect(stage.events.at(-1)).toMatchObject({ status: 'UNKNOWN', code: 'LOST', blame: 'cluster' });
    expect(stage.released).toEqual([]);
    await job.signal('resolve', { as: 'failed' });
    await job.result();
    expect(stage.released).toHaveLength(1);
  });

  test.each([
    ['killed', { status: 'KILLED', code: 'RESOLVED' }],
    ['failed', { status: 'FAILED', code: 'RESOLVED' }],
    ['succeeded', { status: 'SUCCEED' }],
  ])('resolve as %s ends it, without a retry', async (as, end) => {
    const job = await lost({ retry: { attempts: 3 } });
    await job.signal('resolve', { as, by: 'carol' });
    expect(await job.result()).toMatchObject({ ...end, attempt: 1, reason: `resolved as ${as} by carol`, superseded: [expect.any(String)] });
  });

  test('resolve as rerun ends the attempt LOST, starts the next, and remembers the old key', async () => {
    const job = await lost();
    const { key } = await snapshot(job);
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    await job.signal('resolve', { as: 'rerun', by: 'carol' });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2, superseded: [key] });
    expect(stage.events.find(({ attemptStatus }) => attemptStatus === 'FAILED')).toMatchObject({ attempt: 1, code: 'LOST', status: 'ACCEPTED' });
  });

  test('a rerun signal decides it, too', async () => {
    const job = await lost();
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    await job.signal('rerun', { with: { env: { MODE: 'again' } } });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
    expect(stage.inputs<{ spec: { env: unknown } }>('launch').map(({ spec }) => spec.env)).toEqual([{}, { MODE: 'again' }]);
  });

  test('resolve as adopt goes on watching the handle', async () => {
    const job = await lost();
    stage.script.describe = ({ handle }) => Promise.resolve({ observation: handle.id === 'host/2' ? succeeded : seen('not-found') });
    await job.executeUpdate('resolve', { args: [{ as: 'adopt', handle: { id: 'host/2' } }] });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  });

  test('a decision that cannot be taken is refused by update and ignored by signal', async () => {
    const job = await lost();
    await expect(job.executeUpdate('resolve', { args: [{ as: 'maybe' }] })).rejects.toThrow();
    await job.signal('resolve', { as: 'maybe' });
    await soon(() => expect(stage.events.some(({ reason }) => reason?.startsWith('resolve ignored'))).toBe(true));
    await job.executeUpdate('resolve', { args: [{ as: 'killed' }] });
    expect(await job.result()).toMatchObject({ status: 'KILLED' });
  });

  test('it comes back by itself when the cluster knows it again', async () => {
    stage.script.launch = () => Promise.resolve(launched(seen('running')));
    let calls = 0;
    stage.script.describe = () => Promise.resolve({ observation: [seen('not-found'), seen('running'), succeeded][calls++]! });
    expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED' });
    expect(stage.statuses()).toEqual(['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'UNKNOWN', 'RUNNING', 'SUCCEED']);
  });

  test('and so does one whose describe failed for good, though it says nothing that was not known before', async () => {
    stage.script.launch = () => Promise.resolve(launched(seen('running')));
    let calls = 0;
    stage.script.describe = (input) =>
      ++calls === 1 ? Promise.reject(ApplicationFailure.nonRetryable('no such plugin', 'UNKNOWN_TYPE')) : watched(seen('running'), input);
    const job = await stage.start({ onLost: 'fail', lostAfter: '1h' });
    await soon(() => expect(stage.statuses().slice(-2)).toEqual(['UNKNOWN', 'RUNNING']));
    await job.signal('kill', {});
    expect(await job.result()).toMatchObject({ status: 'KILLED' });
  });

  test('onLost: fail ends it after lostAfter', async () => {
    const job = await lost({ onLost: 'fail', lostAfter: '2s' });
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'LOST', attempt: 1 });
  });

  test('onLost: rerun starts the next attempt after lostAfter', async () => {
    const job = await lost({ onLost: 'rerun', lostAfter: '3s' });
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2, superseded: [expect.any(String)] });
  });

  test('onLost: rerun starts nothing after a kill', async () => {
    const job = await lost({ onLost: 'rerun', lostAfter: '3s' });
    stage.script.stop = () => Promise.reject(new Error('no answer'));
    await job.signal('kill', {});
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'LOST', attempt: 1 });
  });

  test('a kill stops it as well, and not found is proof enough', async () => {
    const job = await lost();
    stage.script.stop = () => Promise.resolve({ observation: seen('not-found'), stopped: [] });
    await job.signal('kill', {});
    expect(await job.result()).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
  });
});

describe('a start that nobody can look up', () => {
  test('is UNKNOWN, and never tried again by itself', async () => {
    stage.script.launch = () => Promise.reject(ApplicationFailure.nonRetryable('the reply was lost', 'AMBIGUOUS_START'));
    const job = await stage.start();
    await unknown(job);
    await env.sleep('1h');
    expect(stage.steps()).toEqual(['launch']);
    await job.signal('resolve', { as: 'failed' });
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'RESOLVED' });
  });
});

describe('a worker that is gone', () => {
  test('before the launch began: another worker gets the job', async () => {
    await stage.stopHost(stage.host);
    stage.script.admit = ({ notWorkers }) => admittedTo(notWorkers.includes(stage.host) ? stage.otherHost : stage.host);
    await stage.startHost(stage.otherHost);
    expect(await (await stage.start({}, SHORT)).result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect(stage.calls.filter(({ step }) => step === 'launch').map(({ host }) => host)).toEqual([stage.otherHost]);
    expect(stage.events.some(({ set }) => set?.workerId === stage.otherHost)).toBe(true);
  });

  test('full, but alive: another worker gets the job', async () => {
    stage.script.admit = ({ notWorkers }) => admittedTo(notWorkers.includes(stage.host) ? stage.otherHost : stage.host);
    stage.script.launch = () => (stage.calls.filter(({ step }) => step === 'launch').length === 1 ? full() : Promise.resolve(launched(succeeded)));
    await stage.startHost(stage.otherHost);
    expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect(stage.calls.filter(({ step }) => step === 'launch').map(({ host }) => host)).toEqual([stage.host, stage.otherHost]);
  });

  test('full, with no other: it is asked again, and not at once', async () => {
    let tries = 0;
    stage.script.launch = () => (++tries < 5 ? full() : Promise.resolve(launched(succeeded)));
    const before = await env.currentTimeMs();
    expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect((await env.currentTimeMs()) - before).toBeGreaterThan(15_000);
  });

  test('before the launch began, with no other: the job waits for one, and a kill ends it at once', async () => {
    await stage.stopHost(stage.host);
    let asked = 0;
    stage.script.admit = () =>
      asked++ === 0 ? { admitted: true, cluster: stage.cluster, workerId: stage.host } : { admitted: false, reason: 'no worker' };
    const job = await stage.start({}, SHORT);
    await soon(async () => expect(await snapshot(job)).toMatchObject({ status: 'STARTING', reason: 'no worker' }));
    await job.signal('kill', {});
    expect(await job.result()).toMatchObject({ status: 'KILLED' });
  });

  test('after the launch began: UNKNOWN, and never on another worker', async () => {
    stage.script.launch = goes;
    const job = await stage.start({}, SHORT);
    await unknown(job);
    expect(await snapshot(job)).toMatchObject({ status: 'UNKNOWN', reason: expect.stringMatching(/^worker .* gone since/) });
    expect(new Set(stage.inputs<{ notWorkers: string[] }>('admit').flatMap(({ notWorkers }) => notWorkers)).size).toBe(0);
    await job.signal('resolve', { as: 'failed' });
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'RESOLVED' });
  });

  test('a decision that comes too late, because its launch has just succeeded, decides nothing later', async () => {
    stage.script.launch = goes;
    const job = await stage.start({}, SHORT);
    await unknown(job);
    // It has started something before it hears that nobody wants it any more.
    stage.script.launch = () => untilCancelled().catch(() => launched(seen('running')));
    stage.script.describe = (input) => watched(seen('not-found'), input);
    await stage.startHost(stage.host);
    await soon(() => expect(stage.steps().filter((step) => step === 'launch')).toHaveLength(2));
    await job.signal('resolve', { as: 'failed', by: 'carol' });
    await soon(() => expect(stage.statuses().slice(-3)).toEqual(['UNKNOWN', 'RUNNING', 'UNKNOWN']));
    expect(stage.events.find(({ reason }) => reason === 'resolve ignored: the job is RUNNING')).toMatchObject({ by: 'carol' });
    expect((await snapshot(job)).status).toBe('UNKNOWN');
    await job.signal('resolve', { as: 'succeeded' });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  });

  test('while it runs: UNKNOWN, and RUNNING again when the worker is back', async () => {
    const job = await stranded();
    expect(stage.events.at(-1)).toMatchObject({ status: 'UNKNOWN', code: 'WORKER_GONE', blame: 'platform' });
    stage.script.describe = (input) => watched(input.known.phase === 'running' ? succeeded : seen('running'), input);
    await stage.startHost(stage.host);
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect(stage.statuses().slice(-3)).toEqual(['UNKNOWN', 'RUNNING', 'SUCCEED']);
  });

  test('a kill is owed, and done when the worker is back', async () => {
    const job = await stranded();
    await job.signal('kill', { by: 'bob' });
    expect(await snapshot(job)).toMatchObject({ status: 'UNKNOWN', killRequested: { by: 'bob', confirmed: false } });
    await stage.startHost(stage.host);
    expect(await job.result()).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
  });

  test('a kill that is owed can be resolved without the worker', async () => {
    const job = await stranded();
    await job.signal('kill', {});
    await job.signal('resolve', { as: 'killed' });
    expect(await job.result()).toMatchObject({ status: 'KILLED', code: 'RESOLVED', killRequested: { confirmed: false } });
  });

  test('silence counts: UNKNOWN when the worker has shown no sign for as long as patience lasts', async () => {
    stage.script.launch = () => Promise.resolve(launched(seen('running')));
    // It hangs without a sign of life: the heartbeat timeout ends it, and the worker takes nothing more.
    const hung = held<never>();
    let began = 0;
    stage.script.describe = () => {
      began = Date.now();
      void stage.stopHost(stage.host);
      return hung.promise;
    };
    // 10 s in all; if the silence were not taken off the patience, it would be 18 s.
    const job = await stage.start({}, { timings: { heartbeatMs: 8_000, hostPatienceMs: 10_000 } });
    await unknown(job);
    expect(Date.now() - began).toBeLessThan(17_000);
    await job.signal('resolve', { as: 'failed' });
    await job.result();
    hung.fail(new Error('over'));
  });

  test('onLost decides after lostAfter', async () => {
    const job = await stranded({ onLost: 'fail', lostAfter: '2s' });
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'LOST' });
  });

  test('before its outputs were collected: UNKNOWN, not a success without them', async () => {
    stage.script.finish = goes;
    const job = await stage.start({}, SHORT);
    await unknown(job);
    await job.signal('resolve', { as: 'succeeded' });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', outputs: {} });
  });

  test('before a failed job was cleaned: the end does not wait, the clean is owed', async () => {
    stage.script.launch = async () => {
      void stage.stopHost(stage.host);
      return launched(seen('ended', { final: 'failed', exitCode: 2 }));
    };
    expect(await (await stage.start({}, SHORT)).result()).toMatchObject({ status: 'FAILED', exitCode: 2 });
    expect(stage.events.some(({ type, reason }) => type === 'alarm' && reason?.startsWith('the clean is owed'))).toBe(true);
  });
});
