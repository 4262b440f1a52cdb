// Waits for cycles of another DAG, and runs that have lost their workflow, by what the store has.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { WorkflowNotFoundError } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endLostRuns } from '../../src/activities/duties/lost-runs.ts';
import { killChildren } from '../../src/activities/run/lost-run.ts';
import { newJobId } from '../../src/compose/job-id.ts';
import type { JobInput } from '../../src/specs/execution.ts';
import { runWorkflowId } from '../../src/specs/identity.ts';
import type { ItemId, NodeChange, RunCycle, RunEvent, RunInput } from '../../src/specs/run.ts';
import { APP, runScene, shell, type RunScene } from './run-scene.ts';

let scene: RunScene;
/** How Temporal says that each workflow stands. */
let status: string | undefined;
/** The newest execution of each. */
let newest: string;
let signals: object[];
const client = {
  workflow: {
    list: async function* () {},
    getHandle: (id: string) => ({
      describe: () =>
        status === undefined
          ? Promise.reject(new WorkflowNotFoundError('gone', id, undefined))
          : Promise.resolve({ status: { name: status }, runId: newest, raw: {} }),
      result: () => Promise.resolve({ outcome: 'FAILED' }),
      signal: (name: string, message: object) => {
        signals.push({ id, name, ...message });
        return Promise.resolve();
      },
    }),
  },
};
beforeEach(async () => {
  status = 'RUNNING';
  signals = [];
  scene = await runScene(client as never);
  await scene.put('Dag', 'orders', { schedule: { cron: '0 6 * * *', timezone: 'UTC' }, nodes: { load: { job: shell('true') } } });
});
afterEach(() => scene.close());

const cycleOf = (day: string): RunCycle => ({ at: `${day}T06:00:00Z`, planned: `${day}T06:00:00+00:00`, dataDate: day, zone: 'UTC' });

async function tell(run: RunInput, ...events: (Pick<RunEvent, 'status'> & Partial<RunEvent>)[]): Promise<void> {
  const seq = (await scene.store.runs.run(run.runId))!.seq;
  const whole = events.map((event, at): RunEvent => ({ seq: seq + at + 1, at: '2026-11-26T07:00:00.000Z', type: 'status', generation: 1, ...event }));
  await scene.activities.recordAll({
    jobs: [],
    runs: [{ input: run, workflowId: runWorkflowId(APP, run.dag, run), temporalRunId: 't', events: whole }],
  });
}
const node = (name: string, change: Pick<NodeChange, 'phase' | 'status'>): NodeChange => ({ node: name, attempt: 1, ...change });
const orders = (day: string) => scene.run({ name: 'orders', nodes: { load: { job: shell('true') } } }, { cycle: cycleOf(day) });

/** What a wait is told at this moment: its answer, or what it still misses. */
async function look(wait: object, cycle: RunCycle | null = cycleOf('2026-11-26')): Promise<unknown> {
  const run = await scene.run({ name: `w${scenes++}`, nodes: { wait: { wait: { dag: 'orders', ...wait } } } }, cycle ? { cycle } : {});
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  return await env.run(() => scene.activities.awaitCycles({ run, node: 'wait' })).catch((error: Error) => error.message);
}
let scenes = 0;

test('a wait for the same cycle is met when its run has succeeded', async () => {
  expect(await look({})).toBe('orders: 2026-11-26T06:00:00Z has no run yet');
  const run = await orders('2026-11-26');
  await tell(run, { status: 'RUNNING' });
  expect(await look({})).toBe('orders: 2026-11-26T06:00:00Z is RUNNING');
  await tell(run, { status: 'FINISH', outcome: 'FAILED' });
  expect(await look({})).toBe('orders: 2026-11-26T06:00:00Z has ended FAILED');
  await tell(run, { status: 'RUNNING', generation: 2, type: 'rerun' }, { status: 'FINISH', outcome: 'SUCCEED', generation: 2 });
  expect(await look({})).toEqual({ met: true });
});

test('a wait for a node does not wait for the rest of its run', async () => {
  const run = await orders('2026-11-26');
  expect(await look({ node: 'load' })).toBe('node load of orders: 2026-11-26T06:00:00Z has not come to it yet');
  await tell(run, { status: 'RUNNING', nodes: [node('load', { phase: 'live', status: 'job' })] });
  expect(await look({ node: 'load' })).toBe('node load of orders: 2026-11-26T06:00:00Z is under way');
  await tell(run, { status: 'RUNNING', nodes: [node('load', { phase: 'succeeded', status: 'SUCCEED' })] });
  expect(await look({ node: 'load' })).toEqual({ met: true });
});

test('a window has the cycles that the other schedule plans, and the rule says how many of them', async () => {
  for (const day of ['2026-11-24', '2026-11-25']) await tell(await orders(day), { status: 'FINISH', outcome: 'SUCCEED' });
  const last3 = { window: 'last 3 days' };
  expect(await look(last3)).toBe('orders: 2026-11-23T06:00:00Z has no run yet');
  expect(await look({ ...last3, rule: 'last 2' })).toEqual({ met: true });
  expect(await look({ ...last3, rule: 'any' })).toEqual({ met: true });
  expect(await look({ window: 'd(-7,-5)', rule: 'any' })).toBe(
    'orders: no cycle of 3 has succeeded; 2026-11-19T06:00:00Z has no run yet, and 2 more',
  );
});

test('what can never be met fails, and says why', async () => {
  expect(await look({}, null)).toEqual({ failed: 'the run stands for no cycle, so that there is none of orders to wait for' });
  expect(await look({ window: 'last 1000 days', rule: 'all' })).not.toHaveProperty('failed');
  await scene.put('Dag', 'orders', { schedule: { cron: '* * * * *', timezone: 'UTC' }, nodes: { load: { job: shell('true') } } });
  expect(await look({ window: 'last 1000 days' })).toEqual({ failed: expect.stringContaining('more than 10000 cycles') as string });
});

test('a DAG without planned cycles is waited for by the cycles that its runs stand for', async () => {
  await scene.put('Dag', 'orders', { nodes: { load: { job: shell('true') } } });
  expect(await look({ window: 'yesterday' })).toBe('no run of orders stands for the day before');
  await tell(await orders('2026-11-25'), { status: 'FINISH', outcome: 'SUCCEED' });
  expect(await look({ window: 'yesterday' })).toEqual({ met: true });
});

test('a run whose workflow was terminated ends, with what was under way and what was not', async () => {
  const run = await orders('2026-11-26');
  await tell(run, {
    status: 'RUNNING',
    nodes: [node('load', { phase: 'live', status: 'job' }), node('next', { phase: 'waiting', status: 'WAITING' })],
  });
  await endLostRuns(scene.deps, undefined);
  expect(await scene.store.runs.run(run.runId)).toMatchObject({ status: 'RUNNING' });
  status = 'TERMINATED';
  await endLostRuns(scene.deps, undefined);
  expect(await scene.store.runs.run(run.runId)).toMatchObject({
    status: 'FINISH',
    outcome: 'KILLED',
    reason: 'its workflow was terminated in Temporal',
  });
  expect(Object.fromEntries((await scene.store.runs.nodes(run.runId)).map(({ node: name, status: now }) => [name, now]))).toEqual({
    load: 'KILLED',
    next: 'SKIPPED',
  });
});

test('a run that Temporal has forgotten has failed', async () => {
  const run = await orders('2026-11-26');
  status = undefined;
  await endLostRuns(scene.deps, undefined);
  expect(await scene.store.runs.run(run.runId)).toMatchObject({ status: 'FINISH', outcome: 'FAILED', reason: 'Temporal no longer knows this run' });
});

const closed = async () => (await scene.activities.closedChildren(['dag:etl:a:1/sub']))[0]?.outcome;

test('children that are closed are told with their outcome, open ones are not', async () => {
  expect(await closed()).toBeUndefined();
  status = 'COMPLETED';
  expect(await closed()).toBe('FAILED');
  status = 'TERMINATED';
  expect(await closed()).toBe('KILLED');
  status = undefined;
  expect(await closed()).toBe('missing');
});

test('a run that was cut off is taken up when its jobs have ended, with their attempts', async () => {
  const run = await scene.run({ nodes: { load: { job: shell('true') } } });
  const workflowId = runWorkflowId(run.app, run.dag, run);
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const takeUp = () => env.run(() => scene.activities.lastDagRun(workflowId));
  const { input } = (await scene.ask(run, { ask: 'job', node: 'load', attempt: 1 })) as { input: JobInput };
  const itemOf = (item: ItemId): JobInput => ({ ...input, jobId: newJobId(), place: { ...input.place!, node: 'each', item } });
  await scene.ended(itemOf(2), 'KILLED');
  await scene.ended(itemOf('final'), 'UNKNOWN');
  const going = itemOf(0);
  await scene.ended(going, 'RUNNING');
  await expect(takeUp()).rejects.toThrow(`job ${going.jobId} is under way, and is stopped first`);
  expect(await scene.store.runs.run(run.runId)).toMatchObject({ status: 'WAITING' });
  await scene.ended(going, 'KILLED', {}, 2);
  newest = 'another';
  await takeUp();
  expect(await scene.store.runs.run(run.runId)).toMatchObject({ status: 'WAITING' });
  newest = env.context.info.workflowExecution!.runId;
  expect(await takeUp()).toMatchObject({ rows: { tries: { each: { tries: [2, 0, 1], final: 1 } } } });
  expect(await scene.store.runs.run(run.runId)).toMatchObject({ status: 'FINISH', outcome: 'KILLED', reason: 'its workflow was lost' });
});

test('the child runs of a run that was cut off are killed, and it is taken up when they have ended', async () => {
  const run = await scene.run({ name: 'parent', nodes: { load: { job: shell('true') } } });
  const child = await orders('2026-11-26');
  await tell(run, { status: 'RUNNING', nodes: [{ ...node('sub', { phase: 'live', status: 'job' }), childRun: child.runId }] });
  const killed = { id: runWorkflowId(APP, 'orders', child), name: 'kill', by: 'longshore', reason: `the workflow of run ${run.runId} was lost` };
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const takeUp = () => env.run(() => scene.activities.lastDagRun(runWorkflowId(run.app, run.dag, run)));
  // An execution that slept through what came after it leaves alone what belongs to the newest.
  newest = 'another';
  await takeUp();
  const row = (await scene.store.runs.run(run.runId))!;
  expect(await killChildren(scene.deps, { ...row, seq: row.seq - 1 })).toBe(false);
  expect(signals).toEqual([]);
  newest = env.context.info.workflowExecution!.runId;
  await expect(takeUp()).rejects.toThrow('are stopped first');
  expect(signals).toMatchObject([{ ...killed, id: expect.stringContaining(killed.id) as string }]);
  status = 'TERMINATED';
  await endLostRuns(scene.deps, undefined);
  expect(signals).toHaveLength(2);
  // The child had lost its workflow, too.
  expect(await scene.store.runs.run(child.runId)).toMatchObject({ status: 'FINISH', outcome: 'KILLED' });
  status = 'RUNNING';
  expect(await takeUp()).toMatchObject({ rows: { nodes: [{ node: 'sub', status: 'KILLED' }] } });
  expect(signals).toHaveLength(2);
});
