import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment, failed, launched, seen, untilCancelled } from '../harness.ts';
import { soon } from '../soon.ts';
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

/** These nodes' jobs fail; the others succeed. */
const failing = (...names: string[]) => {
  const succeeds = stage.script.launch;
  stage.script.launch = (input) => (names.includes(input.spec.name) ? Promise.resolve(launched(failed)) : succeeds(input));
};
/** These nodes' jobs run until they are stopped. */
const running = (...names: string[]) => {
  const { launch, describe } = stage.script;
  stage.script.launch = (input) => (names.includes(input.spec.name) ? Promise.resolve(launched(seen('running'))) : launch(input));
  stage.script.describe = (input) => (names.includes(input.spec.name) ? untilCancelled() : describe(input));
};
const shows = (run: Parameters<typeof runSnapshot>[0], path: string, status: string) =>
  soon(async () => expect((await runSnapshot(run)).jobs[path]).toMatchObject({ status }));

test('nodes run after what they need, and the run ends with all that they did', async () => {
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } });
  expect(await run.result()).toMatchObject({ outcome: 'SUCCEED' });
  expect(stage.launches()).toEqual(['a 1', 'b 1', 'c 1']);
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'SUCCEED', c: 'SUCCEED' });
  expect(stage.jobEvents(run, 'b').map(({ status }) => status)).toEqual(['CREATED', 'ACCEPTED', 'STARTING', 'SUCCEED']);
  expect(stage.runEvents.map(({ seq }) => seq)).toEqual(stage.runEvents.map((_, index) => index + 1));
  expect(stage.runEvents.at(-1)).toMatchObject({ type: 'status', status: 'FINISH', outcome: 'SUCCEED' });
  expect(stage.row(run, 'a')).toMatchObject({ attempt: 1, jobId: stage.jobIdOf(run.workflowId, 'a') });
});

test('a diamond runs its branches side by side', async () => {
  running('b', 'c');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } });
  await shows(run, 'b', 'RUNNING');
  await shows(run, 'c', 'RUNNING');
  expect(stage.launches().sort()).toEqual(['a 1', 'b 1', 'c 1']);
  await run.signal('kill', { by: 'bob', reason: 'enough' });
  expect(await run.result()).toMatchObject({ outcome: 'KILLED', reason: 'killed by bob: enough' });
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'KILLED', c: 'KILLED', d: 'SKIPPED' });
  expect(stage.jobEvents(run, 'b').at(-1)).toMatchObject({ status: 'KILLED', by: 'bob' });
});

test('a failure that was repaired is run again in place, with the next attempt', async () => {
  const succeeds = stage.script.launch;
  failing('b');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } });
  expect(await run.result()).toMatchObject({ outcome: 'FAILED', reason: 'failed: b' });
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'FAILED', c: 'SKIPPED' });
  stage.script.launch = succeeds;
  const again = await stage.again(run, { id: 'r1', by: 'bob', mode: 'failed' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'b 1', 'b 2', 'c 1']);
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'SUCCEED', c: 'SUCCEED' });
  expect(stage.jobEvents(run, 'b').find(({ type }) => type === 'rerun')).toMatchObject({ attempt: 2, by: 'bob' });
  expect(stage.row(run, 'b')).toMatchObject({ attempt: 2 });
});
