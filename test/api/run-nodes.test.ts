// The nodes of a run as they are shown while their jobs are under way, and by the items that they have now.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunInput, RunEvent } from '../../src/specs/run.ts';
import type { NodeSummary } from '../../src/specs/run-views.schema.ts';
import { event, node, nodeJob, nodeRecordOf } from '../store/samples.ts';
import { startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const job = { type: 'shell', config: { command: ['true'] }, cluster: 'local' };

async function create(nodes: Record<string, object>): Promise<{ run: RunInput; tell: (...told: ReturnType<typeof node>[]) => Promise<void> }> {
  const answer = await api.ask('createRun', { token, body: { spec: { name: 'daily', nodes } } });
  const { input, workflowId } = (await api.runtime.store.runs.run(String(answer.json['id'])))!;
  let seq = 0;
  const tell = async (...nodes: RunEvent['nodes'] & object): Promise<void> => {
    const told: RunEvent = { seq: ++seq, at: new Date().toISOString(), type: 'nodes', status: 'RUNNING', generation: 1, nodes };
    await api.runtime.store.runs.record({ input, workflowId, temporalRunId: 'x', events: [told] });
  };
  return { run: input, tell };
}

const nodesOf = async (run: RunInput): Promise<NodeSummary[]> =>
  (await api.ask('listNodes', { token, params: { id: run.runId }, query: '' })).json['items'] as NodeSummary[];

test('a node that is under way has the reason of its job, and none where the job has none', async () => {
  const { run, tell } = await create({ load: { job } });
  const reason = 'the run has as many jobs under way as it may';
  await tell(node('load', { reason }));
  expect(await nodesOf(run)).toMatchObject([{ status: 'CREATED', reason }]);
  const load = nodeJob(run, 'load');
  await tell(node('load', { reason, jobId: load.jobId }));
  await api.runtime.store.executions.record(nodeRecordOf(load, [event(1, 'ACCEPTED', { reason: 'no slot is free' })]));
  expect(await nodesOf(run)).toMatchObject([{ status: 'ACCEPTED', reason: 'no slot is free' }]);
  await api.runtime.store.executions.record(nodeRecordOf(load, [event(2, 'RUNNING')]));
  expect((await nodesOf(run))[0]).not.toHaveProperty('reason');
});

test('items are counted without the job after them, and without those of a former list', async () => {
  const { run, tell } = await create({ all: { mapReduce: { item: [1, 2], reduce: job }, job } });
  for (const item of [0, 1, 2, 'final'] as const)
    await api.runtime.store.executions.record(nodeRecordOf(nodeJob(run, 'all', item), [event(1, item === 'final' ? 'RUNNING' : 'SUCCEED')]));
  await tell(node('all', { items: 2 }));
  expect(await nodesOf(run)).toMatchObject([{ status: 'RUNNING', items: { total: 2, statuses: { SUCCEED: 2 } } }]);
  expect((await nodesOf(run))[0]!.items!.statuses).not.toHaveProperty('RUNNING');
});
