// Expressions inside a workflow: they bundle, give there what they give outside, replay, and add little to what every scheduler loads.
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateExpression } from '../../../src/expressions/evaluate.ts';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Sample, sample } from './sample.workflow.ts';
import { timeSkippingEnvironment } from '../../helpers/temporal.ts';
import { DECLARED, VALUES } from '../scene.ts';

const bundle = async (): Promise<{ code: string }> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('sample.workflow.ts', import.meta.url)), logger: new DefaultLogger('WARN') });

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkippingEnvironment();
}, 120_000);
afterAll(async () => {
  await env.teardown();
});

test('they are the same inside as outside', async () => {
  const workflowBundle = await bundle();
  const texts = [
    'outputs.extract.map(o, o.rows * 2)',
    'params.ratio / 2',
    'format(addDays(cycle.planned, -1), "yyyyMMdd")',
    'format(cycle.planned, "yyyy-MM-dd HH:mm", "Asia/Shanghai")',
    '9223372036854775807 + params.n',
    'json(params.tags)',
    'size("日本") + "ÄB".lowerAscii().size()',
    'outputs.sub.x',
    'params.dya',
    `${'!'.repeat(3000)}true`,
    'outputs.extract.exists(a, outputs.extract.exists(b, a.rows == b.rows + 100))',
  ];
  const input: Sample = {
    texts,
    spec: { script: 'echo ${{ params.text }}', sql: 'SELECT ${{ params.text }}', n: '${{ params.n }}' },
    places: [
      { path: ['script'], as: 'shell' },
      { path: ['sql'], as: 'sql', dialect: 'hive' },
      { path: ['n'], as: 'value' },
    ],
    declarations: DECLARED,
    values: VALUES,
  };
  const taskQueue = 'expressions';
  const worker = await Worker.create({ connection: env.nativeConnection, taskQueue, workflowBundle });
  const handle = await worker.runUntil(async () => {
    const started = await env.client.workflow.start<typeof sample>('sample', { taskQueue, workflowId: 'expressions', args: [input] });
    expect(await started.result()).toEqual({
      before: texts.map((text) => evaluateExpression(text, DECLARED, VALUES)),
      filled: { ok: true, value: { script: `echo 'it'\\''s "so"'`, sql: `SELECT 'it\\'s "so"'`, n: 3 } },
    });
    return started;
  });
  await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), 'expressions');
});

test('they add little to the bundle, and nothing of Node or zod', async () => {
  const { code } = await bundle();
  expect(code).not.toMatch(/node_modules\/zod\/|\.schema\.ts|require\("node:/);
  // A workflow that does nothing has 0.5 MB, so that expressions are a third of one. Without the source map, which is two thirds of it.
  expect(code.split('//# sourceMappingURL=')[0]!.length).toBeLessThan(900_000);
});
