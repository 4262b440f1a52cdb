// Backfills by REST, with a scheduler and a worker beside: planned, run, steered; a cycle has one job or run, whoever asks for it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  await api.app('etl');
  token = await api.token('etl', 'editor');
});
afterAll(async () => await api?.stop());

/** Days long gone: nothing of it runs by itself. */
const DAILY = { cron: '0 6 * * *', timezone: 'Europe/Berlin', start: '2020-03-27', end: '2020-03-31', holidays: { dates: ['2020-03-28'] } };
const RANGE = { from: '2020-03-27', until: '2020-03-31' };
const CYCLES = ['2020-03-27T05:00:00Z', '2020-03-29T04:00:00Z', '2020-03-30T04:00:00Z', '2020-03-31T04:00:00Z'];

const put = async (name: string, script = 'true', schedule: unknown = DAILY): Promise<void> => {
  const answer = await api.ask('putJobDefinition', {
    token,
    params: { name },
    body: job({ name, schedule, config: { command: ['sh', '-c', script] } }),
  });
  expect(answer.status).toBe(200);
};
const create = (name: string, more: object = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  api.ask('createBackfill', { token, body: { name, ...RANGE, ...more }, headers });
const get = async (id: unknown): Promise<Answer['json']> => (await api.ask('getBackfill', { token, params: { id: String(id) } })).json;
const cyclesOf = async (id: unknown): Promise<Record<string, string>[]> =>
  (await api.ask('listBackfillCycles', { token, params: { id: String(id) } })).json['items'] as Record<string, string>[];
const ended = (id: unknown): Promise<void> => expect.poll(async () => (await get(id))['endedAt'], { timeout: 40_000 }).toBeDefined();

test('a dry run says which cycles, and what would happen to each; nothing is done', async () => {
  await put('planned');
  const answer = await create('planned', { dryRun: true, order: 'newest' });
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ dryRun: true, counts: { start: 4, rerun: 0, skip: 1 }, left: 0 });
  const shown = answer.json['cycles'] as { cycle: string; does: string; reason?: string; planned: string; dataDate: string }[];
  expect(shown.filter(({ does }) => does === 'start').map(({ cycle }) => cycle)).toEqual(CYCLES.toReversed());
  expect(shown.at(-2)).toMatchObject({ does: 'skip', reason: '2020-03-28 is a holiday' });
  expect(shown[0]).toMatchObject({ planned: '2020-03-31T06:00:00', dataDate: '2020-03-30' });
  expect((await api.ask('listBackfills', { token, query: 'name=planned' })).json['items']).toEqual([]);
});

test('it runs them one after the other, and they are cycles of the schedule', async () => {
  await put('run', 'echo $LONGSHORE_CYCLE $LONGSHORE_DATA_DATE');
  const made = await create('run', {}, { 'idempotency-key': 'mine' });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({ state: 'RUNNING', requestId: 'mine', order: 'oldest', parallelism: 1, failFast: true, existing: 'skip' });
  const id = made.json['id'];
  expect((await create('run', { requestId: 'mine' })).json['id']).toBe(id);
  expect((await create('run', { requestId: 'mine', parallelism: 2 })).json).toMatchObject({ status: 409, code: 'REQUEST_ID_CONFLICT' });
  await ended(id);
  expect(await get(id)).toMatchObject({ state: 'SUCCEED', counts: { succeeded: 4, skipped: 1, waiting: 0 } });
  const rows = await cyclesOf(id);
  expect(rows.filter(({ state }) => state === 'ENDED').map(({ cycle, status }) => [cycle, status])).toEqual(
    CYCLES.map((cycle) => [cycle, 'SUCCEED']),
  );
  const first = rows[0]!;
  const its = (await api.ask('getJob', { token, params: { id: first['job']! } })).json;
  expect(its).toMatchObject({
    requestId: `run@${CYCLES[0]}`,
    createdBy: `etl/backfill:${String(id)}`,
    cycle: { at: CYCLES[0], dataDate: '2020-03-26' },
  });
  const told = (await api.ask('listCycles', { token, params: { name: 'run' } })).json['items'] as Record<string, string>[];
  expect(told.find(({ cycle }) => cycle === CYCLES[1])).toMatchObject({ state: 'STARTED', by: `backfill ${String(id)}`, status: 'SUCCEED' });

  const again = (await create('run')).json['id'];
  await ended(again);
  expect(await get(again)).toMatchObject({ state: 'SUCCEED', counts: { succeeded: 0, skipped: 5 } });
  expect((await cyclesOf(again))[0]!['reason']).toBe(`it has job ${first['job']} already: SUCCEED`);
});

test('what did not succeed is rerun in place', async () => {
  await put('flaky', 'test "$LONGSHORE_DATA_DATE" != 2020-03-28');
  const first = (await create('flaky', { failFast: false })).json['id'];
  await ended(first);
  expect(await get(first)).toMatchObject({ state: 'FAILED', reason: '1 cycle did not succeed', counts: { succeeded: 3, failed: 1 } });
  const stopped = (await create('flaky', { existing: 'failed' })).json['id'];
  await ended(stopped);
  const failed = (await cyclesOf(stopped)).find(({ action }) => action === 'rerun')!;
  expect(failed).toMatchObject({ cycle: CYCLES[1], state: 'ENDED', status: 'FAILED' });
  expect((await api.ask('getJob', { token, params: { id: failed['job']! } })).json).toMatchObject({ attempt: 2, status: 'FAILED' });
});

test('a DAG gets its parameters, and runs with the cycle as its identity', async () => {
  const body = {
    parameters: { mode: { type: 'string', default: 'full' } },
    schedule: DAILY,
    nodes: { only: { job: { type: 'shell', config: { command: ['sh', '-c', 'true'] } } } },
  };
  expect((await api.ask('putDag', { token, params: { name: 'daily' }, body })).status).toBe(200);
  expect((await create('daily', { params: { mode: 1 } })).json).toMatchObject({ status: 400, errors: [{ path: '/params/mode' }] });
  const { id } = (await create('daily', { params: { mode: 'fix' }, parallelism: 4 })).json;
  await ended(id);
  expect(await get(id)).toMatchObject({ state: 'SUCCEED', kind: 'Dag', counts: { succeeded: 4 } });
  const run = (await cyclesOf(id))[0]!['run']!;
  expect((await api.ask('getRun', { token, params: { id: run } })).json).toMatchObject({ params: { mode: 'fix' }, cycle: { at: CYCLES[0] } });

  const rerun = (await create('daily', { params: { mode: 'again' }, existing: 'rerun', until: '2020-03-27' })).json['id'];
  await ended(rerun);
  expect((await api.ask('getRun', { token, params: { id: run } })).json).toMatchObject({
    params: { mode: 'again' },
    generation: 2,
    outcome: 'SUCCEED',
  });
});

const dag = async (name: string, nodes: Record<string, object>, script = 'true'): Promise<void> => {
  const work = { needs: Object.keys(nodes), job: { type: 'shell', config: { command: ['sh', '-c', script] } } };
  const body = { schedule: { cron: '0 6 * * *', timezone: 'UTC', start: '2020-03-27', end: '2020-03-30' }, nodes: { ...nodes, work } };
  expect((await api.ask('putDag', { token, params: { name }, body })).status).toBe(200);
};
const names = (rows: readonly object[]) => (rows as { name: string; cycle: string }[]).map(({ name, cycle }) => [name, cycle]);

describe('with the DAGs that wait for it', () => {
  const two = { until: '2020-03-28', downstream: true, parallelism: 4 };
  const [FRI, SAT, SUN] = ['2020-03-27T06:00:00Z', '2020-03-28T06:00:00Z', '2020-03-29T06:00:00Z'];
  const EXPECTED = [
    ['orders', FRI],
    ['orders', SAT],
    ['report', SAT],
    ['report', SUN],
    ['board', SAT],
    ['board', SUN],
  ];

  test('their cycles have their turn once those that they wait for have ended', async () => {
    await dag('orders', {});
    await dag('report', { orders: { wait: { dag: 'orders', window: 'd(-1)' } } });
    await dag('board', { report: { wait: { dag: 'report', node: 'work' } } });
    await dag('apart', {});
    const plan = (await create('orders', { ...two, dryRun: true })).json;
    expect(plan).toMatchObject({ counts: { start: 6, rerun: 0, skip: 0 } });
    expect(names(plan['cycles'] as object[])).toEqual(EXPECTED);
    const { id } = (await create('orders', two)).json;
    await ended(id);
    expect(await get(id)).toMatchObject({ state: 'SUCCEED', downstream: true, counts: { succeeded: 6 } });
    const rows = await cyclesOf(id);
    expect(names(rows)).toEqual(EXPECTED);
    // None was started only to wait.
    for (const [at, row] of rows.slice(2).entries()) expect(row['startedAt']! >= rows[at]!['endedAt']!, row['name']).toBe(true);
    const run = (await api.ask('getRun', { token, params: { id: rows[3]!['run']! } })).json;
    expect(run).toMatchObject({ dag: 'report', cycle: { at: SUN }, createdBy: `etl/backfill:${String(id)}`, outcome: 'SUCCEED' });
    const again = (await create('orders', { ...two, existing: 'rerun', dryRun: true })).json;
    expect(again).toMatchObject({ counts: { rerun: 6 } });
  });

  test('after a failure nothing is started that would wait for it', async () => {
    await dag('broken', {}, 'false');
    await dag('patient', { broken: { wait: { dag: 'broken' } } });
    const { id } = (await create('broken', { until: '2020-03-27', downstream: true, parallelism: 4 })).json;
    await ended(id);
    expect(await get(id)).toMatchObject({ state: 'FAILED', reason: '1 cycle did not succeed, and nothing more was started' });
    expect((await cyclesOf(id)).map(({ name, state }) => [name, state])).toEqual([
      ['broken', 'ENDED'],
      ['patient', 'SKIPPED'],
    ]);
  });

  test('a Job has none', async () => {
    await put('lonely');
    expect((await create('lonely', { downstream: true })).json).toMatchObject({ status: 400, errors: [{ path: '/downstream' }] });
  });
});

describe('steering', () => {
  test('pause, resume, and kill with what it has started', async () => {
    await put('slow', 'sleep 600');
    const { id } = (await create('slow')).json;
    const params = { id: String(id) };
    await expect.poll(async () => (await cyclesOf(id))[0]!['state']).toBe('STARTED');
    const paused = await api.ask('pauseBackfill', { token, params, body: { note: 'the warehouse moves' } });
    expect(paused.json).toMatchObject({ effect: 'done', backfill: { state: 'PAUSED', reason: 'the warehouse moves' } });
    expect((await api.ask('resumeBackfill', { token, params })).json).toMatchObject({ effect: 'done', backfill: { state: 'RUNNING' } });
    expect((await api.ask('killBackfill', { token, params })).json).toMatchObject({ effect: 'done', backfill: { state: 'STOPPING' } });
    await api.ask('killBackfill', { token, params, body: { runs: true, reason: 'wrong day' } });
    await ended(id);
    expect((await get(id))['reason']).toMatch(/^killed by etl\/.*: wrong day$/);
    expect((await cyclesOf(id)).map(({ state, status }) => status ?? state)).toEqual(['KILLED', 'SKIPPED', 'SKIPPED', 'SKIPPED', 'SKIPPED']);
    expect((await api.ask('resumeBackfill', { token, params })).json).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await api.ask('killBackfill', { token, params })).json).toMatchObject({ effect: 'done' });
  });
});

test('what cannot be is refused with its place', async () => {
  await put('past');
  expect((await create('nobody')).json).toMatchObject({ status: 404 });
  expect((await create('past', { from: '2020-04-02', until: '2020-04-01' })).json).toMatchObject({ status: 400, errors: [{ path: '/until' }] });
  expect((await create('past', { from: 'yesterday' })).json).toMatchObject({ status: 400, errors: [{ path: '/from' }] });
  expect((await create('past', { from: '2020-03-28', until: '2020-03-28' })).json.errors?.[0]?.message).toContain('hold no cycle to run');
  expect((await create('past', { params: { a: 1 } })).json).toMatchObject({ status: 400, errors: [{ path: '/params' }] });
  await put('delayed', 'true', { after: '10m', start: '2199-01-01' });
  expect((await create('delayed')).json).toMatchObject({ status: 400, errors: [{ path: '/name' }] });
});
