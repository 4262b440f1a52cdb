// A run from begin to end: order, failures, conditions, retries.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment, failed, launched, succeeded } from '../harness.ts';
import { RunStage, outcomeOf, runSnapshot } from './stage.ts';

let env: TestWorkflowEnvironment;
let stage: RunStage;
beforeEach(async () => {
  env = await environment();
  stage = await new RunStage(env).open();
});
afterEach(async () => {
  await stage.close();
  await env.teardown();
});

test('nodes run after what they need, and the run ends with all that they did', async () => {
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } });
  expect(await run.result()).toMatchObject({ outcome: 'SUCCEED' });
  expect(stage.launches()).toEqual(['a 1', 'b 1', 'c 1']);
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'SUCCEED', c: 'SUCCEED' });
  expect(stage.jobEvents(run, 'b').map(({ status }) => status)).toEqual(['CREATED', 'ACCEPTED', 'STARTING', 'SUCCEED']);
  expect(stage.runEvents.map(({ seq }) => seq)).toEqual(stage.runEvents.map((_, index) => index + 1));
  expect(stage.runEvents.at(-1)).toMatchObject({ type: 'status', status: 'FINISH', outcome: 'SUCCEED' });
  expect(stage.row(run, 'a')).toMatchObject({ attempt: 1, jobId: stage.jobIdOf(run.workflowId, 'a') });
  expect(await run.describe()).toMatchObject({ searchAttributes: { LongshoreStatus: ['SUCCEED'] } });
});

test('a node costs twelve events of history', async () => {
  const finished = { outputs: {}, timings: [] };
  stage.script.launch = () => Promise.resolve({ ...launched(succeeded), finished });
  const count = async (nodes: number): Promise<number> => {
    const names = Array.from({ length: nodes }, (_, index) => `n${index}`);
    const run = await stage.run(Object.fromEntries(names.map((name, index) => [name, index === 0 ? {} : { needs: [`n${index - 1}`] }])));
    await run.result();
    return (await run.fetchHistory()).events!.length;
  };
  expect(((await count(12)) - (await count(2))) / 10).toBeLessThanOrEqual(12);
});

test('a diamond runs its branches side by side', async () => {
  const end = stage.running('b', 'c');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } });
  await stage.shows(run, 'b', 'RUNNING');
  await stage.shows(run, 'c', 'RUNNING');
  expect(stage.launches().sort()).toEqual(['a 1', 'b 1', 'c 1']);
  expect(await runSnapshot(run)).toMatchObject({ status: 'RUNNING', phases: { succeeded: 1, live: 2, waiting: 1 } });
  end('b');
  end('c');
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches().at(-1)).toBe('d 1');
});

test.each([
  ['finish', { a: 'FAILED', b: 'SKIPPED', c: 'SUCCEED', d: 'SUCCEED' }],
  ['drain', { a: 'FAILED', b: 'SKIPPED', c: 'SUCCEED', d: 'SKIPPED' }],
  ['stop', { a: 'FAILED', b: 'SKIPPED', c: 'KILLED', d: 'SKIPPED' }],
] as const)('when a node fails, a run of mode %s does what it says', async (failure, nodes) => {
  const end = stage.running('a', 'c');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: {}, d: { needs: ['c'] } }, { failure });
  await stage.shows(run, 'a', 'RUNNING');
  await stage.shows(run, 'c', 'RUNNING');
  end('a', failed);
  await stage.untilRow(run, 'a', 'FAILED');
  if (failure !== 'stop') end('c');
  expect(await run.result()).toMatchObject({ outcome: 'FAILED', reason: 'failed: a' });
  expect(stage.nodesOf(run)).toEqual(nodes);
  expect(stage.row(run, 'a')).toMatchObject({ code: 'EXIT_CODE', reason: 'exit code 1' });
});

test('a job is retried by its policy, and the node ends with its last try', async () => {
  let tries = 0;
  stage.script.launch = () => Promise.resolve(launched(++tries < 3 ? failed : succeeded));
  const run = await stage.run({
    a: { job: { type: 'shell', config: { script: 'x' }, retry: { attempts: 3, backoff: { initial: '1s' } } } },
    b: { needs: ['a'] },
  });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'a 2', 'a 3', 'b 1']);
  expect(stage.row(run, 'a')).toMatchObject({ status: 'SUCCEED', attempt: 3 });
});

test('conditions are asked when the needs let a node run, with what the nodes before have done', async () => {
  const told: unknown[] = [];
  stage.failing('b');
  stage.decides.when = (node, nodes) => {
    told.push([node, nodes]);
    return node === 'yes' || (node === 'broken' ? 'there is no output rows' : false);
  };
  const run = await stage.run({
    a: {},
    b: { onFailure: 'ignore' },
    yes: { needs: ['a', 'b'], when: 'true' },
    no: { needs: ['a'], when: 'true' },
    after: { needs: ['no'] },
    broken: { needs: ['a'], when: 'true', onFailure: 'ignore' },
  });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.nodesOf(run)).toMatchObject({ yes: 'SUCCEED', no: 'SKIPPED', after: 'SKIPPED', broken: 'FAILED' });
  expect(stage.row(run, 'broken')).toMatchObject({ reason: 'there is no output rows', code: 'INTERNAL' });
  expect(stage.row(run, 'after')!.reason).toBe('needs success of no, which is SKIPPED');
  expect(told).toContainEqual(['yes', { a: { status: 'SUCCEED', attempt: 1 }, b: { status: 'FAILED', attempt: 1, code: 'EXIT_CODE' } }]);
});

test('a job that cannot have an input fails its node, and a rerun asks again for the first attempt of the job', async () => {
  let broken = true;
  stage.decides.answer = (question) =>
    broken && question.ask === 'job' && question.node === 'a' ? { failed: { code: 'INTERNAL', reason: 'params.day is not there' } } : undefined;
  const run = await stage.run({ a: {} });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.row(run, 'a')).toMatchObject({ status: 'FAILED', reason: 'params.day is not there', attempt: 1 });
  broken = false;
  const again = await stage.again(run, { mode: 'all' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1']);
  expect(stage.row(run, 'a')).toMatchObject({ status: 'SUCCEED', attempt: 2 });
});

test('a node waits in the queue with its reason, and is admitted by its key', async () => {
  stage.script.admit = ({ attempt }) =>
    attempt.jobId === stage.jobIdOf(attempt.workflowId, 'b')
      ? { admitted: false, reason: 'queue default has 1 of 1' }
      : { admitted: true, cluster: stage.cluster, workerId: stage.host };
  stage.script.take = () => ({ admitted: true, cluster: stage.cluster, workerId: stage.host });
  const run = await stage.run({ a: {}, b: {} });
  await stage.untilRow(run, 'b', 'live');
  await stage.shows(run, 'b', 'ACCEPTED');
  const { key, jobId } = {
    key: stage
      .inputs<{ attempt: { key: string; jobId: string } }>('admit')
      .find(({ attempt }) => attempt.jobId === stage.jobIdOf(run.workflowId, 'b'))!.attempt.key,
    jobId: stage.jobIdOf(run.workflowId, 'b'),
  };
  expect(stage.eventsOf.get(jobId)!.at(-1)).toMatchObject({ status: 'ACCEPTED', reason: 'queue default has 1 of 1' });
  await run.signal('admitted', { key: 'another' });
  await run.signal('admitted', { key });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.steps().filter((step) => step === 'take')).toHaveLength(1);
});

test('keys are those of the run, node and attempt, and leases name the run', async () => {
  const run = await stage.run({ a: {}, b: {} });
  await run.result();
  const attempts = stage.inputs<{ attempt: { key: string; workflowId: string; jobId: string } }>('launch').map(({ attempt }) => attempt);
  expect(new Set(attempts.map(({ key }) => key)).size).toBe(2);
  expect(attempts.map(({ workflowId }) => workflowId)).toEqual([run.workflowId, run.workflowId]);
  expect(stage.released.toSorted()).toEqual(attempts.map(({ key }) => key).toSorted());
});
