// Changes of a job add up: each is checked together with those before it, shown, and kept when the workflow is lost.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobView } from '../../src/specs/views.schema.ts';
import { GRANTS, job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
let admin: string;

beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  token = await api.token('default', 'editor');
  admin = await api.token('default', 'admin');
  const engines = { shell: { env: {}, defaults: {}, forbidden: [{ name: 'SAUCE', use: 'labels', description: 'the sauce' }] } };
  await api.ask('putCluster', { token: admin, params: { name: 'strict' }, body: { type: 'local', engines } });
  await grant(['local', 'strict']);
});
afterAll(async () => await api?.stop());

const grant = async (clusters: string[]): Promise<void> => {
  expect((await api.ask('putApp', { token: admin, params: { name: 'default' }, body: { grants: { ...GRANTS, clusters } } })).status).toBe(200);
};
const script = (inline: string, more: Record<string, unknown> = {}) => job({ config: { script: { inline } }, ...more });
const create = async (spec: Record<string, unknown>): Promise<JobView> =>
  (await api.ask('createJob', { token, body: { spec } })).json as unknown as JobView;
const get = async (id: string): Promise<JobView> => (await api.ask('getJob', { token, params: { id } })).json as unknown as JobView;
const until = async (id: string, status: string, attempt = 1): Promise<void> =>
  await expect.poll(async () => await get(id), { timeout: 30_000 }).toMatchObject({ status, attempt });
const rerun = async (id: string, patch?: Record<string, unknown>) =>
  await api.ask('rerunJob', { token, params: { id }, body: patch === undefined ? {} : { with: patch } });

test('a setting that a cluster forbids does not get there in two steps', async () => {
  const { id } = await create(script('exit 3'));
  await until(id, 'FAILED');
  expect((await rerun(id, { env: { SAUCE: '1' } })).status).toBe(202);
  await until(id, 'FAILED', 2);
  const answer = await rerun(id, { cluster: 'strict' });
  expect([answer.status, answer.json.code]).toEqual([400, 'CONF_FORBIDDEN']);
});

test('nor by two changes, one right after the other', async () => {
  const { id } = await create(script('sleep 300'));
  await until(id, 'RUNNING');
  const modify = async (patch: Record<string, unknown>) => await api.ask('modifyJob', { token, params: { id }, body: { with: patch } });
  // A store that is slow to learn of the first must not hide it from the check of the second.
  const { executions } = api.runtime.store;
  const record = executions.record.bind(executions);
  const gate = Promise.withResolvers<void>();
  let tries = 0;
  const held = vi.spyOn(executions, 'record').mockImplementation(async (request) => {
    // It fails first: only then does the workflow go on without it.
    if (request.events.some(({ type }) => type === 'modified') && tries++ === 0) throw new Error('busy');
    if (tries > 0) await gate.promise;
    await record(request);
  });
  let answered = false;
  const first = modify({ env: { SAUCE: '1' } }).finally(() => (answered = true));
  await expect.poll(() => held.mock.calls.flatMap(([{ events }]) => events).some(({ type }) => type === 'modified')).toBe(true);
  for (let i = 0; i < 10; i++) await get(id);
  expect(answered).toBe(false);
  gate.resolve();
  expect((await first).json['effect']).toBe('done');
  held.mockRestore();
  expect((await modify({ cluster: 'strict' })).json.code).toBe('CONF_FORBIDDEN');
  await api.ask('killJob', { token, params: { id }, body: { how: 'forced' } });
  await until(id, 'KILLED');
});

test('a job shows and is found by the spec that its newest attempt has', async () => {
  const { id } = await create(script('exit 3', { labels: { team: 'a' } }));
  await until(id, 'FAILED');
  expect(await rerun(id, { cluster: 'strict', priority: 2, labels: { team: 'b' } })).toMatchObject({ status: 202 });
  await until(id, 'FAILED', 2);
  expect(await get(id)).toMatchObject({ cluster: 'strict', priority: 2, labels: { team: 'b' }, spec: { cluster: 'strict', labels: { team: 'b' } } });
  for (const query of ['cluster=strict', 'label=team=b']) {
    const { items } = (await api.ask('listJobs', { token, query })).json as { items: { id: string }[] };
    expect(items.map((item) => item.id)).toContain(id);
  }
});

test('a grant that was taken away ends reruns of what was changed to need it, also by resolve', async () => {
  const { id } = await create(script('exit 3'));
  await until(id, 'FAILED');
  await rerun(id, { cluster: 'strict' });
  await until(id, 'FAILED', 2);
  await grant(['local']);
  expect((await rerun(id)).status).toBe(403);

  const { executions } = api.runtime.store;
  const row = (await executions.job(id))!;
  const { input } = (await executions.byWorkflowId(row.workflowId))!;
  const event = { seq: row.seq + 1, at: new Date().toISOString(), attempt: 2, status: 'UNKNOWN', attemptStatus: 'UNKNOWN', type: 'status' } as const;
  await executions.record({ jobId: id, workflowId: row.workflowId, runId: 'r', input, events: [event] });
  const answer = await api.ask('resolveJob', { token, params: { id }, body: { as: 'rerun' } });
  expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
  await grant(['local', 'strict']);
});

test('changes outlive the workflow that had them', async () => {
  const { id, workflowId } = await create(script('test "$FIX" = yes && sleep 300'));
  await until(id, 'FAILED');
  await rerun(id, { env: { FIX: 'yes' } });
  await until(id, 'RUNNING', 2);
  await api.runtime.temporal.client.workflow.getHandle(workflowId).terminate();
  await until(id, 'KILLED', 2);
  await rerun(id);
  await until(id, 'RUNNING', 3);
  await api.ask('killJob', { token, params: { id }, body: { how: 'forced' } });
  await until(id, 'KILLED', 3);
});
