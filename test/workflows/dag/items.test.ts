// Nodes with items: foreach, mapReduce, broadcast; their kills and reruns.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment } from '../harness.ts';
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

const abc = { foreach: { item: ['a', 'b', 'c'] } };
const liveJobs = async (run: Parameters<typeof runSnapshot>[0]): Promise<string[]> => Object.keys((await runSnapshot(run)).jobs).sort();

test('each item is a job of its own, and the node ends with all of them', async () => {
  const end = stage.running();
  const run = await stage.run({ each: { foreach: { item: ['a', 'b', 'c'], limit: 2 } }, next: { needs: ['each'] } });
  await soon(async () => expect(await liveJobs(run)).toEqual(['each/0', 'each/1']));
  expect(stage.row(run, 'each')).toMatchObject({ phase: 'live', items: 3 });
  for (const name of ['each-0', 'each-1', 'each-2', 'next']) end(name);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches().at(-1)).toBe('next 1');
  expect(stage.jobEvents(run, 'each', 2).at(-1)).toMatchObject({ status: 'SUCCEED' });
});

test('an item that failed fails the node once all have ended, and only the failed ones are run again', async () => {
  stage.failing('each-1');
  const run = await stage.run({ each: abc, next: { needs: ['each'] } });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.row(run, 'each')).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', reason: '1 of 3 items failed; item 1: exit code 1' });
  stage.failing();
  const again = await stage.again(run, { mode: 'failed', by: 'bob' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.launches().slice(3)).toEqual(['each-1 2', 'next 1']);
});

test('a rerun of what failed runs also the items that have changed since', async () => {
  let list = ['a', 'b', 'c'];
  stage.decides.answer = ({ ask }) => (ask === 'items' ? { items: { count: list.length, list } } : undefined);
  stage.failing('each-1');
  const run = await stage.run({ each: abc });
  expect(await outcomeOf(run)).toBe('FAILED');
  stage.failing();
  list = ['a', 'B', 'C', 'd'];
  expect(await outcomeOf(await stage.again(run, { mode: 'failed' }))).toBe('SUCCEED');
  expect(stage.launches().slice(3).sort()).toEqual(['each-1 2', 'each-2 2', 'each-3 1']);
  expect(stage.row(run, 'each')).toMatchObject({ items: 4 });
});

test('one item of an ended node is run again, and the whole node', async () => {
  const run = await stage.run({ each: abc });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  const one = await stage.again(run, { nodes: ['each'], item: 2, by: 'bob' });
  expect(await outcomeOf(one)).toBe('SUCCEED');
  expect(stage.launches().slice(3)).toEqual(['each-2 2']);
  const all = await stage.again(run, { mode: 'nodes', nodes: ['each'], by: 'bob' });
  expect(await outcomeOf(all)).toBe('SUCCEED');
  expect(stage.launches().slice(4).sort()).toEqual(['each-0 2', 'each-1 2', 'each-2 3']);
  expect(stage.asked.filter(({ ask }) => ask === 'items')).toHaveLength(2);
});

test('one item is killed and run again while the others go on', async () => {
  const end = stage.running();
  const run = await stage.run({ each: abc });
  await stage.shows(run, 'each/1', 'RUNNING');
  await run.signal('rerun', { nodes: ['each'], item: 1 });
  await run.signal('kill', { node: 'each', item: 1, by: 'bob' });
  await soon(() => expect(stage.jobEvents(run, 'each', 1).at(-1)).toMatchObject({ status: 'KILLED', by: 'bob' }));
  await run.signal('rerun', { nodes: ['each'], item: 1, by: 'bob' });
  await soon(() => expect(stage.launches()).toContain('each-1 2'));
  for (const item of [0, 1, 2]) end(`each-${item}`);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.runEvents.filter(({ type }) => type === 'refused').map(({ reason }) => reason)).toEqual([
    'rerun refused: each/1: it has not ended; kill it first',
  ]);
});

test('a kill of the node stops its items, also those that wait', async () => {
  stage.running();
  const run = await stage.run({ each: { foreach: { item: [1, 2, 3, 4], limit: 2 } }, next: { needs: ['each'] } });
  await stage.shows(run, 'each/0', 'RUNNING');
  await stage.shows(run, 'each/1', 'RUNNING');
  await run.signal('kill', { node: 'each', by: 'bob' });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.row(run, 'each')).toMatchObject({ status: 'KILLED', reason: '4 of 4 items were killed' });
  expect(stage.row(run, 'next')).toMatchObject({ phase: 'cut' });
  expect(stage.launches()).toHaveLength(2);
});

test('reduce runs once all items have succeeded, and again after what was repaired', async () => {
  stage.failing('map-0');
  const run = await stage.run({ map: { mapReduce: { item: [1, 2], reduce: { type: 'shell', config: {} } } } });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.launches().sort()).toEqual(['map-0 1', 'map-1 1']);
  stage.failing('map-final');
  const again = await stage.again(run, { mode: 'failed' });
  expect(await outcomeOf(again)).toBe('FAILED');
  expect(stage.launches().slice(2)).toEqual(['map-0 2', 'map-final 1']);
  expect(stage.row(run, 'map')!.reason).toBe('the job after its items failed; the job after its items: exit code 1');
  stage.failing();
  const last = await stage.again(run, { mode: 'failed' });
  expect(await outcomeOf(last)).toBe('SUCCEED');
  expect(stage.launches().slice(4)).toEqual(['map-final 2']);
});

test('a broadcast runs on each worker, then its final job', async () => {
  const run = await stage.run({ all: { broadcast: { final: { type: 'shell', config: {} } } } });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches().slice(0, 2).sort()).toEqual(['all-0 1', 'all-1 1']);
  expect(stage.launches()[2]).toBe('all-final 1');
  expect(stage.asked).toContainEqual({ ask: 'job', node: 'all', item: 0, attempt: 1, items: { count: 2, list: [stage.host, stage.otherHost] } });
});

test('items that cannot be evaluated fail the node; without any it succeeds', async () => {
  stage.decides.answer = ({ ask, node }) => {
    if (ask !== 'items') return undefined;
    return node === 'bad' ? { failed: { code: 'INTERNAL', reason: 'no list' } } : { items: { count: 0, list: [] } };
  };
  const run = await stage.run({ bad: abc, none: abc });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ bad: 'FAILED', none: 'SUCCEED' });
});
