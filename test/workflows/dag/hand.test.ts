// What people do to a run by hand: kill, pause, disable, mark, approve, signals, and messages of garbage.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment, GARBAGE, seen } from '../harness.ts';
import { soon } from '../soon.ts';
import { RunStage, outcomeOf, runSnapshot, type Run } from './stage.ts';

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

const refusals = (): (string | undefined)[] => stage.runEvents.filter(({ type }) => type === 'refused').map(({ reason }) => reason);

test('a kill of the run stops every job and skips the rest', async () => {
  stage.running('b', 'c');
  const run = await stage.run({ a: {}, b: { needs: ['a'] }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } });
  await stage.shows(run, 'b', 'RUNNING');
  await stage.shows(run, 'c', 'RUNNING');
  await run.signal('kill', { id: 'k', by: 'bob', reason: 'enough' });
  expect(await run.result()).toMatchObject({ outcome: 'KILLED', reason: 'killed by bob: enough' });
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', b: 'KILLED', c: 'KILLED', d: 'SKIPPED' });
  expect(stage.jobEvents(run, 'b').at(-1)).toMatchObject({ status: 'KILLED', by: 'bob' });
  expect(stage.runEvents.find(({ type }) => type === 'kill')).toMatchObject({ by: 'bob', reason: 'enough' });
});

test("Temporal's cancel means kill", async () => {
  stage.running('a');
  const run = await stage.run({ a: {} });
  await stage.shows(run, 'a', 'RUNNING');
  await run.cancel();
  expect(await outcomeOf(run)).toBe('KILLED');
});

test('a kill before a job has its place withdraws it', async () => {
  stage.script.admit = () => ({ admitted: false, reason: 'full' });
  const run = await stage.run({ a: {} });
  await stage.shows(run, 'a', 'ACCEPTED');
  await run.signal('kill', {});
  expect(await outcomeOf(run)).toBe('KILLED');
  expect(stage.nodesOf(run)).toEqual({ a: 'CANCELED' });
  expect(stage.steps()).not.toContain('launch');
});

test('a kill of one node stops it alone, and harder when asked again', async () => {
  const end = stage.running('a', 'b');
  let stops = 0;
  stage.script.stop = ({ how }) =>
    Promise.resolve({ observation: how === 'forced' ? seen('ended', { final: 'killed' }) : seen('running'), stopped: [], n: stops++ });
  const run = await stage.run({ a: {}, b: {}, c: { needs: ['a'] }, d: { needs: ['b'] } });
  await stage.shows(run, 'a', 'RUNNING');
  await run.signal('kill', { node: 'a', by: 'bob' });
  await soon(() => expect(stops).toBeGreaterThan(0));
  await run.signal('kill', { node: 'a', by: 'bob', how: 'forced' });
  await stage.untilRow(run, 'a', 'KILLED');
  await stage.shows(run, 'b', 'RUNNING');
  end('b');
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ a: 'KILLED', b: 'SUCCEED', c: 'SKIPPED', d: 'SUCCEED' });
});

test('nothing starts in a paused run until it is resumed', async () => {
  const end = stage.running('a');
  const run = await stage.run({ a: {}, b: { needs: ['a'] } });
  await stage.shows(run, 'a', 'RUNNING');
  await run.signal('pause', { by: 'bob' });
  end('a');
  await soon(() => expect(stage.row(run, 'b')).toMatchObject({ phase: 'ready', reason: 'the run is paused' }));
  expect(await runSnapshot(run)).toMatchObject({ paused: true });
  await run.signal('resume', {});
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'b 1']);
});

test('nodes are disabled, enabled, skipped and marked', async () => {
  const end = stage.running('a', 'b');
  const run = await stage.run({
    a: {},
    off: { needs: ['a'] },
    on: { needs: ['a'], disabled: true },
    skipped: { needs: ['a'] },
    b: {},
    c: { needs: ['b'] },
  });
  await stage.shows(run, 'a', 'RUNNING');
  await run.signal('disable', { node: 'off', by: 'bob' });
  await run.signal('enable', { node: 'on' });
  await run.signal('skip', { node: 'skipped', by: 'bob', reason: 'not today' });
  await run.signal('mark', { node: 'b', as: 'succeeded' });
  end('a');
  end('b', seen('ended', { final: 'failed', exitCode: 1 }));
  await stage.untilRow(run, 'c', 'SKIPPED');
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', off: 'DISABLED', on: 'SUCCEED', skipped: 'SKIPPED', b: 'FAILED', c: 'SKIPPED' });
  expect(refusals()).toEqual(['mark refused: b: its job is under way; kill it first']);
  expect(stage.runEvents.find(({ type }) => type === 'mark')).toMatchObject({ by: 'bob', reason: 'skipped by hand: not today' });
});

test('a time is waited for, and what follows runs after it', async () => {
  const before = await env.currentTimeMs();
  const run = await stage.run({ a: { wait: { time: '2h' } }, b: { needs: ['a'] } });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(7_200_000);
});

test('an approval lets a node go on, or fails it', async () => {
  const run = await stage.run({
    yes: { wait: { approval: {} } },
    no: { wait: { approval: {} } },
    late: { wait: { approval: {}, timeout: '1h' } },
    b: { needs: ['yes'] },
    c: { needs: ['no'] },
  });
  await stage.untilRow(run, 'yes', 'live');
  await run.signal('approve', { node: 'yes', by: 'bob' });
  await run.signal('approve', { node: 'no', by: 'bob', approved: false });
  await run.signal('approve', { node: 'b', by: 'bob' });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ yes: 'SUCCEED', no: 'FAILED', late: 'FAILED', b: 'SUCCEED', c: 'SKIPPED' });
  expect(stage.row(run, 'late')).toMatchObject({ code: 'TOTAL_TIMEOUT', reason: 'waited for longer than 1h' });
  expect(stage.runEvents.filter(({ type }) => type === 'approve').map(({ by, reason }) => [by, reason])).toEqual([
    ['bob', 'approved'],
    ['bob', 'not approved'],
  ]);
});

test('a signal ends the waits for it, and one that comes early is kept for the next', async () => {
  const end = stage.running('a');
  const run = await stage.run({ now: { wait: { signal: 'go' } }, a: {}, next: { needs: ['a'], wait: { signal: 'later' } } });
  await stage.untilRow(run, 'now', 'live');
  await run.signal('signal', { name: 'later', by: 'bob' });
  await run.signal('signal', { name: 'nobody' });
  await run.signal('signal', { name: 'go', by: 'bob' });
  await stage.untilRow(run, 'now', 'SUCCEED');
  end('a');
  expect(await outcomeOf(run)).toBe('SUCCEED');
});

test('cycles of another DAG are waited for by an activity, which a kill ends', async () => {
  let asked = 0;
  stage.decides.awaitCycles = ({ node }) => {
    asked += 1;
    return Promise.resolve(node === 'bad' ? { failed: 'orders-daily of 2026-01-01 failed' } : { met: true });
  };
  const run = await stage.run({ good: { wait: { dag: 'orders' } }, bad: { wait: { dag: 'orders' } } });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ good: 'SUCCEED', bad: 'FAILED' });
  expect(stage.row(run, 'bad')!.reason).toBe('orders-daily of 2026-01-01 failed');
  expect(asked).toBe(2);
});

test('an UNKNOWN of a node is resolved by a message with its place', async () => {
  stage.script.launch = () => Promise.resolve({ handle: { id: 'h' }, observation: seen('not-found'), timings: [] });
  stage.script.describe = () => Promise.resolve({ observation: seen('not-found') });
  const run = await stage.run({ a: {}, b: { needs: ['a'] } });
  await stage.shows(run, 'a', 'UNKNOWN');
  stage.script.launch = () => Promise.resolve({ handle: { id: 'h' }, observation: seen('ended', { final: 'succeeded' }), timings: [] });
  await run.signal('resolve', { node: 'a', as: 'succeeded', by: 'carol' });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.jobEvents(run, 'a').at(-1)).toMatchObject({ status: 'SUCCEED', by: 'carol' });
});

const SIGNALS = [
  'kill',
  'rerun',
  'mark',
  'skip',
  'disable',
  'enable',
  'pause',
  'resume',
  'approve',
  'signal',
  'resolve',
  'modify',
  'admitted',
  'childEnded',
];

test('messages of garbage do no harm, and one of an id is applied once', async () => {
  const end = stage.running('a');
  const run: Run = await stage.run({ a: {} });
  await stage.shows(run, 'a', 'RUNNING');
  const garbage = [
    ...GARBAGE,
    { node: 'x', item: -1 },
    { node: 7, item: {} },
    { nodes: 'a', mode: 'some', params: 5, spec: [] },
    { item: 'first', nodes: [1] },
  ];
  const harmless = garbage.filter((message) => typeof message === 'object' && message !== null && !Array.isArray(message));
  for (const name of SIGNALS.filter((one) => one !== 'pause')) {
    for (const message of name === 'kill' ? [{ node: 'x', item: -1 }, { node: 'nowhere' }] : garbage) await run.signal(name, message);
  }
  for (const message of harmless) await run.signal('nonsense', message);
  for (let times = 0; times < 3; times++) await run.signal('pause', { id: 'p', by: 'bob' });
  await soon(() => expect(stage.runEvents.filter(({ type }) => type === 'pause')).toHaveLength(1));
  expect(await runSnapshot(run)).toMatchObject({ status: 'RUNNING', paused: true, appliedIds: expect.arrayContaining(['p']) as string[] });
  end('a');
  expect(await outcomeOf(run)).toBe('SUCCEED');
});

test('what a kill or a rerun is about and cannot be read is refused: it is never taken for more', async () => {
  const end = stage.running('a');
  const run = await stage.run({ a: {} });
  await stage.shows(run, 'a', 'RUNNING');
  for (const message of [{ node: 5 }, { node: { a: 1 } }, { node: 'a', item: -1 }, { node: 'a', item: 'one' }]) await run.signal('kill', message);
  for (const message of [{ mode: 'everything' }, { nodes: [5] }, { nodes: ['a'], item: 1.5 }, { mode: 'all', params: [1] }])
    await run.signal('rerun', message);
  await soon(() => expect(refusals()).toHaveLength(8));
  expect(refusals()).toEqual([
    ...['node', 'node', 'item', 'item'].map((field) => `kill refused: its ${field} cannot be read`),
    ...['mode', 'nodes', 'item', 'params'].map((field) => `rerun refused: its ${field} cannot be read`),
  ]);
  end('a');
  expect(await outcomeOf(run)).toBe('SUCCEED');
});

test('a mark in a run that has ended gives it the reason of its new end', async () => {
  stage.failing('a', 'b');
  const run = await stage.run({ a: {}, b: {} });
  expect(await run.result()).toMatchObject({ outcome: 'FAILED', reason: 'failed: a, b' });
  const last = () => stage.runEvents.filter(({ status, type }) => status === 'FINISH' && type === 'status').at(-1);
  await stage.again(run, { node: 'a', as: 'succeeded', by: 'bob', reason: 'by paper' }, 'mark');
  await soon(() => expect(last()).toMatchObject({ outcome: 'FAILED', reason: 'failed: b' }));
  await stage.again(run, { node: 'b', as: 'succeeded' }, 'mark');
  await soon(() => expect(last()).toMatchObject({ outcome: 'SUCCEED' }));
  expect(last()).not.toHaveProperty('reason');
});

test('a node may be called as what every object has', async () => {
  const run = await stage.run({ constructor: {}, next: { needs: ['constructor'] } });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['constructor 1', 'next 1']);
});
