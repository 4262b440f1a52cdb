// A node that is a run of another DAG.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment } from '../harness.ts';
import { RunStage, outcomeOf, specOf, type Run } from './stage.ts';

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

/** The child run of a node, once it runs. */
const childOf = (run: Run, node: string): Run => env.client.workflow.getHandle(`${run.workflowId}/${node}`) as unknown as Run;

test('a child run is a run, and tells its end', async () => {
  stage.children.set('sub', specOf({ x: {}, y: { needs: ['x'] } }));
  const run = await stage.run({ a: {}, sub: { needs: ['a'], dag: { ref: 'child' } }, b: { needs: ['sub'] } });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(stage.launches()).toEqual(['a 1', 'x 1', 'y 1', 'b 1']);
  expect(stage.row(run, 'sub')).toMatchObject({ status: 'SUCCEED', childRun: `${run.workflowId.split('~')[1]}1` });
  expect(await childOf(run, 'sub').result()).toMatchObject({ outcome: 'SUCCEED', dag: 'child' });
});

test('a failure of the child fails the node, and a rerun starts another child', async () => {
  stage.children.set('sub', specOf({ x: {} }));
  stage.failing('x');
  const run = await stage.run({ sub: { dag: { ref: 'child' } }, b: { needs: ['sub'] } });
  expect(await outcomeOf(run)).toBe('FAILED');
  expect(stage.row(run, 'sub')).toMatchObject({ status: 'FAILED', reason: 'failed: x' });
  stage.failing();
  const again = await stage.again(run, { mode: 'failed' });
  expect(await outcomeOf(again)).toBe('SUCCEED');
  expect(stage.asked.filter(({ ask }) => ask === 'dag')).toEqual([
    { ask: 'dag', node: 'sub', attempt: 1 },
    { ask: 'dag', node: 'sub', attempt: 2 },
  ]);
});

test('a kill of the run kills its child, and waits for its end', async () => {
  stage.children.set('sub', specOf({ x: {} }));
  stage.running('x');
  const run = await stage.run({ sub: { dag: { ref: 'child' } } });
  await stage.shows(childOf(run, 'sub'), 'x', 'RUNNING');
  await run.signal('kill', { by: 'bob', reason: 'enough' });
  expect(await outcomeOf(run)).toBe('KILLED');
  expect(stage.nodesOf(run)).toEqual({ sub: 'KILLED' });
  expect(await childOf(run, 'sub').result()).toMatchObject({ outcome: 'KILLED', reason: 'killed by bob: enough' });
});

test.each([
  ['SUCCEED', { status: 'SUCCEED' }],
  ['missing', { status: 'FAILED', code: 'HISTORY_LOST' }],
] as const)('a child that has told nothing is found by looking: %s', async (outcome, row) => {
  stage.children.set('sub', specOf({ x: {} }));
  stage.orphans = true;
  stage.decides.closedChildren = (ids) => Promise.resolve(ids.map((workflowId) => ({ workflowId, outcome })));
  const run = await stage.run({ sub: { dag: { ref: 'child' } } });
  expect(await outcomeOf(run)).toBe(row.status);
  expect(stage.row(run, 'sub')).toMatchObject(row);
});
