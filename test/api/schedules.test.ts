// Schedules by REST, with a scheduler and a worker beside: stored, run by themselves, steered, removed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSchedules } from '../../src/activities/duties/schedules.ts';
import { scheduleWorkflowId } from '../../src/specs/schedule-run.ts';
import { job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
let viewer: string;
beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  await api.app('etl');
  token = await api.token('etl', 'editor');
  viewer = await api.token('etl', 'viewer');
});
afterAll(async () => await api?.stop());

const SECONDLY = { cron: '* * * * * *', timezone: 'Europe/Berlin', overlap: 'allow' };
const NEVER = { cron: '0 6 * * *', start: '2199-01-01' };

const put = (name: string, schedule: unknown, more: Record<string, unknown> = {}): Promise<Answer> =>
  api.ask('putJobDefinition', { token, params: { name }, body: job({ name, ...(schedule !== undefined && { schedule }), ...more }) });
const get = async (name: string): Promise<Answer['json']> => (await api.ask('getSchedule', { token: viewer, params: { name } })).json;
const cycles = async (name: string, query = ''): Promise<Record<string, string>[]> =>
  (await api.ask('listCycles', { token: viewer, params: { name }, query })).json['items'] as Record<string, string>[];
const remove = (name: string): Promise<Answer> => api.ask('deleteJobDefinition', { token, params: { name } });
const running = async (name: string): Promise<string> =>
  (await api.runtime.temporal.client.workflow.getHandle(scheduleWorkflowId('etl', name)).describe()).status.name;

test('a stored job with a schedule runs by itself; its job knows its cycle, and says who made it', async () => {
  expect(
    (await put('tick', SECONDLY, { config: { command: ['sh', '-c', 'echo $LONGSHORE_CYCLE $LONGSHORE_PLANNED_TIME $LONGSHORE_DATA_DATE'] } })).status,
  ).toBe(200);
  await expect.poll(async () => (await cycles('tick')).filter(({ status }) => status === 'SUCCEED').length).toBeGreaterThanOrEqual(2);
  await remove('tick');
  const done = (await cycles('tick')).find(({ status }) => status === 'SUCCEED')!;
  const made = (await api.ask('getJob', { token, params: { id: done['job']! } })).json as {
    cycle: { planned: string };
    spec: Record<string, unknown>;
  };
  expect(made).toMatchObject({
    requestId: `tick@${done['cycle']}`,
    createdBy: 'etl/schedule:tick',
    cycle: { at: done['cycle'], zone: 'Europe/Berlin', dataDate: done['dataDate'] },
  });
  expect(Date.parse(made.cycle.planned)).toBe(Date.parse(done['cycle']!));
  expect(made.spec['schedule']).toBeUndefined();
  const log = await api.ask('jobLogs', { token, params: { id: done['job']! }, headers: { accept: 'text/plain' } });
  expect(log.text.trim()).toBe(`${done['cycle']} ${made.cycle.planned} ${done['dataDate']}`);
});

test('what is wrong in it is refused with its place, and nothing is stored', async () => {
  const refused = await put('wrong', { cron: '0 25 * * *' });
  expect([refused.status, refused.json.errors?.[0]?.path]).toEqual([400, '/schedule/cron']);
  expect((await api.ask('getDefinition', { token, params: { kind: 'jobs', name: 'wrong' } })).status).toBe(404);
});

test('a job that is created runs once: a schedule in it is refused', async () => {
  const refused = await api.ask('createJob', { token, body: { spec: job({ schedule: SECONDLY }) } });
  expect(refused.json).toMatchObject({ status: 400, code: 'INVALID', errors: [{ path: '/spec/schedule' }] });
  await put('nightly', NEVER);
  expect((await api.ask('createJob', { token, body: { ref: 'nightly' } })).status).toBe(201);
});

test('a preview needs nothing stored', async () => {
  const answer = await api.ask('previewSchedule', {
    token: viewer,
    body: { schedule: { cron: '30 2 * * *', timezone: 'Europe/Berlin', gap: 'skip' }, from: '2026-03-28T12:00:00+01:00', count: 1 },
  });
  expect(answer.json['upcoming']).toMatchObject([
    { local: '2026-03-29T03:00:00+02:00', decision: 'skip', code: 'GAP' },
    { local: '2026-03-30T02:30:00+02:00', decision: 'start', dataDate: '2026-03-29' },
  ]);
});

describe('steering', () => {
  test('pause with a note and resume; both show at once', async () => {
    await put('steered', NEVER);
    const paused = await api.ask('pauseSchedule', {
      token: await api.token('etl', 'operator'),
      params: { name: 'steered' },
      body: { note: 'the move' },
    });
    expect([paused.status, paused.json['effect']]).toEqual([202, 'done']);
    expect(await get('steered')).toMatchObject({ state: 'paused', paused: { note: 'the move', by: 'etl/operator' } });
    expect((await api.ask('resumeSchedule', { token, params: { name: 'steered' } })).json).toMatchObject({
      effect: 'done',
      schedule: { state: 'active' },
    });
  });

  test('a pause in the document is resumed by the document', async () => {
    await put('quiet', { ...NEVER, pause: { note: 'not yet' } });
    expect(await get('quiet')).toMatchObject({ state: 'paused', paused: { note: 'not yet' } });
    const refused = await api.ask('resumeSchedule', { token, params: { name: 'quiet' } });
    expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('document')]);
  });

  test('a start by hand of a planned cycle is that cycle, however often, and whoever creates it', async () => {
    await put('hand', { cron: '0 6 * * *', timezone: 'Europe/Berlin' });
    const cycle = '2026-03-29T04:00:00Z';
    const first = await api.ask('triggerSchedule', { token, params: { name: 'hand' }, body: { cycle } });
    expect(first.json).toMatchObject({ cycle, planned: '2026-03-29T06:00:00', dataDate: '2026-03-28', state: 'STARTED', by: 'etl/editor' });
    const again = await api.ask('triggerSchedule', { token, params: { name: 'hand' }, body: { cycle: '2026-03-29T06:00:00+02:00' } });
    expect(again.json['job']).toBe(first.json['job']);
    const created = await api.ask('createJob', { token, body: { ref: 'hand', requestId: `hand@${cycle}` } });
    expect(created.json['id']).toBe(first.json['job']);
    const none = await api.ask('triggerSchedule', { token, params: { name: 'hand' }, body: { cycle: '2026-03-29T05:00:00Z' } });
    expect([none.status, none.json.detail]).toEqual([400, expect.stringContaining('the next one is 2026-03-30T04:00:00Z')]);
  });

  test('now: it stands for this instant', async () => {
    await put('now', NEVER);
    const started = (await api.ask('triggerSchedule', { token, params: { name: 'now' } })).json;
    expect(Math.abs(Date.parse(started['cycle'] as string) - Date.now())).toBeLessThan(10_000);
    expect((await cycles('now')).map(({ job: id }) => id)).toEqual([started['job']]);
  });
});

test('an edit holds from the next cycle on, and runs none twice', async () => {
  await put('edited', SECONDLY, { labels: { of: 'first' } });
  await expect.poll(async () => (await cycles('edited')).length).toBeGreaterThanOrEqual(2);
  await put('edited', { ...SECONDLY, cron: '*/2 * * * * *' }, { labels: { of: 'second' } });
  const { createdAt } = (await api.ask('getDefinition', { token, params: { kind: 'jobs', name: 'edited' } })).json;
  await expect
    .poll(async () => (await cycles('edited')).filter(({ cycle }) => Date.parse(cycle!) > Date.parse(createdAt as string)).length)
    .toBeGreaterThanOrEqual(3);
  await remove('edited');
  const decided = (await cycles('edited')).toReversed();
  const after = decided.filter(({ cycle }) => Date.parse(cycle!) > Date.parse(createdAt as string));
  for (const { cycle } of after) expect(new Date(cycle!).getUTCSeconds() % 2).toBe(0);
  expect(new Set(decided.map(({ cycle }) => cycle)).size).toBe(decided.length);
  const last = (await api.ask('getJob', { token, params: { id: after.find(({ job: id }) => id !== undefined)!['job']! } })).json;
  expect(last['labels']).toEqual({ of: 'second' });
});

test('a start that the app may not make is written with its reason', async () => {
  await put('ungranted', SECONDLY);
  await expect.poll(async () => (await cycles('ungranted')).length).toBeGreaterThanOrEqual(1);
  const spec = { name: 'etl', tenant: 'default', grants: { clusters: [], workers: [], queues: [], users: [], secrets: [] }, limits: {} };
  await api.runtime.store.definitions.put({ kind: 'App', app: '', name: 'etl', digest: 'none', spec, createdBy: 'test' });
  await expect
    .poll(async () => (await cycles('ungranted', 'state=REFUSED&limit=1'))[0]?.['reason'])
    .toMatch(/^FORBIDDEN: App "etl" may not use cluster/);
  await remove('ungranted');
  await api.app('etl');
});

test('two schedules of one name are refused', async () => {
  await put('both', NEVER);
  const refused = await api.ask('putDag', {
    token,
    params: { name: 'both' },
    body: { name: 'both', schedule: NEVER, nodes: { only: { job: { type: 'shell', config: { command: ['true'] } } } } },
  });
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('has a schedule already')]);
});

test('lists are paged; another app sees nothing', async () => {
  const all = (await api.ask('listSchedules', { token: viewer })).json['items'] as { name: string }[];
  const page = await api.ask('listSchedules', { token: viewer, query: 'limit=1' });
  expect(page.json).toMatchObject({ items: [{ name: all[0]!.name }], next: all[0]!.name });
  await api.app('ml');
  const stranger = await api.token('ml', 'admin');
  expect((await api.ask('listSchedules', { token: stranger })).json['items']).toEqual([]);
  expect((await api.ask('getSchedule', { token: stranger, params: { name: 'hand' } })).status).toBe(404);
});

describe('the workflow of a schedule', () => {
  test('ends with its definition; the cycles stay to be looked at', async () => {
    await put('gone', NEVER);
    await api.ask('triggerSchedule', { token, params: { name: 'gone' } });
    expect(await running('gone')).toBe('RUNNING');
    await remove('gone');
    expect((await api.ask('getSchedule', { token, params: { name: 'gone' } })).status).toBe(404);
    await expect.poll(() => running('gone')).toBe('COMPLETED');
    expect(await cycles('gone')).toHaveLength(1);
  });

  test('is there again when somebody has terminated it, or died before it was started', async () => {
    const { store, temporal, logger } = api.runtime;
    await put('ended', NEVER);
    await temporal.client.workflow.getHandle(scheduleWorkflowId('etl', 'ended')).terminate();
    const spec = {
      ...job({ name: 'unknown' }),
      schedule: { ...NEVER, timezone: 'UTC', gap: 'shift', jitter: '0s', dataDay: -1, misfire: 'latest', overlap: 'wait' },
    };
    await store.definitions.put({ kind: 'Job', app: 'etl', name: 'unknown', digest: 'd', spec, createdBy: 'test' });
    const duty = startSchedules({ store, client: temporal.client, logger });
    await expect.poll(() => running('ended')).toBe('RUNNING');
    await expect.poll(() => running('unknown').catch(() => 'none')).toBe('RUNNING');
    await duty.stop();
    await expect.poll(async () => (await get('unknown'))['version']).toBe(1);
  });
});
