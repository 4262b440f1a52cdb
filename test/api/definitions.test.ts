import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DefinitionView } from '../../src/specs/views.schema.ts';
import { GRANTS, job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  api = await startTestApi();
  admin = await api.token('default', 'admin');
});
afterAll(async () => await api?.stop());

const put = async (name: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  await api.ask('putJobDefinition', { token: admin, params: { name }, body, headers });
const cluster = async (name: string, body: unknown): Promise<Answer> => await api.ask('putCluster', { token: admin, params: { name }, body });

test('a change makes a version, no change makes none', async () => {
  const first = await put('report', job({ name: 'report' }));
  expect(first.json).toMatchObject({ kind: 'Job', app: 'default', version: 1, unchanged: false, createdBy: 'default/admin' });
  expect(first.headers.get('etag')).toBe('"1"');
  // Written in another order and with a default spelled out, it is still the same.
  expect((await put('report', { priority: 5, kind: 'Job', ...job({ name: 'report' }) })).json).toMatchObject({ version: 1, unchanged: true });
  expect((await put('report', job({ name: 'report', priority: 1 }))).json).toMatchObject({ version: 2, unchanged: false });
  const { items } = (await api.ask('definitionVersions', { token: admin, params: { kind: 'jobs', name: 'report' } })).json as {
    items: DefinitionView[];
  };
  expect(items.map((item) => item.version)).toEqual([2, 1]);
  // Whoever wants a document asks for it: all of them together could be any size.
  for (const item of items) expect(item).not.toHaveProperty('spec');
  const pages: number[] = [];
  for (let query: string | undefined = 'limit=1'; query !== undefined;) {
    const page: Answer['json'] = (await api.ask('definitionVersions', { token: admin, params: { kind: 'jobs', name: 'report' }, query })).json;
    pages.push(...(page['items'] as DefinitionView[]).map(({ version }) => version));
    query = page['next'] === undefined ? undefined : `limit=1&cursor=${page['next'] as string}`;
  }
  expect(pages).toEqual([2, 1]);
  const old = await api.ask('getDefinition', { token: admin, params: { kind: 'jobs', name: 'report' }, query: 'version=1' });
  expect(old.json['spec']).toMatchObject({ name: 'report', priority: 5 });
});

test('If-Match guards against lost updates', async () => {
  await put('guarded', job({ name: 'guarded', priority: 1 }), { 'if-none-match': '*' });
  const codes = await Promise.all(
    [2, 3].map(async (priority) => (await put('guarded', job({ name: 'guarded', priority }), { 'if-match': '"1"' })).status),
  );
  expect(codes.toSorted((a, b) => a - b)).toEqual([200, 412]);
  expect((await put('guarded', job({ name: 'guarded', priority: 4 }), { 'if-none-match': '*' })).json.code).toBe('VERSION_CONFLICT');
  expect((await put('guarded', job({ name: 'guarded' }), { 'if-match': 'newest' })).json.errors?.[0]?.path).toBe('/If-Match');
});

test('what a document says about itself must be what its address says', async () => {
  expect((await put('a', job({ name: 'b' }))).json.errors?.[0]?.path).toBe('/name');
  expect((await put('a', { ...job({ name: 'a' }), kind: 'Cluster' })).json.errors?.[0]?.path).toBe('/kind');
  expect((await put('a', job({ name: undefined }))).status).toBe(200);
});

test('a stored job is checked as a created one', async () => {
  expect((await put('bad', job({ name: 'bad', type: 'pyhton' }))).json.detail).toContain('did you mean "python"');
  expect((await put('bad', job({ name: 'bad', config: { script: './x.sh' } }))).json.errors?.[0]?.path).toBe('/config/script');
  expect((await put('bad', job({ name: 'bad', cluster: 'nowhere' }))).status).toBe(403);
});

test('a cluster is checked by its adapter, and stays small and whole', async () => {
  expect((await cluster('c', { type: 'lcoal' })).json.detail).toContain('did you mean "local"');
  expect((await cluster('c', { type: 'local', config: { nonsense: 1 } })).json.errors?.[0]?.path).toBe('/config/nonsense');
  const engines = {
    shell: { env: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`V${i}`, 'x'.repeat(2_000)])), defaults: {}, forbidden: [] },
  };
  expect((await cluster('c', { type: 'local', engines })).json.code).toBe('TOO_LARGE');
  expect((await cluster('c', { type: 'local' })).json).toMatchObject({ kind: 'Cluster', app: '', version: 1 });
});

test('what runs stands in the way of removal', async () => {
  await api.app('busy');
  const editor = await api.token('busy', 'editor');
  await cluster('doomed', { type: 'local' });
  await api.ask('putApp', { token: admin, params: { name: 'busy' }, body: { grants: { ...GRANTS, clusters: ['doomed'] } } });
  const made = (await api.ask('createJob', { token: editor, body: { spec: job({ cluster: 'doomed' }) } })).json as { id: string; workflowId: string };
  for (const [route, name] of [
    ['deleteCluster', 'doomed'],
    ['deleteApp', 'busy'],
  ] as const) {
    const refused = await api.ask(route, { token: admin, params: { name } });
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT']);
    expect(refused.json.detail).toContain(made.id);
  }

  const at = new Date().toISOString();
  const event = { seq: 1, at, attempt: 1, status: 'CANCELED', attemptStatus: 'CANCELED', type: 'status' } as const;
  const row = await api.runtime.store.executions.byWorkflowId(made.workflowId);
  await api.runtime.store.executions.record({ jobId: made.id, workflowId: made.workflowId, runId: 'r', input: row!.input, events: [event] });
  expect((await api.ask('deleteCluster', { token: admin, params: { name: 'doomed' } })).status).toBe(204);
  expect((await api.ask('getDefinition', { token: admin, params: { kind: 'clusters', name: 'doomed' } })).status).toBe(404);
  expect((await api.ask('whoami', { token: editor })).status).toBe(200);
  expect((await api.ask('deleteApp', { token: admin, params: { name: 'busy' } })).status).toBe(204);
  expect((await api.ask('whoami', { token: editor })).status).toBe(401);
});

test('the app of the asking token is not removed, and a removed definition is gone', async () => {
  expect((await api.ask('deleteApp', { token: admin, params: { name: 'default' } })).status).toBe(409);
  expect((await put('short-lived', job({ name: 'short-lived' }))).status).toBe(200);
  const remove = async () => (await api.ask('deleteJobDefinition', { token: admin, params: { name: 'short-lived' } })).status;
  expect([await remove(), await remove()]).toEqual([204, 404]);
});
