// Ten thousand items in one node: what is carried stays small, and nothing runs twice.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment, launched, succeeded } from '../harness.ts';
import { RunStage, outcomeOf } from './stage.ts';

let env: TestWorkflowEnvironment;
let stage: RunStage;
beforeAll(async () => {
  env = await environment();
  stage = await new RunStage(env).open();
});
afterAll(async () => {
  await stage.close();
  await env.teardown();
});

test('a foreach of 10,000 items runs each of them once', { timeout: 1_800_000 }, async () => {
  stage.script.launch = () => Promise.resolve({ ...launched(succeeded), finished: { outputs: {}, timings: [] } });
  const item = Array.from({ length: 10_000 }, (_, index) => index);
  stage.decides.answer = ({ ask }) => (ask === 'items' ? { items: { count: 10_000, sha256: 'x'.repeat(64), size: 50_000 } } : undefined);
  const run = await stage.run({ each: { foreach: { item } }, after: { needs: ['each'] } }, {}, { historyBudget: 4_000 });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  const launches = stage.launches();
  expect(launches).toHaveLength(10_001);
  expect(new Set(launches).size).toBe(10_001);
  const { carried } = await run.result();
  expect(JSON.stringify(carried).length).toBeLessThan(50_000);
});
