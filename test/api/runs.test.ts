// Runs by REST, as far as it does without a scheduler: what is asked is durable, and what the store knows is shown.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodeChange, RunEvent } from '../../src/specs/run.ts';
import type { GraphView, NodeSummary, RerunPlanView, RunView } from '../../src/specs/run-views.schema.ts';
import { startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startTestApi();
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const shell = (...command: string[]) => ({ type: 'shell', config: { command } });
/** extract → load → report, and a clean-up after whatever happened. */
const dag = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'daily',
  parameters: { day: { type: 'date', default: '2026-11-21' }, rows: { type: 'int', default: 3 } },
  defaults: { cluster: 'local' },
  nodes: {
    extract: { foreach: { item: [1, 2, 3] }, job: shell('echo', 'one') },
    load: { needs: ['extract'], job: shell('echo', 'two') },
    report: { needs: ['load'], when: 'params.rows > 0', job: shell('echo', 'three') },
    'clean-up': { needs: { load: { on: 'done' } }, job: shell('true') },
  },
  ...more,
});

async function create(more: Record<string, unknown> = {}): Promise<RunView> {
  const answer = await api.ask('createRun', { token, body: { spec: dag(), ...more } });
  expect(answer.json).not.toHaveProperty('code');
  expect(answer.status).toBe(201);
  return answer.json as unknown as RunView;
}

/** What the run's workflow would tell of these nodes. */
async function tell(run: RunView, change: Partial<RunEvent>, ...nodes: (Partial<NodeChange> & { node: string })[]): Promise<void> {
  const detail = (await api.runtime.store.runs.run(run.id))!;
  const event: RunEvent = {
    seq: detail.seq + 1,
    at: new Date().toISOString(),
    type: 'nodes',
    status: 'RUNNING',
    generation: 1,
    ...change,
    nodes: nodes.map((node) => ({ phase: 'live', status: 'job', attempt: 1, ...node })),
  };
  await api.runtime.store.runs.record({ input: detail.input, workflowId: run.workflowId, temporalRunId: 'x', events: [event] });
}

const nodesOf = async (id: string, query = ''): Promise<NodeSummary[]> =>
  (await api.ask('listNodes', { token, params: { id }, query })).json['items'] as NodeSummary[];

const dryRun = async (id: string, body: Record<string, unknown>) =>
  await api.ask('rerunRun', { token, params: { id }, body: { ...body, dryRun: true } });

async function change(nodes: Record<string, unknown>): Promise<void> {
  await api.ask('putDag', { token, params: { name: 'changing' }, body: dag({ name: 'changing', nodes }) });
}

describe('create', () => {
  test('a run has its parameters with their values, and is there at once', async () => {
    const run = await create({ params: { rows: 5 } });
    expect(run).toMatchObject({ dag: 'daily', status: 'WAITING', generation: 1, params: { day: '2026-11-21', rows: 5 }, nodes: { WAITING: 4 } });
    const got = await api.ask('getRun', { token, params: { id: run.id } });
    expect(got.json).toMatchObject({ id: run.id, params: { rows: 5 }, nodes: { WAITING: 4 } });
    const spec = await api.ask('runSpec', { token, params: { id: run.id } });
    expect(Object.keys(spec.json['nodes'] as object)).toEqual(['extract', 'load', 'report', 'clean-up']);
  });

  test('the same request id is the same run, with another DAG or other parameters a conflict', async () => {
    const run = await create({ requestId: 'the-one' });
    expect((await create({ requestId: 'the-one' })).id).toBe(run.id);
    const other = await api.ask('createRun', { token, body: { spec: dag(), requestId: 'the-one', params: { rows: 9 } } });
    expect(other).toMatchObject({ status: 409, json: { code: 'REQUEST_ID_CONFLICT' } });
    expect(other.json.detail).toContain(run.id);
    const found = await api.ask('listRuns', { token, query: 'dag=daily&requestId=the-one' });
    expect(found.json['items']).toMatchObject([{ id: run.id, requestId: 'the-one' }]);
  });

  test('what is wrong is said with its place, and nothing is started', async () => {
    const wrong = await api.ask('createRun', { token, body: { spec: dag(), params: { rows: 'many', dya: 1 } } });
    expect(wrong.json).toMatchObject({ code: 'INVALID', errors: [{ path: '/params/dya' }, { path: '/params/rows' }] });
    const cycle = await api.ask('createRun', {
      token,
      body: { spec: dag({ nodes: { a: { needs: ['b'], job: shell('a') }, b: { needs: ['a'], job: shell('b') } } }) },
    });
    expect(cycle.json.code).toBe('INVALID');
    expect((await api.ask('createRun', { token, body: {} })).json.detail).toContain('exactly one of ref and spec');
    expect((await api.ask('createRun', { token, body: { ref: 'nowhere' } })).json).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a cycle of the schedule is an identity: it has one run', async () => {
    const scheduled = dag({ name: 'nightly', schedule: { cron: '0 6 * * *', timezone: 'Europe/Berlin' } });
    expect((await api.ask('putDag', { token, params: { name: 'nightly' }, body: scheduled })).status).toBe(200);
    const cycle = '2026-11-21T05:00:00Z';
    const first = await api.ask('createRun', { token, body: { ref: 'nightly', cycle } });
    expect(first.json).toMatchObject({ version: 1, cycle: { at: cycle, planned: '2026-11-21T06:00:00+01:00', dataDate: '2026-11-20' } });
    expect((await api.ask('createRun', { token, body: { ref: 'nightly', cycle } })).json['id']).toBe(first.json['id']);
    const other = await api.ask('createRun', { token, body: { ref: 'nightly', cycle, params: { rows: 1 } } });
    expect(other.json).toMatchObject({ code: 'CONFLICT' });
    const never = await api.ask('createRun', { token, body: { ref: 'nightly', cycle: '2026-11-21T05:30:00Z' } });
    expect(never.json).toMatchObject({ code: 'INVALID', errors: [{ path: '/cycle' }] });
    const listed = await api.ask('listRuns', { token, query: 'dag=nightly&cycleFrom=2026-11-21T00:00:00Z&cycleUntil=2026-11-21T05:00:00Z' });
    expect(listed.json['items']).toHaveLength(1);
    expect((await api.ask('listRuns', { token, query: 'dag=nightly&cycleFrom=2026-11-22T00:00:00Z' })).json['items']).toEqual([]);
  });
});

describe('what is shown', () => {
  test('nodes wait in words, are found by name, status and kind, and come by pages', async () => {
    const run = await create();
    expect(await nodesOf(run.id)).toMatchObject([
      { name: 'extract', kind: 'foreach', status: 'WAITING', attempt: 0 },
      { name: 'load', kind: 'job', status: 'WAITING' },
      { name: 'report' },
      { name: 'clean-up' },
    ]);
    await tell(run, {}, { node: 'extract', items: 3 });
    const [extract, load] = await nodesOf(run.id);
    expect(extract).toMatchObject({ status: 'CREATED', items: { total: 3, statuses: {} } });
    expect(load).toMatchObject({ status: 'WAITING', reason: 'waits for extract' });
    expect((await nodesOf(run.id, 'status=WAITING&search=l')).map(({ name }) => name)).toEqual(['load', 'clean-up']);
    expect((await nodesOf(run.id, 'kind=foreach')).map(({ name }) => name)).toEqual(['extract']);
    const page = await api.ask('listNodes', { token, params: { id: run.id }, query: 'limit=3' });
    expect(page.json['next']).toBe('report');
    expect(await nodesOf(run.id, 'limit=3&cursor=report')).toMatchObject([{ name: 'clean-up' }]);
    expect((await api.ask('getNode', { token, params: { id: run.id, node: 'laod' } })).json.detail).toContain('did you mean "load"');
    const node = await api.ask('getNode', { token, params: { id: run.id, node: 'load' } });
    expect(node.json).toMatchObject({ name: 'load', needs: ['extract'], feeds: ['report', 'clean-up'], attempts: [], jobs: [] });
  });

  test('the graph has levels, and says which branch was taken', async () => {
    const run = await create();
    await tell(
      run,
      { status: 'FINISH', outcome: 'FAILED', type: 'status' },
      { node: 'extract', phase: 'succeeded', status: 'SUCCEED' },
      { node: 'load', phase: 'failed', status: 'FAILED', code: 'EXIT_CODE' },
      { node: 'report', phase: 'blocked', status: 'SKIPPED', attempt: 0 },
      { node: 'clean-up', phase: 'succeeded', status: 'SUCCEED' },
    );
    const graph = (await api.ask('runGraph', { token, params: { id: run.id } })).json as unknown as GraphView;
    expect(graph.levels).toEqual([['extract'], ['load'], ['report', 'clean-up']]);
    expect(graph.edges).toEqual([
      { from: 'extract', to: 'load', on: 'success', met: true },
      { from: 'load', to: 'report', on: 'success', met: false },
      { from: 'load', to: 'clean-up', on: 'success,failure,skipped', met: true },
    ]);
    expect(graph.nodes.find(({ name }) => name === 'report')).toMatchObject({
      status: 'SKIPPED',
      reason: 'needs success of load, which is FAILED',
      level: 2,
    });
    expect((await api.ask('getRun', { token, params: { id: run.id } })).json).toMatchObject({
      outcome: 'FAILED',
      nodes: { SUCCEED: 2, FAILED: 1, SKIPPED: 1 },
    });
    const timeline = await api.ask('runTimeline', { token, params: { id: run.id }, query: 'limit=2' });
    expect(timeline.json).toMatchObject({ next: 'load', items: [{ name: 'extract' }, { name: 'load' }], criticalPath: { nodes: expect.any(Array) } });
  });

  test('a node that waits says what for, of cycles which one is missing', async () => {
    const nightly = { name: 'far', schedule: { cron: '0 6 * * *', timezone: 'UTC' }, nodes: { a: { job: shell('true') } } };
    await api.ask('putDag', { token, params: { name: 'far' }, body: dag(nightly) });
    const waits = {
      far: { wait: { dag: 'far', window: 'd(-1)' } },
      'far-a': { wait: { dag: 'far', node: 'a' } },
      release: { wait: { approval: { by: ['ann', 'bob'], message: 'Are the numbers right?' } } },
      anybody: { wait: { approval: {} } },
      file: { wait: { signal: 'file-arrived' } },
      pause: { wait: { time: '10m' } },
    };
    expect(
      (await api.ask('putDag', { token, params: { name: 'waiting' }, body: dag({ ...nightly, name: 'waiting', nodes: waits }) })).json,
    ).toMatchObject({ version: 1 });
    const run = await create({ spec: undefined, ref: 'waiting', cycle: '2026-11-21T06:00:00Z' });
    const told = Object.keys(waits).map((node) => ({ node, ...(node === 'pause' && { reason: 'waits until 2026-11-21T06:10:00Z' }) }));
    await tell(run, {}, ...told);
    const reasons = async () => Object.fromEntries((await nodesOf(run.id)).map(({ name, status, reason }) => [name, `${status} ${reason}`]));
    expect(await reasons()).toEqual({
      far: 'RUNNING waits for far: 2026-11-20T06:00:00Z has no run yet',
      'far-a': 'RUNNING waits for node a of far: 2026-11-21T06:00:00Z has no run yet',
      release: 'RUNNING waits for an approval by ann or bob: Are the numbers right?',
      anybody: 'RUNNING waits for an approval by anybody who may operate the run',
      file: 'RUNNING waits for the signal file-arrived',
      pause: 'RUNNING waits until 2026-11-21T06:10:00Z',
    });
    const far = await create({ spec: undefined, ref: 'far', cycle: '2026-11-20T06:00:00Z' });
    expect((await reasons())['far']).toBe('RUNNING waits for far: 2026-11-20T06:00:00Z is WAITING');
    expect((await api.ask('runFeeds', { token, params: { id: far.id } })).json).toEqual({
      items: [
        { dag: 'waiting', node: 'far', cycle: '2026-11-21T06:00:00Z', runId: run.id },
        { dag: 'waiting', node: 'far-a', of: 'a', cycle: '2026-11-20T06:00:00Z' },
      ],
    });
    // Of the days before the window of the other one, the last two.
    await api.ask('putDag', {
      token,
      params: { name: 'weekly' },
      body: dag({
        ...nightly,
        name: 'weekly',
        schedule: { cron: '0 0 * * MON', timezone: 'UTC' },
        nodes: { w: { wait: { dag: 'far', window: 'd(7)', rule: 'last 2' } } },
      }),
    });
    const feeds = async (cycle: string) => {
      const { id } = await create({ spec: undefined, ref: 'far', cycle });
      const { json } = await api.ask('runFeeds', { token, params: { id } });
      return (json['items'] as { dag: string; cycle: string }[]).filter((one) => one.dag === 'weekly').map((one) => one.cycle);
    };
    expect(await feeds('2026-11-21T06:00:00Z')).toEqual(['2026-11-23T00:00:00Z']);
    expect(await feeds('2026-11-19T06:00:00Z')).toEqual([]);
    expect((await api.ask('runFeeds', { token, params: { id: (await create()).id } })).json).toEqual({ items: [] });
    const node = await api.ask('getNode', { token, params: { id: run.id, node: 'far-a' } });
    expect(node.json['reason']).toBe('waits for node a of far: 2026-11-21T06:00:00Z has not come to it yet');
    const approve = async (name: string) => await api.ask('approveNode', { token, params: { id: run.id, node: name }, body: {} });
    expect(await approve('release')).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining('by ann or bob; this token is "editor"') },
    });
    expect((await approve('anybody')).status).toBe(202);
  });

  test('runs that are nodes of others are left out on demand', async () => {
    const run = await create();
    const { runtime } = api;
    const { input } = (await runtime.store.runs.run(run.id))!;
    const child = { ...input, runId: String(BigInt(run.id) + 1n), parent: { workflowId: run.workflowId, node: 'sub', attempt: 1 } };
    await runtime.store.runs.created(child, `${run.workflowId}/sub`);
    const newest = async (query: string) => ((await api.ask('listRuns', { token, query })).json['items'] as { id: string }[])[0]?.id;
    expect([await newest('limit=1'), await newest('limit=1&parent=none')]).toEqual([child.runId, run.id]);
  });

  test("another app's run does not exist", async () => {
    const run = await create();
    await api.app('stranger');
    const other = await api.token('stranger', 'admin');
    for (const route of [
      'getRun',
      'listNodes',
      'runGraph',
      'runTimeline',
      'runEvents',
      'runOutputs',
      'runFeeds',
      'runSpec',
      'killRun',
      'rerunRun',
      'pauseRun',
    ] as const) {
      expect((await api.ask(route, { token: other, params: { id: run.id } })).status, route).toBe(404);
    }
    expect((await api.ask('listRuns', { token: other })).json['items']).toEqual([]);
  });
});

describe('messages', () => {
  test('are durable without a scheduler', async () => {
    const run = await create();
    const killed = await api.ask('killRun', { token, params: { id: run.id }, body: { reason: 'wrong day' } });
    expect(killed).toMatchObject({ status: 202, json: { effect: 'pending', run: { id: run.id, status: 'WAITING' } } });
    const { runtime } = api;
    const history = await runtime.temporal.client.workflow.getHandle(run.workflowId).fetchHistory();
    const signals = (history.events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
    expect(signals).toEqual(['kill']);
    const audit = await runtime.store.audit.list({ app: 'default', limit: 5 });
    expect(audit[0]).toMatchObject({ action: 'killRun', object: `run ${run.id}`, detail: { reason: 'wrong day' } });
    expect((await api.ask('killRun', { token, params: { id: run.id }, body: { node: 'lod' } })).json).toMatchObject({ code: 'NOT_FOUND' });
    expect((await api.ask('killRun', { token, params: { id: run.id }, body: { item: 1 } })).json).toMatchObject({ code: 'INVALID' });
  });

  test('what the run refuses is a conflict in its own words', async () => {
    const run = await create();
    await tell(run, {}, { node: 'extract' });
    const skip = (id: string) => api.ask('skipNode', { token, params: { id: run.id, node: 'extract' }, body: { id } });
    const asked = skip('mine');
    await expect
      .poll(async () => (await api.runtime.temporal.client.workflow.getHandle(run.workflowId).fetchHistory()).events?.length)
      .toBeGreaterThan(2);
    // Another message of the same person is none of its business.
    await tell(run, { type: 'refused', by: 'default/editor', message: 'another', reason: 'the run has ended' });
    await tell(run, { type: 'refused', by: 'default/editor', message: 'mine', reason: 'its job is under way; kill it first' });
    const refused = { status: 409, json: { code: 'CONFLICT', detail: expect.stringContaining('kill it first') } };
    expect(await asked).toMatchObject(refused);
    expect(await skip('mine'), 'sent again').toMatchObject(refused);
    await tell(run, { type: 'mark', by: 'default/editor', message: 'applied' }, { node: 'extract', phase: 'skipped', status: 'SKIPPED' });
    expect(await skip('applied'), 'sent again').toMatchObject({ status: 202, json: { id: 'applied', effect: 'done' } });
  });

  test('a run that has ended takes no pause', async () => {
    const run = await create();
    await tell(run, { status: 'FINISH', outcome: 'SUCCEED', type: 'status' });
    expect((await api.ask('pauseRun', { token, params: { id: run.id }, body: {} })).json).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a dry run of a rerun', () => {
  test('lists what runs again, what is stopped and what is decided anew', async () => {
    const run = await create();
    await tell(
      run,
      { status: 'FINISH', outcome: 'FAILED', type: 'status' },
      { node: 'extract', phase: 'succeeded', status: 'SUCCEED' },
      { node: 'load', phase: 'failed', status: 'FAILED', attempt: 2 },
      { node: 'report', phase: 'blocked', status: 'SKIPPED', attempt: 0 },
      { node: 'clean-up', phase: 'succeeded', status: 'SUCCEED' },
    );
    const failed = await dryRun(run.id, {});
    expect(failed.status).toBe(200);
    expect(failed.json).toMatchObject({
      dryRun: true,
      mode: 'failed',
      generation: 1,
      again: [{ name: 'load', status: 'FAILED', attempt: 3 }],
      stopped: [],
      anew: [{ name: 'report', status: 'SKIPPED', attempt: 1 }],
    });
    const downstream = (await dryRun(run.id, { mode: 'downstream', nodes: ['load'] })).json as unknown as RerunPlanView;
    expect(downstream.again.map(({ name }) => name)).toEqual(['load', 'clean-up']);
    expect((await dryRun(run.id, { mode: 'all', params: { rows: 0 } })).json).toMatchObject({ params: { rows: 0, day: '2026-11-21' } });
    expect((await dryRun(run.id, { mode: 'all', params: { rows: 'x' } })).json).toMatchObject({ code: 'INVALID' });
    expect((await dryRun(run.id, { mode: 'nodes' })).json).toMatchObject({ code: 'INVALID' });
    expect((await dryRun(run.id, { generation: 7 })).json).toMatchObject({ code: 'CONFLICT' });
    expect((await dryRun(run.id, { version: 2 })).json).toMatchObject({ code: 'CONFLICT', advice: expect.stringContaining('longshore run daily') });
    const operator = await api.token('default', 'operator');
    const forbidden = await api.ask('rerunRun', { token: operator, params: { id: run.id }, body: { params: { rows: 1 }, dryRun: true } });
    expect(forbidden.json).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of another version says what is new and what is gone', async () => {
    await change({ a: { job: shell('a') }, b: { needs: ['a'], job: shell('b') } });
    const run = await create({ spec: undefined, ref: 'changing' });
    await tell(
      run,
      { status: 'FINISH', outcome: 'FAILED', type: 'status' },
      { node: 'a', phase: 'failed', status: 'FAILED' },
      { node: 'b', phase: 'blocked', status: 'SKIPPED', attempt: 0 },
    );
    await change({ a: { job: shell('a') }, c: { needs: ['a'], job: shell('c') } });
    expect((await dryRun(run.id, { version: 2 })).json).toMatchObject({
      version: 2,
      again: [{ name: 'a' }],
      anew: [{ name: 'c', status: 'SKIPPED' }],
      removed: ['b'],
    });
  });
});

describe('versions of a DAG', () => {
  test('are compared, taken back, checked without being stored, and exported as they were', async () => {
    const params = { kind: 'dags', name: 'versioned' };
    const body = dag({ name: 'versioned' });
    await api.ask('putDag', { token, params, body });
    const changed = { ...body, maxParallel: 2 };
    const checked = await api.ask('validateDefinition', { token, params, body: changed });
    expect(checked).toMatchObject({ status: 200, json: { unchanged: false, spec: { maxParallel: 2 } } });
    expect((await api.ask('validateDefinition', { token, params, body: { ...body, nodes: {} } })).json).toMatchObject({ code: 'INVALID' });
    expect((await api.ask('getDefinition', { token, params })).json['version']).toBe(1);
    await api.ask('putDag', { token, params, body: changed });
    expect((await api.ask('diffDefinition', { token, params })).json).toEqual({
      from: 1,
      to: 2,
      changes: [{ path: '/maxParallel', change: 'added', after: 2 }],
    });
    const back = await api.ask('rollbackDefinition', { token, params, body: { version: 1 } });
    expect(back.json).toMatchObject({ version: 3 });
    expect((await api.ask('diffDefinition', { token, params, query: 'from=1&to=3' })).json['changes']).toEqual([]);
    expect((await api.ask('rollbackDefinition', { token, params, body: { version: 3 } })).json).toMatchObject({ code: 'CONFLICT' });
    const stale = await api.ask('rollbackDefinition', { token, params, body: { version: 2 }, headers: { 'if-match': '"2"' } });
    expect(stale.json).toMatchObject({ code: 'VERSION_CONFLICT' });
    const exported = (await api.ask('getDefinition', { token, params })).json['spec'];
    expect((await api.ask('putDag', { token, params, body: exported })).json).toMatchObject({ version: 3, unchanged: true });
  });
});
