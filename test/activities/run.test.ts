// What a run is answered, with what the store knows of its nodes.
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobInput, Json } from '../../src/specs/execution.ts';
import { childRunId, nodeJobAddress, runWorkflowId } from '../../src/specs/identity.ts';
import type { RunAnswer, RunInput } from '../../src/specs/run.ts';
import { APP, GRANTS, runScene, shell, succeeded, type RunScene } from './run-scene.ts';

let scene: RunScene;
beforeEach(async () => {
  scene = await runScene();
});
afterEach(() => scene.close());

const inputOf = (answer: RunAnswer): JobInput => {
  expect(answer).toHaveProperty('input');
  return (answer as { input: JobInput }).input;
};
const inline = (input: JobInput): string => (input.spec.config['script'] as { inline: string }).inline;
const job = (run: RunInput, node: string, more: object = {}) => ({ ask: 'job' as const, node, attempt: 1, ...more });

test('a job gets the values of the run, the defaults of the DAG, and a place', async () => {
  const run = await scene.run(
    { parameters: { day: { type: 'date' } }, defaults: { env: { DAG: '${{ run.dag }}' } }, nodes: { load: { job: shell('day=${{ params.day }}') } } },
    { params: { day: '2026-11-25' } },
  );
  const input = inputOf(await scene.ask(run, job(run, 'load')));
  expect(inline(input)).toBe("day='2026-11-25'");
  expect(input).toMatchObject({
    app: APP,
    mark: 'mark',
    by: 'etl/alice',
    place: { run: run.runId, dag: 'flights', node: 'load', owner: runWorkflowId(APP, 'flights', run) },
    spec: { name: 'load', type: 'shell', cluster: 'local', queue: 'default', env: { DAG: 'flights' } },
  });
  expect(input.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('outputs are read of nodes that succeeded: values, files, and lists in the order of the items', async () => {
  const outputs = { rows: { type: 'int' as const }, table: { file: 't.csv' } };
  const run = await scene.run({
    nodes: {
      load: { job: shell('true', { outputs }) },
      each: { needs: ['load'], foreach: { item: ['a', 'b', 'c'] }, job: shell('echo ${{ item }} ${{ index }}', { outputs: { n: { type: 'int' } } }) },
      sum: {
        needs: ['each'],
        job: {
          type: 'builtin',
          config: {
            module: { inline: '' },
            params: { n: '${{ outputs.each.map(o, o.n) }}', file: '${{ outputs.load.table }}', at: '${{ nodes.load.attempt }}' },
          },
        },
      },
    },
  });
  const load = inputOf(await scene.ask(run, job(run, 'load')));
  const table = { name: 't.csv', sha256: 'a'.repeat(64), size: 7 };
  await scene.ended(load, 'SUCCEED', { rows: { value: 3 }, table });
  const { items } = (await scene.ask(run, { ask: 'items', node: 'each' }, { load: succeeded })) as { items: { count: number } };
  expect(items).toEqual({ count: 3, list: ['a', 'b', 'c'] });
  // They end in another order.
  for (const item of [2, 0, 1]) {
    const input = inputOf(await scene.ask(run, job(run, 'each', { item, items }), { load: succeeded }));
    expect(inline(input)).toBe(`echo '${'abc'[item]}' '${item}'`);
    expect(input.place).toMatchObject({ node: 'each', item });
    await scene.ended(input, 'SUCCEED', { n: { value: item * 10 } });
  }
  const sum = inputOf(await scene.ask(run, job(run, 'sum'), { load: succeeded, each: succeeded }));
  expect(sum.spec.config['params']).toEqual({ n: [0, 10, 20], file: table, at: 1 });
});

test('the job after the items reads their outputs, and who comes after reads its', async () => {
  const reduce = shell('total=${{ size(outputs.count) }}', { outputs: { total: { type: 'int' } } });
  const run = await scene.run({
    nodes: {
      count: { mapReduce: { item: [1, 2], reduce }, job: shell('echo ${{ item }}', { outputs: { n: { type: 'int' } } }) },
      next: { needs: ['count'], when: 'outputs.count.total == 2', job: shell('true') },
    },
  });
  const items = { count: 2, list: [1, 2] };
  for (const item of [0, 1]) await scene.ended(inputOf(await scene.ask(run, job(run, 'count', { item, items }))), 'SUCCEED', { n: { value: item } });
  const final = inputOf(await scene.ask(run, job(run, 'count', { item: 'final', items })));
  expect(inline(final)).toBe("total='2'");
  await scene.ended(final, 'SUCCEED', { total: { value: 2 } });
  expect(await scene.ask(run, { ask: 'when', node: 'next' }, { count: succeeded })).toEqual({ holds: true });
});

test('a node that did not succeed has no outputs, and its end can be asked for', async () => {
  const run = await scene.run({
    nodes: {
      load: { onFailure: 'ignore', job: shell('false', { outputs: { rows: { type: 'int' } } }) },
      next: { needs: ['load'], when: '!has(outputs.load) && nodes.load.code == "EXIT_CODE"', job: shell('true') },
      wrong: { needs: ['load'], when: 'outputs.load.rows > 0', job: shell('true') },
    },
  });
  await scene.ended(inputOf(await scene.ask(run, job(run, 'load'))), 'FAILED');
  const nodes = { load: { status: 'FAILED', attempt: 1, code: 'EXIT_CODE' } } as const;
  expect(await scene.ask(run, { ask: 'when', node: 'next' }, nodes)).toEqual({ holds: true });
  expect(await scene.ask(run, { ask: 'when', node: 'wrong' }, nodes)).toEqual({
    failed: { code: 'EXPRESSION_FAILED', reason: expect.stringMatching(/^\/nodes\/wrong\/when: .*has\(\)/) as string },
  });
});

test('a node that was marked as succeeded has no outputs, for it gave none', async () => {
  const run = await scene.run({
    nodes: { load: { job: shell('false') }, next: { needs: ['load'], when: 'has(outputs.load)', job: shell('true') } },
  });
  expect(await scene.ask(run, { ask: 'when', node: 'next' }, { load: succeeded })).toEqual({ holds: false });
});

test('a job that runs again keeps its id, and is made anew with the values of now', async () => {
  const dag = { parameters: { day: { type: 'date' as const } }, nodes: { load: { job: shell('day=${{ params.day }}') } } };
  const run = await scene.run(dag, { params: { day: '2026-11-25' } });
  const first = inputOf(await scene.ask(run, job(run, 'load')));
  // The store lags: it is asked again.
  await expect(scene.ask(run, job(run, 'load', { attempt: 2 }))).rejects.toThrow('does not know attempt 1 yet');
  await scene.ended(first, 'FAILED');
  const again = await scene.ask({ ...run, params: { day: '2026-11-26' } }, job(run, 'load', { attempt: 2 }));
  expect(again).toMatchObject({ input: { jobId: first.jobId, createdAt: first.createdAt }, carried: { attempt: 1, seq: 3, status: 'FAILED' } });
  expect(inline(inputOf(again))).toBe("day='2026-11-26'");
  await scene.ended(inputOf(again), 'SUCCEED', {}, 2);
  // What is shown is what ran.
  const row = (await scene.store.executions.byWorkflowId(nodeJobAddress(first.place!.owner, 'load')))!;
  expect(row).toMatchObject({ jobId: first.jobId, attempt: 2, status: 'SUCCEED', digest: inputOf(again).digest });
  expect((row.spec.config['script'] as { inline: string }).inline).toBe("day='2026-11-26'");
  // A task of the workflow that was lost asks for the same attempt once more.
  expect(await scene.ask(run, job(run, 'load', { attempt: 2 }))).toMatchObject({
    input: { jobId: first.jobId },
    carried: { attempt: 1, seq: 3, status: 'FAILED' },
  });
  const firstAgain = await scene.ask(run, job(run, 'load'));
  expect(firstAgain).toMatchObject({ input: { jobId: first.jobId } });
  expect(firstAgain).not.toHaveProperty('carried');
});

test('what a job may not do is said when its turn comes, and fails its node only', async () => {
  const run = await scene.run(
    {
      parameters: { n: { type: 'json' } },
      nodes: {
        granted: { job: shell('true') },
        long: { job: shell('true', { env: { X: '${{ params.n }}' } }) },
        list: { job: shell('echo ${{ params.n }}') },
        items: { foreach: { item: '${{ params.n }}' }, job: shell('true') },
      },
    },
    { params: { n: { a: 1 } } },
  );
  expect(await scene.ask(run, job(run, 'list'))).toEqual({
    failed: { code: 'EXPRESSION_FAILED', reason: expect.stringMatching(/^\/nodes\/list\/job\/config\/script\/inline: gives a map/) as string },
  });
  expect(await scene.ask(run, { ask: 'items', node: 'items' })).toEqual({
    failed: { code: 'EXPRESSION_FAILED', reason: '/nodes/items/foreach/item: gives {"a":1}, and the items must be a list' },
  });
  await scene.put('App', APP, { grants: { ...GRANTS, clusters: [] } });
  expect(await scene.ask(run, job(run, 'granted'))).toEqual({
    failed: { code: 'START_REFUSED', reason: 'node granted: App "etl" may not use cluster "local" (grants.clusters).' },
  });
});

test('a stored job is taken as it was when the run began, with its `with`', async () => {
  await scene.put('Job', 'load', shell('echo ${{ not mine }}', { env: { A: '1' } }));
  const run = await scene.run(
    {
      defaults: { env: { B: '2' } },
      parameters: { day: { type: 'date' } },
      nodes: { load: { job: { ref: 'load', with: { env: { DAY: '${{ params.day }}' } } } } },
    },
    { params: { day: '2026-11-25' } },
  );
  expect('spec' in run.spec && run.spec.spec.nodes['load']!.job).toMatchObject({ ref: 'load@1' });
  await scene.put('Job', 'load', shell('exit 1'));
  await scene.store.definitions.remove('Job', APP, 'load', 'test');
  const { spec } = inputOf(await scene.ask(run, job(run, 'load')));
  expect(spec).toMatchObject({ name: 'load', config: { script: { inline: 'echo ${{ not mine }}' } }, env: { A: '1', DAY: '2026-11-25' } });
  expect(spec.env).not.toHaveProperty('B');
});

test('a broadcast is for the workers that are online in its group, each job for one of them', async () => {
  const run = await scene.run({ nodes: { all: { broadcast: {}, job: shell('echo ${{ item }}') } } });
  expect(await scene.ask(run, { ask: 'items', node: 'all' })).toEqual({
    failed: { code: 'START_REFUSED', reason: 'node all: no worker of group default is online' },
  });
  const worker = { host: 'h', offline: false, slots: 1, running: 0, load: 0, freeMemory: 1, version: '0', seenAt: new Date().toISOString() };
  for (const [workerId, group] of [
    ['w2', 'default'],
    ['w1', 'default'],
    ['w3', 'other'],
  ] as const)
    await scene.store.workers.seen({ ...worker, workerId, group });
  const items = { count: 2, list: ['w1', 'w2'] };
  expect(await scene.ask(run, { ask: 'items', node: 'all' })).toEqual({ items });
  expect(inputOf(await scene.ask(run, job(run, 'all', { item: 1, items }))).spec).toMatchObject({
    worker: 'w2',
    config: { script: { inline: "echo 'w2'" } },
  });
});

test('what is large travels by digest: DAG, items, and the configuration of a job', async () => {
  const run = await scene.run(
    {
      parameters: { list: { type: 'json' } },
      nodes: {
        big: {
          foreach: { item: '${{ params.list }}' },
          job: { type: 'shell', config: { script: { inline: '#'.repeat(20_000) }, args: ['${{ item }}'] } },
        },
      },
    },
    { params: { list: Array.from({ length: 5_000 }, (_, n) => `item ${n}`) } },
  );
  expect(run.spec).toHaveProperty('sha256');
  expect((await scene.activities.runPlan(run.spec)).nodes).toMatchObject([{ name: 'big', kind: 'foreach' }]);
  const { items } = (await scene.ask(run, { ask: 'items', node: 'big' })) as { items: { count: number; sha256: string } };
  expect(items).toMatchObject({ count: 5_000, sha256: expect.any(String) as string });
  const { spec } = inputOf(await scene.ask(run, job(run, 'big', { item: 4_321, items })));
  expect(spec.config).toEqual({});
  const payload = JSON.parse((await buffer(await scene.deps.artifacts.get(spec.payload!.sha256))).toString()) as { config: { args: Json } };
  expect(payload.config.args).toEqual(['item 4321']);
});

const wait = (time: string) => ({ wait: { time } });

test('a wait lasts so long, or until a moment of the zone', async () => {
  const cycle = { at: '2026-11-26T05:00:00Z', planned: '2026-11-26T06:00:00+01:00', dataDate: '2026-11-25', zone: 'Europe/Berlin' };
  const run = await scene.run(
    {
      nodes: { a: wait('10m'), b: wait('${{ addHours(cycle.planned, 2) }}'), c: wait('${{ cycle.dataDate }}'), d: wait('${{ cycle.zone }}') },
    },
    { cycle },
  );
  const until = (node: string) => scene.ask(run, { ask: 'time', node, since: '2026-11-26T05:00:00.000Z' });
  expect(await until('a')).toEqual({ until: '2026-11-26T05:10:00.000Z' });
  expect(await until('b')).toEqual({ until: '2026-11-26T07:00:00.000Z' });
  expect(await until('c')).toEqual({ until: '2026-11-24T23:00:00.000Z' });
  expect(await until('d')).toEqual({ failed: { code: 'EXPRESSION_FAILED', reason: expect.stringContaining('gives "Europe/Berlin"') as string } });
});

test('a child run gets its parameters by its own types and defaults, and the cycle of its parent', async () => {
  const parameters = { day: { type: 'date', default: '${{ cycle.dataDate }}' }, n: { type: 'int', default: 2 } };
  await scene.put('Dag', 'child', { parameters, nodes: { a: { job: shell('true') } } });
  const cycle = { at: '2026-11-26T05:00:00Z', planned: '2026-11-26T06:00:00+01:00', dataDate: '2026-11-25', zone: 'Europe/Berlin' };
  const run = await scene.run(
    { parameters: { n: { type: 'json' } }, nodes: { sub: { dag: { ref: 'child', params: { n: '${{ params.n }}' } } } } },
    { cycle, params: { n: 7 } },
  );
  const workflowId = runWorkflowId(APP, 'flights', run);
  const answer = await scene.ask(run, { ask: 'dag', node: 'sub', attempt: 2 });
  expect(answer).toMatchObject({
    workflowId: `${workflowId}/sub~2`,
    child: { dag: 'child', version: 1, params: { day: '2026-11-25', n: 7 }, cycle, parent: { workflowId, node: 'sub', attempt: 2 }, by: 'etl/alice' },
  });
  const { child } = answer as { child: RunInput };
  await scene.store.runs.created(child, childRunId(workflowId, 'sub', 2));
  // Asked again it is the same run.
  expect(await scene.ask(run, { ask: 'dag', node: 'sub', attempt: 2 })).toMatchObject({ child: { runId: child.runId } });
  expect(await scene.ask({ ...run, params: { n: 'x' } }, { ask: 'dag', node: 'sub', attempt: 1 })).toEqual({
    failed: { code: 'START_REFUSED', reason: 'node sub: /params/n: must be of type int (is "x")' },
  });
});
