// Messages at any time, in any form, to open and closed jobs.
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { AdmitRequest, AttemptInput } from '../../src/specs/activities.ts';
import { GARBAGE, Stage, environment, failed, held, launched, seen, snapshot, succeeded, until, untilCancelled } from './harness.ts';
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

const runs = () => {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = () => untilCancelled();
};

describe('rerun', () => {
  test('of a job in its window makes the next attempt in the same run', async () => {
    stage.script.launch = () => Promise.resolve(launched(failed));
    // A step under way elsewhere keeps the server's clock from jumping over the window.
    const job = await stage.start({ rerunWindow: '1h' });
    await soon(async () => expect((await snapshot(job)).status).toBe('FAILED'));
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    await job.signal('rerun', { by: 'bob', with: { env: { MODE: 'again' } } });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
    const [first, second] = stage.inputs<AttemptInput>('launch');
    expect(second!.attempt.key).not.toBe(first!.attempt.key);
    expect(second!.attempt.firstRunId).toBe(first!.attempt.firstRunId);
    expect(second!.spec.env).toEqual({ MODE: 'again' });
    expect(stage.events.find(({ type }) => type === 'rerun')).toMatchObject({
      attempt: 2,
      status: 'ACCEPTED',
      by: 'bob',
      // The store learns from it what the next attempt runs.
      patch: { env: { MODE: 'again' } },
    });
  });

  test('of a closed job, by signal-with-start without input, goes on from its result', async () => {
    stage.script.launch = () => Promise.resolve(launched(failed));
    const input = stage.input();
    const workflowId = `job:etl:~${input.jobId}`;
    const first = await env.client.workflow.start('job', { taskQueue: stage.queue, workflowId, args: [input] });
    const result = await first.result();
    let looks = 0;
    // A busy Temporal takes its time to say what became of a run.
    stage.script.lastRun = async (id) => {
      await setTimeout(1_500);
      return id === workflowId && ++looks > 1 ? { input, result } : null;
    };
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    const again = await env.client.workflow.signalWithStart('job', {
      taskQueue: stage.queue,
      workflowId,
      signal: 'rerun',
      signalArgs: [{ id: 'r1' }],
    });
    expect(await again.result()).toMatchObject({ status: 'SUCCEED', attempt: 2, jobId: input.jobId, appliedIds: ['r1'] });
    expect(new Set(stage.inputs<AttemptInput>('launch').map(({ attempt }) => attempt.key)).size).toBe(2);
    expect(stage.events.map(({ seq }) => seq)).toEqual(stage.events.map((_, index) => index + 1));
    expect((await again.describe()).memo).toMatchObject({ jobId: input.jobId });
  });

  test('of a closed job is not lost, however long the store is down', async () => {
    const input = stage.input();
    const workflowId = `job:etl:~${input.jobId}`;
    const first = await env.client.workflow.start('job', { taskQueue: stage.queue, workflowId, args: [input] });
    const result = await first.result();
    let looks = 0;
    stage.script.lastRun = () => (++looks < 400 ? Promise.reject(new Error('no store')) : Promise.resolve({ input, result }));
    const start = { taskQueue: stage.queue, workflowId, signal: 'rerun', signalArgs: [{ id: 'r1', with: { labels: { team: 'growth' } } }] };
    const again = await env.client.workflow.signalWithStart('job', start);
    expect(await again.result()).toMatchObject({ status: 'SUCCEED', attempt: 2, appliedIds: ['r1'], patch: { labels: { team: 'growth' } } });
    const { runId, historyLength } = await env.client.workflow.getHandle(workflowId).describe();
    expect(runId).not.toBe(again.signaledRunId);
    expect(historyLength).toBeLessThan(1_100);
  });

  test('leaves out fields of which no attempt can be made, and names them', async () => {
    stage.script.launch = () => Promise.resolve(launched(failed));
    const job = await stage.start({ rerunWindow: '1h' });
    await soon(async () => expect((await snapshot(job)).status).toBe('FAILED'));
    await job.signal('rerun', { with: { resources: { memory: 'lots' }, env: { 'A=B': '1' }, labels: { team: 'growth' } } });
    expect(await job.result()).toMatchObject({ status: 'FAILED', attempt: 2, patch: { labels: { team: 'growth' } } });
    expect(stage.events.map(({ reason }) => reason)).toContain('ignored, because they cannot be used: resources, env');
  });

  test('of a job that nobody has a trace of is refused', async () => {
    const job = await env.client.workflow.signalWithStart('job', {
      taskQueue: stage.queue,
      workflowId: 'job:etl:none',
      signal: 'rerun',
      signalArgs: [{}],
    });
    await expect(job.result()).rejects.toMatchObject({ cause: { message: 'refused: no trace of this job' } });
  });

  test('is ignored, with a note, while the job runs', async () => {
    runs();
    const job = await stage.start();
    await soon(() => expect(stage.steps()).toContain('describe'));
    await job.signal('rerun', {});
    await soon(() => expect(stage.events.at(-1)?.reason).toBe('rerun ignored: the job is RUNNING; kill it first'));
    await job.signal('kill', {});
    expect(await job.result()).toMatchObject({ status: 'KILLED', attempt: 1 });
  });

  test('by somebody who has seen an end that history does not have yet follows that end', async () => {
    const end = held<void>();
    runs();
    stage.script.describe = async () => {
      await until(end.promise);
      return { observation: failed };
    };
    const job = await stage.start();
    await soon(() => expect(stage.steps()).toContain('describe'));
    // The store had told of an end, and the workflow task that did so is being done again.
    await job.signal('rerun', { id: 'r1', by: 'bob', attempt: 1, seq: 99, with: { env: { MODE: 'again' } } });
    await soon(async () => expect((await snapshot(job)).appliedIds).toContain('r1'));
    expect((await snapshot(job)).status).toBe('RUNNING');
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    end.resolve();
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
    expect(stage.inputs<AttemptInput>('launch').map(({ spec }) => spec.env)).toEqual([{}, { MODE: 'again' }]);
    expect(stage.events.find(({ type }) => type === 'rerun')).toMatchObject({ attempt: 2, by: 'bob' });
  });

  test('twice with one id, or for an attempt that is over, does nothing more', async () => {
    stage.script.launch = () => Promise.resolve(launched(failed));
    const job = await stage.start({ rerunWindow: '1h' });
    await soon(async () => expect((await snapshot(job)).status).toBe('FAILED'));
    await job.signal('rerun', { id: 'r1', attempt: 1 });
    await soon(async () => expect(await snapshot(job)).toMatchObject({ status: 'FAILED', attempt: 2 }));
    await job.signal('rerun', { id: 'r1' });
    await job.signal('rerun', { id: 'r2', attempt: 1 });
    expect(await job.result()).toMatchObject({ attempt: 2, appliedIds: ['r1', 'r2'] });
  });
});

describe('a kill of a closed job', () => {
  test('changes nothing and closes again with the same result', async () => {
    const input = stage.input();
    const workflowId = `job:etl:~${input.jobId}`;
    const first = await env.client.workflow.start('job', { taskQueue: stage.queue, workflowId, args: [input] });
    const result = await first.result();
    stage.script.lastRun = () => Promise.resolve({ input, result });
    const again = await env.client.workflow.signalWithStart('job', { taskQueue: stage.queue, workflowId, signal: 'kill', signalArgs: [{ id: 'k' }] });
    expect(await again.result()).toEqual({ ...result, appliedIds: ['k'] });
    expect(stage.steps()).toEqual(['launch', 'finish']);
  });
});

describe('a job whose history is lost', () => {
  const current = { key: 'a'.repeat(26), handle: { id: 'host/9' }, begun: true };

  test('is decided by a resolve that starts it anew', async () => {
    stage.script.lastRun = () =>
      Promise.resolve({
        input: { ...stage.input(), carried: { attempt: 3, seq: 40, status: 'UNKNOWN', appliedIds: [], current: { ...current, workerId: 'gone' } } },
      });
    const job = await env.client.workflow.signalWithStart('job', {
      taskQueue: stage.queue,
      workflowId: 'job:etl:lost',
      signal: 'resolve',
      signalArgs: [{ as: 'failed', by: 'carol' }],
    });
    expect(await job.result()).toMatchObject({ status: 'FAILED', code: 'RESOLVED', attempt: 3, superseded: [current.key] });
  });

  test('is watched again under its old key', async () => {
    stage.script.lastRun = () =>
      Promise.resolve({
        input: {
          ...stage.input(),
          carried: { attempt: 3, seq: 40, status: 'UNKNOWN', appliedIds: [], current: { ...current, workerId: stage.host } },
        },
      });
    const job = await env.client.workflow.signalWithStart('job', {
      taskQueue: stage.queue,
      workflowId: 'job:etl:lost',
      signal: 'modify',
      signalArgs: [{}],
    });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 3 });
    expect(stage.inputs<AttemptInput>('describe')).toMatchObject([{ attempt: { key: current.key, attempt: 3 }, handle: { id: 'host/9' } }]);
  });
});

describe('modify', () => {
  test('of a waiting job moves it to another place in the queue', async () => {
    stage.script.admit = ({ queue }) =>
      queue === 'fast' ? { admitted: true, cluster: stage.cluster, workerId: stage.host } : { admitted: false, reason: 'full' };
    const job = await stage.start();
    await soon(async () => expect((await snapshot(job)).status).toBe('ACCEPTED'));
    const { key } = { key: stage.inputs<AdmitRequest>('admit')[0]!.attempt.key };
    expect(await job.executeUpdate('modify', { args: [{ with: { queue: 'fast', priority: 1, env: { LATER: '1' } } }] })).toMatchObject({
      status: 'ACCEPTED',
    });
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', patch: { queue: 'fast', priority: 1, env: { LATER: '1' } } });
    expect(stage.released[0]).toBe(key);
    expect(stage.inputs<AdmitRequest>('admit').at(-1)).toMatchObject({ queue: 'fast', priority: 1 });
    expect(stage.events.find(({ type }) => type === 'modified')?.patch).toEqual({ queue: 'fast', priority: 1, env: { LATER: '1' } });
    // The rest counts for the next attempt.
    expect(stage.inputs<AttemptInput>('launch')).toMatchObject([{ spec: { env: {} } }]);
  });

  test('of a running job counts for the next attempt, and for whether there is one', async () => {
    runs();
    const end = held<void>();
    stage.script.describe = async () => {
      await until(end.promise);
      return { observation: failed };
    };
    const job = await stage.start();
    await soon(() => expect(stage.steps()).toContain('describe'));
    await job.signal('modify', { with: { retry: { attempts: 2 }, env: { MODE: 'again' } } });
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    end.resolve();
    expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
    expect(stage.inputs<AttemptInput>('launch').map(({ spec }) => spec.env)).toEqual([{}, { MODE: 'again' }]);
  });

  test('names the fields that it cannot use', async () => {
    runs();
    const job = await stage.start();
    await soon(() => expect(stage.steps()).toContain('describe'));
    await job.signal('modify', { with: { priority: 99, timeouts: { run: 'soon' } } });
    await soon(() => expect(stage.events.at(-1)?.reason).toBe('ignored, because they cannot be used: priority, timeouts'));
    await job.signal('kill', {});
    await job.result();
  });
});

test('messages in any form never stop a job', async () => {
  const end = held<void>();
  runs();
  stage.script.describe = async () => {
    await until(end.promise);
    return { observation: succeeded };
  };
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  for (const name of ['rerun', 'resolve', 'modify', 'admitted', 'nobody-knows-this']) {
    for (const message of GARBAGE) await job.signal(name, message);
    await job.signal(name);
    await job.signal(name, {}, {}, {});
  }
  end.resolve();
  expect(await job.result()).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  expect((await job.fetchHistory()).events!.some(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes)).toBe(false);
});

test('an old message is not applied twice, and the list of ids does not grow without end', async () => {
  const end = held<void>();
  runs();
  stage.script.describe = async () => {
    await until(end.promise);
    return { observation: succeeded };
  };
  const appliedIds = Array.from({ length: 1000 }, (_, index) => `old-${index}`);
  const job = await stage.start({}, { carried: { attempt: 1, seq: 0, status: 'CREATED', appliedIds } });
  await soon(() => expect(stage.steps()).toContain('describe'));
  await job.signal('kill', { id: 'old-5' });
  await job.signal('modify', { id: 'new', with: { priority: 2 } });
  await soon(async () => expect((await snapshot(job)).appliedIds).toContain('new'));
  end.resolve();
  const result = await job.result();
  expect(result).toMatchObject({ status: 'SUCCEED' });
  expect(result.appliedIds).toHaveLength(1000);
});
