// Runs whose history is long, whose store is away, or which are large.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment } from '../harness.ts';
import { soon } from '../soon.ts';
import { RunStage, outcomeOf, runSnapshot, type Nodes } from './stage.ts';

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

const many = (count: number): Nodes => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, {}]));
const once = (launches: readonly string[]): void => expect(launches.length).toBe(new Set(launches).size);

test('a run that is continued as new with jobs under way loses nothing', async () => {
  const end = stage.running('r0', 'r1', 'r2');
  const line: Nodes = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`n${index}`, index === 0 ? {} : { needs: [`n${index - 1}`] }]));
  const nodes: Nodes = { r0: {}, r1: {}, r2: {}, ...line, ask: { wait: { approval: {} } }, late: { needs: ['r0', 'r1', 'r2', 'ask', 'n24'] } };
  const run = await stage.run(nodes, {}, { historyBudget: 50 });
  await stage.untilRow(run, 'n24', 'SUCCEED');
  // As often as the history is long: 25 nodes of 15 events.
  expect(stage.executions(run)).toBeGreaterThanOrEqual(5);
  await run.signal('approve', { node: 'ask', by: 'bob' });
  for (const name of ['r0', 'r1', 'r2']) {
    await stage.shows(run, name, 'RUNNING');
    end(name);
  }
  expect(await outcomeOf(run)).toBe('SUCCEED');
  once(stage.launches());
  expect(stage.launches()).toHaveLength(29);
  expect(stage.runEvents.map(({ seq }) => seq)).toEqual(stage.runEvents.map((_, index) => index + 1));
  expect(stage.jobEvents(run, 'r0').map(({ seq }) => seq)).toEqual(stage.jobEvents(run, 'r0').map((_, index) => index + 1));
  expect(new Set(stage.released).size).toBe(29);
});

test('items, kills and child runs go on over a continue-as-new', async () => {
  const { children } = stage;
  const { specOf } = await import('./stage.ts');
  children.set('sub', specOf({ x: {} }));
  const end = stage.running('each-7', 'x', 'r');
  const run = await stage.run(
    { each: { foreach: { item: Array.from({ length: 30 }, (_, index) => index), limit: 3 } }, sub: { dag: { ref: 'child' } }, r: {} },
    {},
    { historyBudget: 50 },
  );
  await soon(() => expect(stage.launches()).toContain('each-29 1'));
  await run.signal('kill', { id: 'k', node: 'r', by: 'bob' });
  await stage.untilRow(run, 'r', 'KILLED');
  end('x');
  await stage.untilRow(run, 'sub', 'SUCCEED');
  end('each-7');
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.nodesOf(run)).toEqual({ each: 'SUCCEED', sub: 'SUCCEED', r: 'KILLED' });
  expect(stage.executions(run)).toBeGreaterThanOrEqual(5);
  once(stage.launches());
});

test('a store that is away for a while holds back what asks it, and learns everything in order afterwards', async () => {
  const end = stage.running('r');
  const run = await stage.run({ a: {}, r: {}, b: { needs: ['r'] } });
  await stage.shows(run, 'r', 'RUNNING');
  let away = true;
  const { admit } = stage.script;
  const gone = (): void => {
    if (away) throw new Error('no store');
  };
  stage.script.record = gone;
  stage.decides.before = gone;
  stage.decides.recordRun = gone;
  stage.script.admit = (request) => {
    gone();
    return admit(request);
  };
  end('r');
  await soon(() => expect(stage.steps()).toContain('finish'));
  await run.signal('disable', { node: 'a' });
  setTimeout(() => {
    away = false;
  }, 1_000);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.nodesOf(run)).toEqual({ a: 'SUCCEED', r: 'SUCCEED', b: 'SUCCEED' });
  expect(stage.runEvents.map(({ seq }) => seq)).toEqual(stage.runEvents.map((_, index) => index + 1));
  once(stage.launches());
});

test('three hundred nodes run at once, two hundred of them under way', async () => {
  const end = stage.running();
  const run = await stage.run(many(300));
  await soon(() => expect(stage.launches()).toHaveLength(200));
  expect(Object.keys((await runSnapshot(run)).jobs)).toHaveLength(200);
  await stage.untilRow(run, 'n299', 'live');
  expect(stage.row(run, 'n299')!.reason).toBe('the run has as many jobs under way as it may');
  for (let index = 0; index < 300; index++) end(`n${index}`);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches()).toHaveLength(300);
  once(stage.launches());
}, 240_000);
