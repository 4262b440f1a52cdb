// Reruns of runs that are under way, have failed, or have ended long ago.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment } from '../harness.ts';
import { soon } from '../soon.ts';
import { RunStage, outcomeOf, runSnapshot, specOf } from './stage.ts';

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

const line = { a: {}, b: { needs: ['a'] }, c: { needs: ['b'] }, other: {} };

test.each([
  ['failed', { mode: 'failed' }, ['b 2', 'c 1']],
  ['nodes', { nodes: ['a'] }, ['a 2']],
  ['downstream', { mode: 'downstream', nodes: ['b'] }, ['b 2', 'c 1']],
  ['all', { mode: 'all' }, ['a 2', 'b 2', 'c 1', 'other 2']],
] as const)('a failed run that is closed runs again what mode %s says', async (mode, message, launches) => {
  stage.failing('b');
  const run = await stage.run(line);
  expect(await outcomeOf(run)).toBe('FAILED');
  const before = stage.launches().length;
  stage.failing();
  const again = await stage.again(run, { id: 'r', by: 'bob', reason: 'repaired', ...message });
  expect(await outcomeOf(again)).toBe(mode === 'nodes' ? 'FAILED' : 'SUCCEED');
  expect(stage.launches().slice(before).sort()).toEqual(launches);
  expect(stage.runEvents.find(({ type }) => type === 'rerun')).toMatchObject({ by: 'bob', reason: 'repaired', generation: 2, status: 'RUNNING' });
  expect(stage.runEvents.map(({ seq }) => seq)).toEqual(stage.runEvents.map((_, index) => index + 1));
});

test('a run that has succeeded runs again, more than once, and an id only once', async () => {
  const run = await stage.run(line);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  for (const attempt of [2, 3]) {
    const again = await stage.again(run, { id: `r${attempt}`, mode: 'all' });
    expect(await outcomeOf(again)).toBe('SUCCEED');
    expect(stage.launches().slice(-4).sort()).toEqual(['a', 'b', 'c', 'other'].map((name) => `${name} ${attempt}`));
  }
  const twice = await stage.again(run, { id: 'r3', mode: 'all' });
  expect(await outcomeOf(twice)).toBe('SUCCEED');
  expect(stage.launches()).toHaveLength(12);
});

test('a rerun of nothing is refused, and the run closes as it was', async () => {
  const run = await stage.run(line);
  await run.result();
  const again = await stage.again(run, { mode: 'failed', by: 'bob' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.runEvents.at(-1)).toMatchObject({ type: 'refused', by: 'bob', reason: 'rerun refused: nothing has failed', status: 'FINISH' });
  expect(stage.launches()).toHaveLength(4);
});

test.each([
  ['failed', { mode: 'failed' }],
  ['nodes', { nodes: ['b'] }],
] as const)('a node that failed runs again, by mode %s, while others go on', async (_mode, message) => {
  stage.failing('b');
  const end = stage.running('other');
  const run = await stage.run(line);
  await stage.untilRow(run, 'c', 'SKIPPED');
  stage.failing();
  const launch = stage.script.launch;
  stage.script.launch = (input) => (input.spec.name === 'other' ? Promise.reject(new Error('twice')) : launch(input));
  await run.signal('rerun', { by: 'bob', ...message });
  await stage.untilRow(run, 'c', 'SUCCEED');
  end('other');
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches().filter((one) => !one.startsWith('other'))).toEqual(['a 1', 'b 1', 'b 2', 'c 1']);
});

test('what is downstream of a rerun is stopped, and runs again after it', async () => {
  const end = stage.running('c');
  const run = await stage.run(line);
  await stage.shows(run, 'c', 'RUNNING');
  await run.signal('rerun', { mode: 'downstream', nodes: ['a'], by: 'bob' });
  await stage.shows(run, 'c', 'RUNNING');
  end('c');
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches().filter((one) => !one.startsWith('other'))).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'c 2']);
  expect(stage.jobEvents(run, 'c').some(({ status, attempt }) => status === 'KILLED' && attempt === 1)).toBe(true);
});

test('a rerun while a kill is under way is refused; after it everything is taken up', async () => {
  stage.running('a');
  const run = await stage.run({ a: {}, b: { needs: ['a'] } });
  await stage.shows(run, 'a', 'RUNNING');
  await run.signal('kill', {});
  expect(await outcomeOf(run)).toBe('KILLED');
  stage.failing();
  const again = await stage.again(run, { mode: 'failed' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'a 2', 'b 1']);
});

test('a rerun that comes in the moment of closing is not lost', async () => {
  const run = await stage.run({ a: {} });
  // Told together with the last events, before the workflow can close.
  let sent = false;
  stage.decides.recordRun = (events) => {
    if (sent || !events.some(({ status }) => status === 'FINISH')) return;
    sent = true;
    // One that finds it closed is sent again below, as the API does.
    void run.signal('rerun', { id: 'late', mode: 'all', by: 'bob' }).catch(() => undefined);
  };
  await run.result();
  if (stage.launches().length < 2) await (await stage.again(run, { id: 'late', mode: 'all', by: 'bob' })).result();
  expect(stage.launches()).toEqual(['a 1', 'a 2']);
});

test('a rerun with other parameters tells them to the jobs and to the store', async () => {
  const run = await stage.run({ a: {} }, {}, { params: { day: '2026-01-01' } });
  await run.result();
  const again = await stage.again(run, { mode: 'all', params: { day: '2026-01-02' } });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  const params = stage.inputs<{ spec: { env: { PARAMS: string } } }>('launch').map(({ spec }) => JSON.parse(spec.env.PARAMS) as unknown);
  expect(params).toEqual([{ day: '2026-01-01' }, { day: '2026-01-02' }]);
  expect(stage.runEvents.find(({ type }) => type === 'rerun')).toMatchObject({ set: { params: { day: '2026-01-02' } } });
});

test('a rerun on another version keeps what is the same, and runs what is new', async () => {
  stage.failing('b');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, gone: {} });
  await run.result();
  stage.failing();
  const spec = { spec: specOf({ a: {}, b: { needs: ['a'] }, added: { needs: ['b'] } }) };
  const again = await stage.again(run, { mode: 'failed', spec, version: 2, by: 'bob' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches().slice(3)).toEqual(['b 2', 'added 1']);
  expect(stage.runEvents.find(({ type }) => type === 'rerun')).toMatchObject({ set: { spec, version: 2 } });
});

test('another version or other parameters are not for a run that is under way, nor a rerun of an older page', async () => {
  const end = stage.running('a');
  const run = await stage.run({ a: {} });
  await stage.shows(run, 'a', 'RUNNING');
  await run.signal('rerun', { mode: 'all', params: {} });
  await run.signal('rerun', { mode: 'all', generation: 7 });
  await run.signal('rerun', { mode: 'all', spec: { spec: specOf({ z: {} }) } });
  await run.signal('rerun', { nodes: ['nowhere'] });
  end('a');
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.runEvents.filter(({ type }) => type === 'refused').map(({ reason }) => reason)).toEqual([
    'rerun refused: parameters change only in a run that has ended',
    'rerun refused: the run was rerun or marked in the meantime',
    'rerun refused: another version is only for a run that has ended',
    'rerun refused: there is no node nowhere',
  ]);
});

test('a run whose workflow was terminated is taken up from its rows', async () => {
  stage.running('b');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } });
  await stage.shows(run, 'b', 'RUNNING');
  await stage.untilRow(run, 'b', 'live');
  await run.terminate();
  stage.failing();
  const again = await stage.again(run, { mode: 'failed', by: 'bob' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'b 1', 'b 2', 'c 1']);
  // What the terminated execution started may still live: its end is not proved.
  expect(stage.jobEvents(run, 'b').find(({ attempt, attemptStatus }) => attempt === 1 && attemptStatus === 'FAILED')).toMatchObject({ code: 'LOST' });
});

test('jobs of items go on from the attempts that they had before their run was terminated', async () => {
  stage.running('each-1', 'each-2');
  const run = await stage.run({ each: { foreach: { item: ['a', 'b', 'c'] } } });
  await soon(async () => expect(Object.keys((await runSnapshot(run)).jobs)).toEqual(['each/1', 'each/2']));
  await stage.untilRow(run, 'each', 'live');
  await run.terminate();
  stage.failing();
  stage.tries = { each: { tries: [1, 1, 2], final: 0 } };
  const again = await stage.again(run, { mode: 'failed', by: 'bob' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches().slice(3).sort()).toEqual(['each-0 2', 'each-1 2', 'each-2 3']);
});
