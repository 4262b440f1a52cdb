import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { AdmitRequest, FinishInput, StopInput } from '../../src/specs/activities.ts';
import { Stage, environment, failed, held, launched, seen, snapshot, succeeded, until, untilCancelled } from './harness.ts';
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

const refused = (code: string, step = 'start') =>
  ApplicationFailure.create({ message: `no: ${code}`, type: code, nonRetryable: true, details: [{ step }] });
/** A job that runs until it is stopped. While a step is under way, the server's time passes as the wall clock's. */
const running = () => {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = () => untilCancelled();
};

test('a job that ends during its launch is finished by it, and costs 14 events of history', async () => {
  stage.script.launch = () => Promise.resolve({ ...launched(succeeded), finished: { outputs: { rows: { value: 3 } }, timings: [] } });
  const job = await stage.start();
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1, exitCode: 0, outputs: { rows: { value: 3 } } });
  const { events } = await job.fetchHistory();
  expect(events!.length).toBe(14);
  // Nothing holds its launch back but the answer of admission, which tells the store as well.
  const kinds = events!.map((event) => (event.markerRecordedEventAttributes ? 'local' : event.activityTaskScheduledEventAttributes ? 'launch' : ''));
  expect(kinds.filter(Boolean)).toEqual(['local', 'launch', 'local']);
  expect(stage.statuses()).toEqual(['CREATED', 'ACCEPTED', 'STARTING', 'SUCCEED']);
  expect(stage.steps()).toEqual(['launch']);
  expect(stage.released).toHaveLength(1);
});

test('what its launch could not finish is finished by an activity of its own', async () => {
  const job = await stage.start();
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1, exitCode: 0 });
  const { events } = await job.fetchHistory();
  expect(events!.length).toBe(20);
  expect(stage.steps()).toEqual(['launch', 'finish']);
  expect(stage.released).toHaveLength(1);
});

test('a running job is described until it ends, then submitted', async () => {
  const end = held<void>();
  running();
  stage.script.describe = async () => {
    await until(end.promise);
    return { observation: succeeded };
  };
  stage.script.finish = () => Promise.resolve({ outputs: { rows: { value: 3 } }, timings: [] });
  const job = await stage.start();
  await soon(async () => expect(await snapshot(job)).toMatchObject({ status: 'RUNNING', handle: { id: 'host/1' } }));
  expect(await job.describe()).toMatchObject({ searchAttributes: { LongshoreStatus: ['RUNNING'] } });
  end.resolve();
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', outputs: { rows: { value: 3 } } });
  expect(stage.statuses()).toEqual(['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'SUCCEED']);
  expect(stage.inputs<FinishInput>('finish')).toMatchObject([{ submit: true }]);
});

test('a failed job is cleaned but not submitted, and says who is to blame', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start();
  expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', blame: 'user', reason: 'exit code 1', exitCode: 1 });
  expect(stage.inputs<FinishInput>('finish')).toMatchObject([{ submit: false }]);
});

test.each(['launch', 'finish'] as const)('outputs that cannot be collected fail a job that succeeded, in %s', async (step) => {
  const finished = { outputs: {}, timings: [], failure: { code: 'OUTPUT_MISSING' as const, reason: 'there is no t.csv' } };
  stage.script.finish = () => Promise.resolve(finished);
  if (step === 'launch') stage.script.launch = () => Promise.resolve({ ...launched(succeeded), finished });
  const result = await (await stage.start()).result();
  expect(result).toMatchObject({ status: 'FAILED', code: 'OUTPUT_MISSING', blame: 'user', reason: 'there is no t.csv' });
});

test('a log that cannot be stored holds the end of a success back for minutes, not for ever', async () => {
  stage.script.finish = ({ lastTry }) =>
    lastTry === true
      ? Promise.resolve({ outputs: {}, timings: [] })
      : Promise.reject(ApplicationFailure.create({ type: 'SUBMIT_FAILED', message: 'the log of stdout cannot be stored: no space' }));
  const before = await env.currentTimeMs();
  expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED' });
  expect((await env.currentTimeMs()) - before).toBeGreaterThan(120_000);
  const told = stage.events.map(({ type, reason }) => `${type}: ${reason ?? ''}`);
  expect(told).toContain('note: the log of stdout cannot be stored: no space');
  expect(told).toContain('alarm: its end is tried for the last time; a log that cannot be stored stays on the worker until retention');
});

test('a job that failed is cleaned even when its log cannot be stored', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  stage.script.finish = ({ lastTry }) =>
    lastTry === true
      ? Promise.resolve({ outputs: {}, timings: [] })
      : Promise.reject(ApplicationFailure.create({ type: 'SUBMIT_FAILED', message: 'the log of stdout cannot be stored: no space' }));
  expect(await (await stage.start()).result()).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE' });
  expect(stage.inputs<FinishInput>('finish').map(({ lastTry }) => lastTry)).toEqual([undefined, undefined, true]);
});

test('a job waits for its place, with the reason in words', async () => {
  stage.script.admit = () => ({ admitted: false, reason: 'app etl has 20 of 20 running' });
  stage.script.take = () => ({ admitted: true, cluster: stage.cluster, workerId: stage.host });
  const job = await stage.start();
  await soon(async () => expect(await snapshot(job)).toMatchObject({ status: 'ACCEPTED', reason: 'app etl has 20 of 20 running' }));
  await job.signal('admitted');
  expect(await job.result()).toMatchObject({ status: 'SUCCEED' });
});

test('a job waits on for a worker, whatever is noted of it, and asks by itself in case it was not woken', async () => {
  let asked = 0;
  stage.script.admit = () =>
    asked++ === 0
      ? { admitted: false, reason: 'no worker of group etl is online', outside: true }
      : { admitted: true, cluster: stage.cluster, workerId: stage.host };
  const job = await stage.start();
  await soon(async () => expect((await snapshot(job)).reason).toBe('no worker of group etl is online'));
  await job.signal('rerun', {});
  await soon(() => expect(stage.events.at(-1)?.reason).toBe('rerun ignored: the job is ACCEPTED; kill it first'));
  expect((await snapshot(job)).reason).toBe('no worker of group etl is online');
  expect(await job.result()).toMatchObject({ status: 'SUCCEED' });
});

test('retries wait with back-off, and the job shows no end until none is left', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start({ retry: { attempts: 3, backoff: { initial: '40s' } } });
  expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 3 });
  const ends = stage.events.filter(({ attemptStatus }) => attemptStatus === 'FAILED');
  expect(ends.map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, 'ACCEPTED'],
    [2, 'ACCEPTED'],
    [3, 'FAILED'],
  ]);
  expect(stage.events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['retry 2 of 3 in 40s', 'retry 3 of 3 in 1m20s']));
  const times = stage.events.filter(({ status }) => status === 'STARTING').map(({ at }) => Date.parse(at));
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(40_000);
  expect(new Set(stage.inputs<{ attempt: { key: string } }>('launch').map(({ attempt }) => attempt.key)).size).toBe(3);
  expect(stage.released).toHaveLength(3);
});

test('a retry goes to another worker when it is asked to, and to the same when there is no other', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start({ retry: { attempts: 2, anotherWorker: true } });
  expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 2 });
  expect(stage.inputs<AdmitRequest>('admit').map(({ notWorkers }) => notWorkers)).toEqual([[], [stage.host]]);
});

test('and still does when it had to wait for its place', async () => {
  let asked = 0;
  const place = { admitted: true, cluster: stage.cluster, workerId: stage.host } as const;
  stage.script.admit = () => (asked++ === 1 ? { admitted: false, reason: 'full' } : place);
  stage.script.take = () => place;
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start({ retry: { attempts: 2, anotherWorker: true } });
  await soon(async () => expect((await snapshot(job)).reason).toBe('full'));
  await job.signal('admitted');
  expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 2 });
  expect(stage.inputs<AdmitRequest>('take').map(({ notWorkers }) => notWorkers)).toEqual([[stage.host]]);
});

test('only the blames that a spec names are retried', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start({ retry: { attempts: 3, on: ['platform', 'cluster'] } });
  expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 1 });
});

test('the queue timeout withdraws a waiting job', async () => {
  stage.script.admit = () => ({ admitted: false, reason: 'full' });
  const job = await stage.start({ timeouts: { queue: '1h' } });
  expect(await job.result()).toMatchObject({ status: 'CANCELED', code: 'QUEUE_TIMEOUT', blame: 'timeout' });
  expect(stage.released).toHaveLength(1);
});

test('the start timeout stops a launch and ends START_FAILED', async () => {
  stage.script.launch = () => Promise.resolve(launched(seen('pending')));
  stage.script.describe = () => untilCancelled();
  stage.script.stop = () => Promise.resolve({ observation: seen('not-found'), stopped: [] });
  const job = await stage.start({ timeouts: { start: '2s' } });
  expect(await job.result()).toMatchObject({ status: 'START_FAILED', code: 'START_TIMEOUT' });
  expect(stage.steps()).toEqual(['launch', 'describe', 'stop', 'finish']);
});

test('the run timeout stops it and ends FAILED', async () => {
  running();
  const job = await stage.start({ timeouts: { run: '2s' } });
  expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'RUN_TIMEOUT', blame: 'timeout' });
});

test('an end that the cluster saw before the deadline wins over the timeout', async () => {
  running();
  stage.script.stop = () => Promise.resolve({ observation: succeeded, stopped: [] });
  const job = await stage.start({ timeouts: { run: '2s' } });
  expect(await job.result()).toMatchObject({ status: 'SUCCEED' });
});

test('the total timeout is over all attempts and is not retried', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const job = await stage.start({ timeouts: { total: '30m' }, retry: { attempts: 100, backoff: { initial: '10m', factor: 1 } } });
  expect(await job.result()).toMatchObject({ status: 'CANCELED', code: 'TOTAL_TIMEOUT', attempt: 4 });
});

test('a kill withdraws a job that waits', async () => {
  stage.script.admit = () => ({ admitted: false, reason: 'full' });
  const job = await stage.start({ retry: { attempts: 3 } });
  await soon(async () => expect((await snapshot(job)).status).toBe('ACCEPTED'));
  await job.signal('kill', { by: 'bob', reason: 'wrong day' });
  expect(await job.result()).toMatchObject({ status: 'CANCELED', blame: 'killed', attempt: 1, killRequested: { by: 'bob', confirmed: true } });
  expect(stage.steps()).toEqual([]);
});

test('a kill during launch waits for its end, stops what it started, and cleans', async () => {
  const order: string[] = [];
  stage.script.launch = () => untilCancelled().finally(() => order.push('launch ended'));
  stage.script.stop = () => {
    order.push('stop');
    return Promise.resolve({ observation: seen('not-found'), stopped: [] });
  };
  const job = await stage.start({ retry: { attempts: 3 } });
  await soon(() => expect(stage.steps()).toContain('launch'));
  await job.signal('kill', {});
  expect(await job.result()).toMatchObject({ status: 'KILLED', code: 'KILLED', attempt: 1, killRequested: { confirmed: true } });
  expect(order).toEqual(['launch ended', 'stop']);
  expect(stage.inputs<FinishInput>('finish')).toMatchObject([{ submit: false }]);
});

test('a kill while it runs stops it on the stop queue, forced when asked', async () => {
  running();
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.signal('kill', { how: 'forced', by: 'bob' });
  expect(await job.result()).toMatchObject({ status: 'KILLED', reason: 'killed by bob' });
  expect(stage.inputs<StopInput>('stop')).toMatchObject([{ how: 'forced', handle: { id: 'host/1' }, graceMs: 10_000, settleMs: 1_000 }]);
});

test('a kill that finds it ended by itself leaves the end to the cluster', async () => {
  running();
  stage.script.stop = () => Promise.resolve({ observation: succeeded, stopped: [] });
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.signal('kill', {});
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', killRequested: { confirmed: false } });
  expect(stage.inputs<FinishInput>('finish')).toMatchObject([{ submit: true }]);
});

test('a kill in finish comes too late for the end, but ends the retries', async () => {
  const finishing = held<void>();
  stage.script.launch = () => Promise.resolve(launched(failed));
  stage.script.finish = async () => {
    await finishing.promise;
    return { outputs: {}, timings: [] };
  };
  const job = await stage.start({ retry: { attempts: 3 } });
  await soon(() => expect(stage.steps()).toContain('finish'));
  await job.signal('kill', {});
  await soon(() => expect(stage.events.some(({ type }) => type === 'kill-requested')).toBe(true));
  finishing.resolve();
  expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 1, killRequested: { confirmed: false } });
});

test('a kill that the cluster refuses leaves it running with an alarm, and can be asked again', async () => {
  running();
  let refuses = true;
  stage.script.stop = () =>
    Promise.resolve(
      refuses
        ? { observation: seen('running'), refused: 'not your job', stopped: [] }
        : { observation: seen('ended', { final: 'killed' }), stopped: [{ id: 'x' }] },
    );
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.signal('kill', { id: 'k1' });
  await soon(() => expect(stage.events.some(({ type }) => type === 'kill-refused')).toBe(true));
  expect(await snapshot(job)).toMatchObject({ status: 'RUNNING', killRequested: { confirmed: false } });
  refuses = false;
  await job.signal('kill', { id: 'k2' });
  expect(await job.result()).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
});

test('a stop that fails is tried until it is proved', async () => {
  running();
  let tries = 0;
  stage.script.stop = () =>
    ++tries < 4 ? Promise.reject(new Error('cluster says 503')) : Promise.resolve({ observation: seen('not-found'), stopped: [] });
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.signal('kill', {});
  expect(await job.result()).toMatchObject({ status: 'KILLED' });
  expect(tries).toBe(4);
});

test("Temporal's cancel means kill, and the workflow completes with its outcome", async () => {
  running();
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.cancel();
  expect(await job.result()).toMatchObject({ status: 'KILLED', killRequested: { by: 'temporal' } });
});

test('a failed Check stops the job, proves its end, and fails it', async () => {
  running();
  stage.script.describe = () => Promise.resolve({ observation: seen('running'), checkFailed: 'no progress for 1 h' });
  const job = await stage.start();
  expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'CHECK_FAILED', reason: 'no progress for 1 h' });
  expect(stage.steps()).toEqual(['launch', 'describe', 'stop', 'finish']);
});

test('a start that is refused ends START_FAILED without a stop', async () => {
  stage.script.launch = () => Promise.reject(refused('INTERPRETER_NOT_FOUND', 'prepare'));
  expect(await (await stage.start()).result()).toMatchObject({ status: 'START_FAILED', code: 'INTERPRETER_NOT_FOUND', blame: 'user' });
  expect(stage.steps()).toEqual(['launch', 'finish']);
});

test('a start that failed after it may have acted is proved by a stop', async () => {
  stage.script.launch = () => Promise.reject(refused('START_ERROR'));
  stage.script.stop = () => Promise.resolve({ observation: seen('not-found'), stopped: [] });
  expect(await (await stage.start()).result()).toMatchObject({ status: 'START_FAILED', code: 'START_ERROR' });
  expect(stage.steps()).toEqual(['launch', 'stop', 'finish']);
});

test('a launch that may succeed later is tried on the same worker under the same key', async () => {
  let tries = 0;
  stage.script.launch = () =>
    ++tries < 5 ? Promise.reject(ApplicationFailure.retryable('503', 'START_ERROR')) : Promise.resolve(launched(succeeded));
  expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  expect(new Set(stage.inputs<{ attempt: { key: string } }>('launch').map(({ attempt }) => attempt.key)).size).toBe(1);
});

test('a launch that fails with an error of no name is not tried for ever', async () => {
  stage.script.launch = () => Promise.reject(new TypeError('x is undefined'));
  stage.script.stop = () => Promise.resolve({ observation: seen('not-found'), stopped: [] });
  expect(await (await stage.start()).result()).toMatchObject({ status: 'START_FAILED', code: 'INTERNAL', reason: 'x is undefined' });
});

test('a cluster that gives ids is asked for one before the launch', async () => {
  await stage.startGroup();
  stage.script.admit = () => ({ admitted: true, cluster: { ...stage.cluster, givesIds: true } });
  expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED' });
  expect(stage.steps()).toEqual(['allocateId', 'launch', 'finish']);
  expect(stage.inputs<{ attempt: { id?: string } }>('launch')).toMatchObject([{ attempt: { id: 'application_1' } }]);
});

test('a job that is refused by a limit is CANCELED with the blame on the quota', async () => {
  stage.script.admit = () => Promise.reject(refused('LIMIT'));
  expect(await (await stage.start()).result()).toMatchObject({ status: 'CANCELED', code: 'LIMIT', blame: 'quota' });
});

test('a Clean that never succeeds does not hold the end back', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  stage.script.finish = () => Promise.reject(new Error('busy'));
  expect(await (await stage.start()).result()).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE' });
  expect(stage.events.some(({ type, reason }) => type === 'alarm' && reason!.startsWith('the clean is owed'))).toBe(true);
});

test('a store that is down holds nothing back, and learns everything in order afterwards', async () => {
  let tries = 0;
  stage.script.record = () => {
    if (++tries <= 20) throw new Error('no store');
  };
  const before = await env.currentTimeMs();
  const job = await stage.start({ webhook: { url: 'https://example.org/hook', events: ['ended'] } });
  await soon(() => expect(stage.steps()).toEqual(['launch', 'finish']));
  expect(stage.events).toEqual([]);
  expect(await job.result()).toMatchObject({ status: 'SUCCEED' });
  expect((await env.currentTimeMs()) - before).toBeGreaterThan(600_000);
  expect(stage.events.map(({ seq, status }) => `${seq} ${status}`)).toEqual(['1 CREATED', '2 ACCEPTED', '3 STARTING', '4 SUCCEED']);
  expect(stage.released).toHaveLength(1);
  expect(stage.deliveries).toHaveLength(1);
});

test('a store that fails slowly during a kill leaves a history that replays', async () => {
  running();
  const job = await stage.start();
  await soon(async () => expect(await snapshot(job)).toMatchObject({ status: 'RUNNING' }));
  let slow = 2;
  stage.script.record = async () => {
    if (slow-- <= 0) return;
    // Longer than what follows from the kill in the same workflow task.
    await new Promise((resolve) => setTimeout(resolve, 500));
    throw new Error('locked');
  };
  await job.signal('kill', { by: 'bob' });
  expect(await job.result()).toMatchObject({ status: 'KILLED' });
  await stage.close();
});

test('a job that has ended and cannot be written yet is continued as new, so that its history does not grow without end', async () => {
  let tries = 0;
  stage.script.record = () => {
    if (++tries <= 60) throw new Error('no store');
  };
  const job = await stage.start({}, { historyBudget: 80 });
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  const { runId, historyLength } = await env.client.workflow.getHandle(job.workflowId).describe();
  expect(runId).not.toBe(job.firstExecutionRunId);
  expect(historyLength).toBeLessThan(120);
  expect(stage.events.map(({ seq, status }) => `${seq} ${status}`)).toEqual(['1 CREATED', '2 ACCEPTED', '3 STARTING', '4 SUCCEED']);
  expect(stage.steps()).toEqual(['launch', 'finish']);
});

test('what must be written does not wait for webhooks that cannot be told, and those come in order', async () => {
  running();
  const described = held<void>();
  stage.script.describe = async () => {
    await until(described.promise);
    return { observation: succeeded };
  };
  let reachable = false;
  stage.script.notify = () => (reachable ? Promise.resolve() : Promise.reject(new Error('no Temporal')));
  const job = await stage.start({ webhook: { url: 'https://example.org/hook', events: ['all'] } });
  await soon(() => expect(stage.statuses()).toContain('RUNNING'));
  described.resolve();
  await soon(() => expect(stage.statuses()).toContain('SUCCEED'));
  expect(stage.deliveries).toEqual([]);
  reachable = true;
  await job.result();
  expect(stage.deliveries.map(({ event }) => event)).toEqual(stage.events);
});

test('webhooks get the events that a spec asks for, in order, with stable ids', async () => {
  running();
  stage.script.describe = () => Promise.resolve({ observation: succeeded });
  const job = await stage.start({ webhook: { url: 'https://example.org/hook', events: ['running', 'ended'] } });
  await job.result();
  expect(stage.deliveries.map(({ event }) => event.status)).toEqual(['RUNNING', 'SUCCEED']);
  expect(stage.deliveries.map(({ id, event }) => id.endsWith(`.${event.seq}`))).toEqual([true, true]);
});

test('a cluster that does not answer is shown as stale, and described with its newest record', async () => {
  running();
  let calls = 0;
  stage.script.describe = () =>
    Promise.resolve(++calls === 1 ? { observation: seen('running'), staleSince: '2026-01-01T00:00:00.000Z' } : { observation: succeeded });
  expect(await (await stage.start()).result()).toMatchObject({ status: 'SUCCEED' });
  expect(stage.events.some(({ type }) => type === 'stale')).toBe(true);
});

test('the Temporal UI is told status, worker and handle', async () => {
  running();
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  const { currentDetails } = await job.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain('**RUNNING** · attempt 1');
  expect(currentDetails).toContain('host/1');
  await job.signal('kill', {});
  await job.result();
});
