// S-01, S-02, S-03, S-04, S-07: made from the route table, so a new route is tested the day it is written.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../src/core/tokens.ts';
import { ROUTES, type Route, type RouteName } from '../../src/specs/routes.schema.ts';
import type { Role } from '../../src/store/contract.ts';
import { GRANTS, job, pathOf, startTestApi, type Answer, type Ask, type TestApi } from './server.ts';

const RANK = { public: 0, viewer: 1, operator: 2, editor: 3, admin: 4 } as const;
const ROLES: readonly Role[] = ['viewer', 'operator', 'editor', 'admin'];
const all = Object.entries(ROUTES) as [RouteName, Route][];
const guarded = all.filter(([, route]) => route.role !== 'public');

let api: TestApi;
const tokens = new Map<string, string>();
const tokenOf = (app: string, role: Role): string => tokens.get(`${app}/${role}`)!;
let jobId: string;
let backfillId = '0';
let runId: string;
let sha256: string;

const dag = () => ({ name: 'stored', defaults: { cluster: 'local' }, nodes: { only: { job: { type: 'shell', config: { command: ['true'] } } } } });

/** The routes that are about a run, or a node of it. */
const RUN_ROUTES = all.filter(([, { path }]) => path.startsWith('/api/v1/runs/:id')).map(([name]) => name);

const ofRuns = (): Partial<Record<RouteName, Ask>> => ({
  createRun: { body: { spec: dag() } },
  ...Object.fromEntries(RUN_ROUTES.map((name) => [name, { params: { id: runId, node: 'only' } }])),
  markNode: { params: { id: runId, node: 'only' }, body: { as: 'skipped' } },
  signalRun: { params: { id: runId }, body: { name: 'go' } },
});

/** Routes of one schedule. */
const SCHEDULES = ['getSchedule', 'listCycles', 'pauseSchedule', 'resumeSchedule', 'triggerSchedule'] as const;

/** Routes of one backfill. */
const BACKFILLS = ['getBackfill', 'listBackfillCycles', 'pauseBackfill', 'resumeBackfill', 'killBackfill'] as const;
const RANGE = { from: '2020-01-01', until: '2020-01-03' };

/** What makes a call of each route valid for the app that owns the objects. Routes not here need nothing. */
const valid = (app: string): Partial<Record<RouteName, Ask>> => ({
  ...ofRuns(),
  docsFile: { params: { file: 'init.js' } },
  createJob: { body: { spec: job() } },
  ...Object.fromEntries(SCHEDULES.map((name) => [name, { params: { name: 'timed' } }])),
  ...Object.fromEntries(BACKFILLS.map((name) => [name, { params: { id: backfillId } }])),
  createBackfill: { body: { name: 'past', ...RANGE } },
  previewSchedule: { body: { schedule: { cron: '@daily' } } },
  getJob: { params: { id: jobId } },
  killJob: { params: { id: jobId }, body: {} },
  rerunJob: { params: { id: jobId }, body: {} },
  resolveJob: { params: { id: jobId }, body: { as: 'failed' } },
  modifyJob: { params: { id: jobId }, body: { with: { priority: 3 } } },
  jobEvents: { params: { id: jobId } },
  jobLogs: { params: { id: jobId } },
  jobLogStreams: { params: { id: jobId } },
  jobOutputs: { params: { id: jobId } },
  jobOutput: { params: { id: jobId, name: 'table' } },
  listDefinitions: { params: { kind: 'jobs' } },
  getDefinition: { params: { kind: 'jobs', name: 'stored' } },
  definitionVersions: { params: { kind: 'jobs', name: 'stored' } },
  diffDefinition: { params: { kind: 'jobs', name: 'stored' } },
  rollbackDefinition: { params: { kind: 'jobs', name: 'stored' }, body: { version: 1 } },
  validateDefinition: { params: { kind: 'jobs', name: 'stored' }, body: job({ name: 'stored' }) },
  putDag: { params: { name: 'stored' }, body: dag() },
  deleteDag: { params: { name: 'stored' } },
  putJobDefinition: { params: { name: 'stored' }, body: job({ name: 'stored' }) },
  putCluster: { params: { name: 'local' }, body: { type: 'local' } },
  putApp: { params: { name: app }, body: { grants: GRANTS } },
  deleteJobDefinition: { params: { name: 'stored' } },
  deleteCluster: { params: { name: 'nowhere' } },
  deleteApp: { params: { name: 'nowhere' } },
  listTokens: { params: { name: app } },
  createToken: { params: { name: app }, body: { name: 'x', role: 'viewer' } },
  revokeToken: { params: { name: app, id: 'none' } },
  signingKey: { params: { name: app } },
  putArtifact: { body: 'bytes', headers: { 'content-type': 'application/octet-stream' } },
  hasArtifact: { params: { sha256 } },
});

beforeAll(async () => {
  api = await startTestApi();
  for (const app of ['red', 'blue']) {
    await api.app(app);
    for (const role of ROLES) tokens.set(`${app}/${role}`, await api.token(app, role));
  }
  const token = tokenOf('red', 'editor');
  jobId = String((await api.ask('createJob', { token, body: { spec: job(), requestId: 'the-one' } })).json['id']);
  sha256 = String((await api.ask('putArtifact', { token, body: 'bytes' })).json['sha256']);
  runId = String((await api.ask('createRun', { token, body: { spec: dag() } })).json['id']);
  await api.ask('putJobDefinition', { token, params: { name: 'stored' }, body: job({ name: 'stored' }) });
  const timed = job({ name: 'timed', schedule: { cron: '@daily', start: '2199-01-01' } });
  await api.ask('putJobDefinition', { token, params: { name: 'timed' }, body: timed });
  const past = job({ name: 'past', schedule: { cron: '@daily', start: '2020-01-01', end: '2020-01-03' } });
  await api.ask('putJobDefinition', { token, params: { name: 'past' }, body: past });
  backfillId = String((await api.ask('createBackfill', { token, body: { name: 'past', ...RANGE } })).json['id']);
});
afterAll(async () => await api?.stop());

/** Calls a route; a stream that opens is an answer, too. */
async function call(name: RouteName, ask: Ask): Promise<number> {
  if (name !== 'events') return (await api.ask(name, ask)).status;
  const stop = new AbortController();
  const response = await fetch(`${api.url}/api/v1/events`, {
    headers: { ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }), ...ask.headers },
    signal: stop.signal,
  });
  stop.abort();
  return response.status;
}

describe('roles', () => {
  test.each(guarded)('%s asks for a token', async (name) => {
    expect(await call(name, valid('red')[name] ?? {})).toBe(401);
  });

  test.each(guarded)('%s refuses every role under its own, and no other', async (name, route) => {
    for (const role of ROLES) {
      // What the highest role does would destroy what the next test needs.
      if (role === 'admin' && name === 'deleteJobDefinition') continue;
      const status = await call(name, { ...valid('red')[name], token: tokenOf('red', role) });
      if (RANK[role] < RANK[route.role]) expect([role, status]).toEqual([role, 403]);
      else expect([401, 403], role).not.toContain(status);
    }
    if (name === 'deleteJobDefinition') {
      await api.ask('putJobDefinition', { token: tokenOf('red', 'editor'), params: { name: 'stored' }, body: job({ name: 'stored' }) });
    }
  });

  test('a role is judged before the body is read', async () => {
    const answer = await api.ask('putApp', { token: tokenOf('red', 'viewer'), params: { name: 'red' }, body: 'x'.repeat(2_000_000) });
    expect([answer.status, answer.json.code]).toEqual([403, 'FORBIDDEN']);
    expect(answer.json.detail).toContain('admin');
  });
});

describe("another app's objects", () => {
  const named: RouteName[] = [
    ...(['getJob', 'killJob', 'rerunJob', 'resolveJob', 'modifyJob', 'jobEvents', 'jobLogs', 'jobLogStreams', 'jobOutputs', 'jobOutput'] as const),
    ...(['getDefinition', 'definitionVersions', 'deleteJobDefinition', 'diffDefinition', 'rollbackDefinition', 'deleteDag'] as const),
    ...RUN_ROUTES,
    ...SCHEDULES,
    ...BACKFILLS,
  ];
  test.each(named)('%s: they do not exist', async (name) => {
    for (const role of ['editor', 'admin'] as const) {
      const answer = await api.ask(name, { ...valid('red')[name], token: tokenOf('blue', role) });
      expect([role, answer.status, answer.json.code]).toEqual([role, 404, 'NOT_FOUND']);
    }
    const missing = await api.ask(name, {
      ...valid('red')[name],
      params: { ...valid('red')[name]?.params, id: '1' },
      token: tokenOf('blue', 'editor'),
    });
    expect(missing.status).toBe(404);
  });

  test('nothing of theirs was touched by any of that', async () => {
    const token = tokenOf('red', 'viewer');
    expect((await api.ask('getJob', { token, params: { id: jobId } })).json).toMatchObject({ priority: 5, app: 'red' });
    expect((await api.ask('getDefinition', { token, params: { kind: 'jobs', name: 'stored' } })).status).toBe(200);
  });

  test('lists, filters, queues and metrics show own ones only', async () => {
    const token = tokenOf('blue', 'viewer');
    for (const query of ['', 'requestId=the-one', 'name=hello', 'status=CREATED', 'limit=1000', 'cluster=local']) {
      const { items } = (await api.ask('listJobs', { token, query })).json as { items: { app: string }[] };
      expect(items.filter((item) => item.app !== 'blue')).toEqual([]);
    }
    const definitions = await api.ask('listDefinitions', { token, params: { kind: 'jobs' } });
    expect((definitions.json['items'] as { app: string }[]).filter((item) => item.app !== 'blue')).toEqual([]);
    const apps = await api.ask('listDefinitions', { token, params: { kind: 'apps' } });
    expect((apps.json['items'] as { name: string }[]).map((item) => item.name)).toEqual(['blue']);
    // A page that is full would be ended by somebody's name.
    const one = await api.ask('listDefinitions', { token: tokenOf('red', 'viewer'), params: { kind: 'apps' }, query: 'limit=1' });
    expect(one.json).toEqual({ items: [expect.objectContaining({ name: 'red' })] });
    expect((await api.ask('metrics', { token })).text).not.toContain('app="red"');
    expect((await api.ask('queues', { token })).text).not.toContain('red');
  });

  test('a request id is no oracle: the same one makes a job of its own in each app', async () => {
    const body = { spec: job({ name: 'other' }), requestId: 'the-one' };
    const answer = await api.ask('createJob', { token: tokenOf('blue', 'editor'), body });
    expect(answer.status).toBe(201);
    expect(answer.json['id']).not.toBe(jobId);
  });

  test('only an admin acts for another app, and only for one that exists', async () => {
    const headers = { 'longshore-app': 'red' };
    for (const role of ['viewer', 'operator', 'editor'] as const) {
      expect((await api.ask('getJob', { token: tokenOf('blue', role), params: { id: jobId }, headers })).status).toBe(403);
    }
    expect((await api.ask('getJob', { token: tokenOf('blue', 'admin'), params: { id: jobId }, headers })).status).toBe(200);
    const token = tokenOf('blue', 'admin');
    for (const app of ['green', '../red', '', '%', 'red, blue']) {
      expect((await api.ask('listJobs', { token, headers: { 'longshore-app': app } })).status).not.toBe(200);
    }
  });
});

test('what the server owns cannot be written: every field of an answer sent back is refused or ignored', async () => {
  const token = tokenOf('red', 'admin');
  const view = (await api.ask('getJob', { token, params: { id: jobId } })).json;
  for (const field of ['id', 'status', 'app', 'attempt', 'createdBy', 'workflowId', 'killRequested']) {
    expect((await api.ask('createJob', { token, body: { spec: { ...job(), [field]: view[field] ?? 'x' } } })).status, field).toBe(400);
    expect((await api.ask('createJob', { token, body: { spec: job(), [field]: view[field] ?? 'x' } })).status, field).toBe(400);
    const body = { with: { [field]: view[field] ?? 'x' } };
    if (field !== 'app' && field !== 'id')
      expect((await api.ask('modifyJob', { token, params: { id: jobId }, body: { ...body, [field]: 'x' } })).status, field).toBe(400);
  }
  const definition = (await api.ask('getDefinition', { token, params: { kind: 'apps', name: 'red' } })).json;
  expect((await api.ask('putApp', { token, params: { name: 'red' }, body: definition })).status).toBe(400);
  const made = await api.ask('createToken', {
    token,
    params: { name: 'red' },
    body: { name: 'x', role: 'viewer', app: 'blue', id: 'mine', createdBy: 'root' },
  });
  expect(made.status).toBe(400);
});

describe('tokens', () => {
  const variants: Record<string, Record<string, string>> = {
    junk: { authorization: 'Bearer junk' },
    'Bearer nothing': { authorization: 'Bearer nothing' },
    'Bearer without token': { authorization: 'Bearer ' },
    basic: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
    'alg none': {
      authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"admin"}').toString('base64url')}.`,
    },
    'in a cookie': { cookie: 'token=x' },
    'in another header': { 'x-api-key': 'x' },
    SQL: { authorization: "Bearer ' OR 1=1 --" },
    'very long': { authorization: `Bearer ${'a'.repeat(5_000)}` },
  };
  test.each(guarded)('%s refuses every token that is none', async (name) => {
    for (const [variant, headers] of Object.entries(variants))
      expect([variant, await call(name, { ...valid('red')[name], headers })]).toEqual([variant, 401]);
  });

  test('expired and revoked tokens end at once; a stored hash is no token', async () => {
    const { access } = api.runtime.store;
    await access.add(
      { id: 'old', name: 'old', app: 'red', role: 'admin', createdBy: 'test', expiresAt: new Date(Date.now() - 1_000).toISOString() },
      hashOf('expired'),
    );
    await access.add({ id: 'gone', name: 'gone', app: 'red', role: 'admin', createdBy: 'test' }, hashOf('revoked'));
    expect((await api.ask('whoami', { token: 'revoked' })).status).toBe(200);
    expect((await api.ask('revokeToken', { token: tokenOf('red', 'admin'), params: { name: 'red', id: 'gone' } })).status).toBe(204);
    for (const token of ['expired', 'revoked', hashOf('revoked'), hashOf(tokenOf('red', 'admin'))]) {
      const answer = await api.ask('whoami', { token });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });

  test("a token's secret is shown once, and a token of another app is not revoked by its id", async () => {
    const token = tokenOf('red', 'admin');
    const made = (await api.ask('createToken', { token, params: { name: 'red' }, body: { name: 'ci', role: 'viewer' } })).json as {
      id: string;
      token: string;
    };
    expect(made.token).toMatch(/^lsh_[\w-]{43}$/);
    expect((await api.ask('whoami', { token: made.token })).json).toMatchObject({ id: made.id, app: 'red', role: 'viewer' });
    expect((await api.ask('listTokens', { token, params: { name: 'red' } })).text).not.toContain(made.token);
    expect((await api.ask('revokeToken', { token, params: { name: 'blue', id: made.id } })).status).toBe(404);
    expect((await api.ask('whoami', { token: made.token })).status).toBe(200);
  });

  test('two Authorization headers are refused, whatever they say', async () => {
    const good = `Authorization: Bearer ${tokenOf('red', 'admin')}`;
    for (const pair of [
      [good, 'Authorization: Bearer junk'],
      ['Authorization: Bearer junk', good],
      [good, good],
    ]) {
      expect(await raw(`GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\n${pair.join('\r\n')}\r\nConnection: close\r\n\r\n`)).toContain('HTTP/1.1 401');
    }
    expect(await raw(`GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\n${good}\r\nConnection: close\r\n\r\n`)).toContain('HTTP/1.1 200');
  });
});

describe('paths', () => {
  const open = all.filter(([, route]) => route.role === 'public').map(([, route]) => route.path);
  const tricks = (path: string): string[] => [
    ...open.flatMap((end) => [`${path}${end}`, `${end}${path}`, `${end}/..${path}`, `${end}%2f..${path}`]),
    `/${path}`,
    `${path}/`,
    `${path}.`,
    `${path};x`,
    `${path};/livez`,
    `${path}%00`,
    `${path}%20`,
    `${path}..;/livez`,
    `${path}?/livez`,
    `${path}%3f/livez`,
    path.toUpperCase(),
    path.replaceAll('/', '//'),
    path.replaceAll('/', '%2f'),
    path.replaceAll('/', '\\'),
    path.replaceAll('/', '%5c'),
    path.replace('/api', '/./api'),
    path.replace('/api', '/%2e%2e/api'),
    path.replace('/api', '/x/../api'),
    path.replace('/api', '/%61pi'),
    `${path}#/livez`,
  ];
  const overrides = {
    'X-HTTP-Method-Override': 'GET',
    'X-Method-Override': 'GET',
    'X-Original-URL': '/livez',
    'X-Rewrite-URL': '/livez',
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-Host': 'localhost',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Prefix': '/livez',
  };

  test.each(guarded)('%s: no spelling of its path comes around the token', async (name, route) => {
    const path = pathOf(route, valid('red')[name]?.params);
    const method = route.method.toUpperCase();
    const lines = [...tricks(path), `http://x${path}`, `http://x/livez${path}`].map((target) => `${method} ${target.replaceAll(' ', '%20')}`);
    const others = ['HEAD', 'OPTIONS', 'GET', 'POST', 'PUT', 'DELETE', 'TRACE', 'PROPFIND'].map((verb) => `${verb} ${path}`);
    const answers = await pipeline([...lines, ...others].map((line) => `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n`));
    for (const [i, status] of answers.entries()) expect([401, 404, 400], [...lines, ...others][i]).toContain(status);
    const forged = Object.entries(overrides).map(
      ([header, value]) => `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${header}: ${value}\r\n`,
    );
    expect(await pipeline(forged)).toEqual(forged.map(() => 401));
  });

  test('HEAD and OPTIONS answer nothing, even with a token', async () => {
    const token = tokenOf('red', 'admin');
    for (const method of ['HEAD', 'OPTIONS']) expect((await api.fetch(method, '/api/v1/jobs', { token })).status).toBe(404);
  });
});

/** Each request on a connection of its own; the statuses. */
async function pipeline(requests: readonly string[]): Promise<number[]> {
  return await Promise.all(
    requests.map(async (request) => Number(/^HTTP\/1\.1 (\d{3})/.exec(await raw(`${request}Connection: close\r\n\r\n`))?.[1])),
  );
}

async function raw(request: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write(request));
    let text = '';
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('every route is in OpenAPI with its role, and every answer of an error is a problem', async () => {
  const document = (await api.ask('openapi')).json as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; description: string }>>;
  };
  expect(document.openapi).toMatch(/^3\.1/);
  for (const [name, route] of all) {
    const operation = document.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method];
    expect(operation?.operationId, name).toBe(name);
    expect(operation?.description).toContain(route.role === 'public' ? 'no token' : route.role);
  }
  expect(Object.values(document.paths).flatMap((path) => Object.keys(path))).toHaveLength(all.length);
  const problem: Answer = await api.fetch('GET', '/nowhere');
  expect(problem.headers.get('content-type')).toContain('application/problem+json');
  expect(problem.json).toMatchObject({ code: 'NO_SUCH_ROUTE', status: 404, retryable: false, traceId: problem.headers.get('x-request-id') });
});
