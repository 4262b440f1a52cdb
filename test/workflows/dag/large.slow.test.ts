// Ten thousand items in one node, and ten thousand nodes: what is carried stays small, and nothing runs twice.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { environment, launched, succeeded } from '../harness.ts';
import { RunStage, outcomeOf, type Nodes } from './stage.ts';

let env: TestWorkflowEnvironment;
let stage: RunStage;
beforeAll(async () => {
  env = await environment();
});
afterAll(() => env.teardown());
beforeEach(async () => {
  stage = await new RunStage(env).open();
  stage.script.launch = () => Promise.resolve({ ...launched(succeeded), finished: { outputs: {}, timings: [] } });
});
afterEach(() => stage.close());

test('a foreach of 10,000 items runs each of them once', { timeout: 1_800_000 }, async () => {
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

test('10,000 nodes in 40 layers run each of them once, none before what it needs', { timeout: 1_800_000 }, async () => {
  const [layers, width] = [40, 250];
  const name = (layer: number, place: number): string => `n${layer}-${place % width}`;
  const nodes: Nodes = Object.fromEntries(
    Array.from({ length: layers * width }, (_, index) => {
      const [layer, place] = [Math.floor(index / width), index % width];
      return [name(layer, place), layer === 0 ? {} : { needs: [name(layer - 1, place), name(layer - 1, place + 1)] }];
    }),
  );
  const run = await stage.run(nodes, {}, { historyBudget: 4_000 });
  expect(await outcomeOf(run)).toBe('SUCCEED');
  const launches = stage.launches().map((launch) => launch.split(' ')[0]!);
  expect(launches).toHaveLength(layers * width);
  const at = new Map(launches.map((node, place) => [node, place]));
  expect(at.size).toBe(layers * width);
  const early = Object.entries(nodes).filter(([node, { needs = [] }]) => (needs as string[]).some((need) => at.get(need)! > at.get(node)!));
  expect(early).toEqual([]);
  expect(stage.executions(run)).toBeGreaterThan(5);
});
