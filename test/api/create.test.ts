// Creation: once for each request id, whatever is repeated, raced or down; and refused with reasons when the app may not.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobView } from '../../src/specs/views.schema.ts';
import { GRANTS, job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
let admin: string;

beforeAll(async () => {
  api = await startTestApi();
  token = await api.token('default', 'editor');
  admin = await api.token('default', 'admin');
});
afterAll(async () => await api?.stop());

const create = async (body: unknown, headers: Record<string, string> = {}): Promise<Answer> => await api.ask('createJob', { token, body, headers });
const codeOf = async (body: unknown): Promise<[number, string | undefined]> => {
  const answer = await create(body);
  return [answer.status, answer.json.code];
};
const workflows = async (): Promise<number> => (await api.runtime.temporal.client.workflow.count('WorkflowType = "job"')).count;

describe('one job for one request id', () => {
  test('100 equal requests at once make one job, and all get it', async () => {
    const body = { spec: job(), requestId: 'hundred' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => create(body)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.json['id'])).size).toBe(1);
    const listed = await api.ask('listJobs', { token, query: 'requestId=hundred' });
    expect((listed.json['items'] as unknown[]).length).toBe(1);
    await expect.poll(workflows).toBe(1);
  });

  test('the same id with another spec is a conflict, also for Temporal alone', async () => {
    const first = await create({ spec: job(), requestId: 'taken' });
    const answer = await create({ spec: job({ priority: 1 }), requestId: 'taken' });
    expect([answer.status, answer.json.code]).toEqual([409, 'REQUEST_ID_CONFLICT']);
    expect(answer.json.detail).toContain(first.json['id']);
    await forget(first.json as unknown as JobView);
    expect(await codeOf({ spec: job({ priority: 1 }), requestId: 'taken' })).toEqual([409, 'REQUEST_ID_CONFLICT']);
  });

  test('defaults do not make another spec; what is written out is the same job', async () => {
    const first = await create({ spec: job(), requestId: 'defaults' });
    const again = await create({ spec: job({ priority: 5, queue: 'default', labels: {} }), requestId: 'defaults' });
    expect(again.json['id']).toBe(first.json['id']);
  });

  test('Idempotency-Key is the request id; both must agree', async () => {
    const first = await create({ spec: job() }, { 'idempotency-key': 'key-1' });
    expect(first.json['requestId']).toBe('key-1');
    expect((await create({ spec: job(), requestId: 'key-1' })).json['id']).toBe(first.json['id']);
    expect((await create({ spec: job(), requestId: 'key-2' }, { 'idempotency-key': 'key-1' })).status).toBe(400);
    expect((await create({ spec: job() }, { 'idempotency-key': 'x'.repeat(257) })).json.errors?.[0]?.path).toBe('/Idempotency-Key');
  });

  test('ids that look like paths, ids or wildcards are only names', async () => {
    const ids = ['../../etc/passwd', '~1', '%7E1', 'a/b', 'a%2Fb', ' ', 'ü', 'job:default:x', "'; DROP TABLE jobs; --", '*', '__proto__'];
    const made = await Promise.all(ids.map((requestId) => create({ spec: job(), requestId })));
    expect(made.map((answer) => answer.status)).toEqual(ids.map(() => 201));
    expect(new Set(made.map((answer) => (answer.json as unknown as JobView).workflowId)).size).toBe(ids.length);
  });

  test('an id that Temporal could not take is refused, and every other one is taken', async () => {
    for (const [requestId, status] of [
      ['x'.repeat(256), 201],
      ['é'.repeat(150), 201],
      ['é'.repeat(151), 400],
      ['€'.repeat(256), 400],
      ['\u{1F600}'.repeat(128), 400],
      ['\u{1F600}'.repeat(75), 201],
    ] as const) {
      const answer = await create({ requestId, spec: job() });
      expect([requestId, answer.status]).toEqual([requestId, status]);
      if (status === 400) expect(answer.json.errors?.[0]?.message).toContain('percent-encoded');
    }
    expect((await api.ask('listJobs', { token, query: `requestId=${'%E2%82%AC'.repeat(256)}` })).status).toBe(400);
  });

  test('a job whose row was never written appears by the repeated request', async () => {
    const first = await create({ spec: job(), requestId: 'no-row' });
    const id = String(first.json['id']);
    await forget(first.json as unknown as JobView);
    expect((await api.ask('getJob', { token, params: { id } })).status).toBe(404);
    expect((await create({ spec: job(), requestId: 'no-row' })).json['id']).toBe(id);
    expect((await api.ask('getJob', { token, params: { id } })).status).toBe(200);
  });
});

/** Takes a job's row away, as if the process had died before writing it. Only ended ones can be removed, so it ends first. */
async function forget(view: JobView): Promise<void> {
  const { executions } = api.runtime.store;
  const event = { seq: 1, at: new Date().toISOString(), attempt: 1, status: 'SUCCEED', attemptStatus: 'SUCCEED', type: 'status' } as const;
  const input = { jobId: view.id, app: view.app, digest: 'x', spec: view.spec, mark: 'm', createdAt: view.createdAt, by: view.createdBy };
  await executions.record({ jobId: view.id, workflowId: view.workflowId, runId: 'r', input, events: [event] });
  await executions.remove([view.id]);
}

const put = async (spec: Record<string, unknown>) =>
  (await api.ask('putJobDefinition', { token, params: { name: 'greet' }, body: spec })).json['version'];

describe('from a definition', () => {
  test('ref takes the newest or a named version, with is merged, and the result is validated', async () => {
    expect(await put(job({ name: 'greet', env: { A: '1' }, labels: { v: '1' } }))).toBe(1);
    expect(await put(job({ name: 'greet', env: { A: '2' }, labels: { v: '2' } }))).toBe(2);
    const made = async (body: Record<string, unknown>) => ((await create(body)).json as unknown as JobView).spec;
    expect((await made({ ref: 'greet' })).env).toEqual({ A: '2' });
    expect(await made({ ref: 'greet@1', with: { env: { B: '3' }, priority: 2 } })).toMatchObject({
      env: { A: '1', B: '3' },
      priority: 2,
      labels: { v: '1' },
    });
    expect(await codeOf({ ref: 'greet@9' })).toEqual([404, 'NOT_FOUND']);
    expect((await create({ ref: 'gret' })).json.detail).toContain('did you mean "greet"');
    for (const body of [{}, { ref: 'greet', spec: job() }, { ref: 'greet@x' }, { ref: '../greet' }])
      expect(await codeOf(body)).toEqual([400, 'INVALID']);
    expect(await codeOf({ ref: 'greet', with: { config: { nonsense: true } } })).toEqual([400, 'INVALID']);
  });
});

describe('what an app may not do', () => {
  test('nothing is granted by default, and every missing grant is named at once', async () => {
    await api.runtime.store.definitions.put({
      kind: 'App',
      app: '',
      name: 'poor',
      digest: 'p',
      spec: { name: 'poor', tenant: 'default', grants: { clusters: [], workers: [], queues: [], users: [], secrets: [] }, limits: {} },
      createdBy: 'test',
    });
    const poor = await api.token('poor', 'admin');
    const answer = await api.ask('createJob', { token: poor, body: { spec: job({ user: 'mallory', secrets: { PW: 'warehouse' } }) } });
    expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
    for (const words of ['cluster "local"', 'worker group "default"', 'queue "default"', 'user "mallory"', 'secret "warehouse"', 'grants.secrets']) {
      expect(answer.json.detail).toContain(words);
    }
  });

  test('a cluster that is not granted answers like one that does not exist', async () => {
    await api.ask('putCluster', { token: admin, params: { name: 'hidden' }, body: { type: 'local' } });
    const [there, not] = await Promise.all([create({ spec: job({ cluster: 'hidden' }) }), create({ spec: job({ cluster: 'absent' }) })]);
    expect(there.json.detail?.replace('hidden', '')).toBe(not.json.detail?.replace('absent', ''));
  });

  test('modify and rerun ask the same grants as creation', async () => {
    const made = (await create({ spec: job() })).json as unknown as JobView;
    const answer = await api.ask('modifyJob', { token, params: { id: made.id }, body: { with: { user: 'mallory' } } });
    expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('what cannot run is said at creation', () => {
  test('types, pairs, settings, files', async () => {
    const type = await create({ spec: job({ type: 'shel' }) });
    expect([type.status, type.json.code]).toEqual([400, 'UNKNOWN_TYPE']);
    expect(type.json.errors?.[0]).toMatchObject({ path: '/spec/type', value: '"shel"' });
    expect(type.json.detail).toContain('did you mean "shell"');

    const engines = { shell: { env: {}, defaults: {}, forbidden: [{ name: 'SECRET_SAUCE', use: 'labels', description: 'the sauce' }] } };
    await api.ask('putCluster', { token: admin, params: { name: 'strict' }, body: { type: 'local', engines } });
    await api.ask('putApp', { token: admin, params: { name: 'default' }, body: { grants: { ...GRANTS, clusters: ['local', 'strict'] } } });
    const forbidden = await create({ spec: job({ cluster: 'strict', env: { SECRET_SAUCE: '1' } }) });
    expect([forbidden.status, forbidden.json.code]).toEqual([400, 'CONF_FORBIDDEN']);
    expect(forbidden.json.detail).toContain('use labels');

    const local = await create({ spec: job({ config: { script: './run.sh' } }) });
    expect(local.json.errors).toEqual([{ path: '/spec/config/script', value: '"./run.sh"', message: expect.stringContaining('the CLI uploads it') }]);
    const missing = await create({ spec: job({ config: { script: { artifact: 'a'.repeat(64), name: 'run.sh' } } }) });
    expect(missing.json.errors?.[0]).toMatchObject({ path: '/spec/config/script/artifact', message: expect.stringContaining('not uploaded') });
    for (const address of ['s3://bucket/run.sh', 'hdfs:///run.sh', 'http://example.org/run.sh']) {
      const elsewhere = await create({ spec: job({ config: { script: address } }) });
      const message = expect.stringMatching(/begin with https: or local:; no worker can fetch/) as string;
      expect(elsewhere.json.errors, address).toEqual([{ path: '/spec/config/script', value: `"${address}"`, message }]);
    }
    expect((await create({ spec: job({ config: { command: ['./not-a-file-reference'] } }) })).status).toBe(201);
  });

  test('a pair without a renderer names what is possible', async () => {
    const other = { ...api.runtime.adapters.get('local'), type: 'elsewhere', templates: ['container'] };
    const { adapters } = api.runtime;
    const spies = [vi.spyOn(adapters, 'types').mockReturnValue([...adapters.types(), other]), vi.spyOn(adapters, 'get').mockReturnValue(other)];
    await api.ask('putCluster', { token: admin, params: { name: 'strict' }, body: { type: 'elsewhere' } });
    const answer = await create({ spec: job({ cluster: 'strict' }) });
    for (const spy of spies) spy.mockRestore();
    expect([answer.status, answer.json.code]).toEqual([400, 'PAIR_UNSUPPORTED']);
    expect(answer.json.detail).toContain('they run on: local');
  });
});

const env = (bytes: number) => ({
  A: 'x'.repeat(Math.floor(bytes / 3)),
  B: 'x'.repeat(Math.floor(bytes / 3)),
  C: 'x'.repeat(Math.floor(bytes / 3)),
});

describe('sizes', () => {
  test('config and env over 16 KB travel by digest and come back whole', async () => {
    const env = { BIG: 'x'.repeat(100_000) };
    const made = (await create({ spec: job({ env }) })).json as unknown as JobView;
    expect(made.spec.env).toEqual(env);
    const shown = (await api.ask('getJob', { token, params: { id: made.id } })).json as unknown as JobView;
    expect(shown.spec).toEqual(made.spec);
    const { history } = await api.runtime.temporal.client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: made.workflowId },
    });
    expect(JSON.stringify(history).length).toBeLessThan(16_000);
  });

  test('a spec over 256 KB, a body over 512 KB and one of 10 MB get a clear answer', async () => {
    const spec = await create({ spec: job({ env: env(300_000) }) });
    expect([spec.status, spec.json.code]).toEqual([413, 'TOO_LARGE']);
    for (const bytes of [600_000, 3_000_000, 10_000_000]) {
      const answer = await create({ spec: job({ env: env(bytes) }) });
      expect([answer.status, answer.json.code]).toEqual([413, 'TOO_LARGE']);
    }
  });

  test('an upload over the limit is refused while it comes, and one with another digest, too', async () => {
    const small = await startTestApi({ env: { LONGSHORE_ARTIFACTS_LIMIT: '64Ki' } });
    try {
      const editor = await small.token('default', 'editor');
      const over = await small.ask('putArtifact', { token: editor, body: randomBytes(4_000_000) });
      expect([over.status, over.json.code]).toEqual([413, 'TOO_LARGE']);
      const wrong = await small.ask('putArtifact', { token: editor, body: 'abc', query: `sha256=${'0'.repeat(64)}` });
      expect([wrong.status, wrong.json.code]).toEqual([400, 'INVALID']);
      expect((await small.ask('hasArtifact', { token: editor, params: { sha256: '0'.repeat(64) } })).status).toBe(404);
    } finally {
      await small.stop();
    }
  });
});

test('a time means the same in every form that it may be written in', async () => {
  const { id, createdAt } = (await create({ spec: job() })).json as unknown as JobView;
  const found = async (query: string): Promise<boolean> => {
    const answer = await api.ask('listJobs', { token, query: `limit=1000&${query}` });
    expect(answer.status).toBe(200);
    return (answer.json['items'] as JobView[]).some((one) => one.id === id);
  };
  const second = createdAt.replace(/\.\d+Z$/, 'Z');
  const elsewhere = new Date(Date.parse(createdAt) + 2 * 3_600_000).toISOString().replace('Z', '%2B02:00');
  expect([await found(`since=${second}`), await found(`until=${second}`)]).toEqual([true, false]);
  expect([await found(`since=${elsewhere}`), await found(`until=${elsewhere}`)]).toEqual([true, false]);
});

test('with Temporal down a request says that it may be repeated, and the repetition is one job', async () => {
  const body = { spec: job(), requestId: 'through-the-storm' };
  await api.server.kill();
  const down = await create(body);
  expect([down.status, down.json.code, down.json.retryable]).toEqual([503, 'TEMPORAL_UNAVAILABLE', true]);
  expect(down.headers.get('retry-after')).toBe('1');
  const ready = await api.ask('ready');
  expect([ready.status, ready.json]).toEqual([503, { status: 'failing', checks: { store: 'ok', temporal: 'unreachable' } }]);
  expect((await api.ask('live')).status).toBe(200);
  await api.server.start();
  await expect.poll(async () => (await create(body)).status, { timeout: 30_000 }).toBe(201);
  const again = await create(body);
  expect((await create(body)).json['id']).toBe(again.json['id']);
  expect((await api.ask('ready')).json.status).toBe('ok');
});
