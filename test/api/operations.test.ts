// What operators rely on: audit, metrics, documentation, health, streams that stay bounded.
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROUTES, type Route, type RouteName } from '../../src/specs/routes.schema.ts';
import type { NodeChange, RunEvent } from '../../src/specs/run.ts';
import type { EventView } from '../../src/specs/views.schema.ts';
import { GRANTS, job, startTestApi, type Ask, type TestApi } from './server.ts';

let api: TestApi;
let admin: string;
let jobId: string;
let runId: string;
let backfillId: string;

const dag = { name: 'audited', nodes: { a: { wait: { approval: {} } }, b: { needs: ['a'], job: { type: 'shell', config: { command: ['true'] } } } } };
const timed = { ...job({ name: 'timed' }), schedule: { cron: '0 6 * * *', timezone: 'UTC' } };
const range = { from: '2026-01-01', until: '2026-01-02' };

beforeAll(async () => {
  api = await startTestApi();
  admin = await api.token('default', 'admin');
  const made = async (name: RouteName, body: object) => String((await api.ask(name, { token: admin, body })).json['id']);
  jobId = await made('createJob', { spec: job() });
  runId = await made('createRun', { spec: dag });
  await api.ask('putJobDefinition', { token: admin, params: { name: 'timed' }, body: timed });
  backfillId = await made('createBackfill', { name: 'timed', ...range });
});
afterAll(async () => await api?.stop());

/** Makes the job's row show a status, as a record would. */
async function show(status: 'FAILED' | 'UNKNOWN'): Promise<void> {
  const row = (await api.runtime.store.executions.job(jobId))!;
  const { input } = (await api.runtime.store.executions.byWorkflowId(row.workflowId))!;
  const event = { seq: row.seq + 1, at: new Date().toISOString(), attempt: 1, status, attemptStatus: status, type: 'status' } as const;
  await api.runtime.store.executions.record({ jobId, workflowId: row.workflowId, runId: 'r', input, events: [event] });
}

/** A call of each mutating route that succeeds. */
const calls = (): Partial<Record<RouteName, Ask & { before?: () => Promise<unknown> }>> => ({
  createJob: { body: { spec: job() } },
  killJob: { params: { id: jobId }, body: { reason: 'because' } },
  rerunJob: { params: { id: jobId }, before: () => show('FAILED') },
  resolveJob: { params: { id: jobId }, body: { as: 'failed' }, before: () => show('UNKNOWN') },
  modifyJob: { params: { id: jobId }, body: { with: { priority: 1 } } },
  createRun: { body: { spec: dag } },
  killRun: { params: { id: runId } },
  rerunRun: { params: { id: runId }, body: { mode: 'all' }, before: () => showRun('FINISH') },
  markNode: { params: { id: runId, node: 'b' }, body: { as: 'succeeded' } },
  skipNode: { params: { id: runId, node: 'b' }, before: () => showRun('RUNNING') },
  disableNode: { params: { id: runId, node: 'b' } },
  enableNode: { params: { id: runId, node: 'b' } },
  approveNode: { params: { id: runId, node: 'a' }, before: () => showRun('RUNNING') },
  pauseRun: { params: { id: runId }, before: () => showRun('RUNNING') },
  resumeRun: { params: { id: runId } },
  signalRun: { params: { id: runId }, body: { name: 'go' } },
  pauseSchedule: { params: { name: 'timed' } },
  resumeSchedule: { params: { name: 'timed' } },
  triggerSchedule: { params: { name: 'timed' } },
  createBackfill: { body: { name: 'timed', ...range } },
  pauseBackfill: { params: { id: backfillId } },
  resumeBackfill: { params: { id: backfillId } },
  killBackfill: { params: { id: backfillId } },
  putDag: { params: { name: 'audited' }, body: dag },
  rollbackDefinition: {
    params: { kind: 'jobs', name: 'timed' },
    body: { version: 1 },
    before: () => api.ask('putJobDefinition', { token: admin, params: { name: 'timed' }, body: { ...timed, description: 'another' } }),
  },
  deleteDag: { params: { name: 'audited' } },
  putJobDefinition: { params: { name: 'kept' }, body: job({ name: 'kept' }) },
  putCluster: { params: { name: 'spare' }, body: { type: 'local' } },
  putApp: { params: { name: 'spare' }, body: { grants: GRANTS } },
  deleteJobDefinition: { params: { name: 'kept' } },
  deleteCluster: { params: { name: 'spare' } },
  deleteApp: { params: { name: 'spare' } },
  createToken: { params: { name: 'default' }, body: { name: 'ci', role: 'viewer' } },
  revokeToken: {
    params: { name: 'default', id: 'victim' },
    before: () => api.runtime.store.access.add({ id: 'victim', name: 'v', app: 'default', role: 'viewer', createdBy: 'test' }, 'no-hash'),
  },
  putArtifact: { body: 'bytes' },
  rebuild: {},
  prune: { body: { dryRun: true } },
});

/** Makes the run's row show a status, and its nodes what they then are, as a record would. */
async function showRun(status: 'RUNNING' | 'FINISH'): Promise<void> {
  const { input, workflowId, seq, generation } = (await api.runtime.store.runs.run(runId))!;
  const nodes: NodeChange[] = [
    { node: 'a', phase: 'live', status: 'job', attempt: 1 },
    { node: 'b', phase: 'waiting', status: 'WAITING', attempt: 0 },
  ];
  const at = new Date().toISOString();
  const event: RunEvent = { seq: seq + 1, at, type: 'status', status, generation, nodes, ...(status === 'FINISH' && { outcome: 'FAILED' }) };
  await api.runtime.store.runs.record({ input, workflowId, temporalRunId: 'r', events: [event] });
}

describe('audit', () => {
  // What only says what would be.
  const asking: readonly RouteName[] = ['previewSchedule', 'validateDefinition'];
  const mutating = (Object.entries(ROUTES) as [RouteName, Route][])
    .filter(([name, route]) => route.method !== 'get' && !asking.includes(name))
    .map(([name]) => name);
  test.each(mutating)('%s writes one line that says who did what to what', async (name) => {
    const { before, ...ask } = calls()[name] ?? {};
    await before?.();
    const position = async () =>
      ((await api.ask('audit', { token: admin, query: 'limit=1' })).json['items'] as { position: number }[])[0]?.position ?? 0;
    const from = await position();
    const answer = await api.ask(name, { token: admin, ...ask });
    expect([name, answer.status]).toEqual([name, (ROUTES[name] as Route).status]);
    // A start by hand has one, and so has the job that it makes.
    expect(await position()).toBe(from + (name === 'triggerSchedule' ? 2 : 1));
    const [line] = (await api.ask('audit', { token: admin, query: 'limit=1' })).json['items'] as Record<string, unknown>[];
    expect(line).toMatchObject({ by: 'default/admin', app: 'default', object: expect.stringMatching(/\w/) });
    expect(JSON.stringify(line)).not.toContain(admin);
  });

  test('a job has its line from the moment that it has its row, and a repetition has another', async () => {
    const lines = async (id: string) => {
      const { items } = (await api.ask('audit', { token: admin, query: 'limit=1000' })).json as { items: { object: string }[] };
      return items.filter(({ object }) => object === `job ${id}`).length;
    };
    // Whatever is written after the row may be lost with the process.
    const append = vi.spyOn(api.runtime.store.audit, 'append').mockRejectedValue(new Error('gone'));
    const id = String((await api.ask('createJob', { token: admin, body: { spec: job(), requestId: 'lined' } })).json['id']);
    append.mockRestore();
    expect(await lines(id)).toBe(1);
    expect((await api.ask('createJob', { token: admin, body: { spec: job(), requestId: 'lined' } })).json['id']).toBe(id);
    expect(await lines(id)).toBe(2);
  });

  test('a refused call is no line, and pages go back to the first', async () => {
    await api.ask('createJob', { token: admin, body: { spec: {} } });
    const positions: number[] = [];
    for (let cursor = ''; ;) {
      const { items, next } = (await api.ask('audit', { token: admin, query: `limit=4${cursor}` })).json as {
        items: { position: number }[];
        next?: string;
      };
      positions.push(...items.map((item) => item.position));
      if (next === undefined) break;
      cursor = `&cursor=${next}`;
    }
    expect(positions).toEqual([...positions].sort((a, b) => b - a));
    expect(positions.at(-1)).toBe(1);
  });
});

describe('the documentation page', () => {
  test('works from this server alone, and its policy lets no inline script run', async () => {
    const page = await api.ask('docs');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(page.text).not.toMatch(/<script(?![^>]*src="\/docs\/)/);
    for (const [, path] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await api.fetch('GET', path!);
      expect([path, file.status]).toEqual([path, 200]);
      expect(file.headers.get('content-type')).toMatch(/javascript|css/);
    }
    for (const file of ['package.json', '..%2fpackage.json', 'swagger-ui.js.map', '%2e%2e', 'constructor']) {
      expect([400, 404], file).toContain((await api.fetch('GET', `/docs/${file}`)).status);
    }
  });

  test('the JSON Schema of documents is served to editors, which have no token', async () => {
    const { status, json } = await api.ask('schema');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { 'JobConfig.shell': {}, 'ClusterConfig.local': {} },
    });
  });

  test('every answer forbids framing, sniffing and scripts, and names no framework', async () => {
    for (const path of ['/livez', '/api/v1/jobs', '/nowhere', '/openapi.json']) {
      const { headers } = await api.fetch('GET', path, { token: admin });
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

test('metrics count jobs, queues, requests and this process', async () => {
  await api.ask('getJob', { token: admin, params: { id: jobId } });
  const { text, headers } = await api.ask('metrics', { token: admin });
  expect(headers.get('content-type')).toContain('text/plain');
  for (const name of [
    'longshore_jobs{',
    'longshore_workers_online 0',
    'longshore_dead_letters 0',
    'process_resident_memory_bytes',
    'route="getJob",status="200"',
  ]) {
    expect(text).toContain(name);
  }
});

test('one count of the jobs serves every scrape of a moment, and an app counts its own rows only', async () => {
  await api.app('quiet');
  const viewer = await api.token('quiet', 'viewer');
  const counts = vi.spyOn(api.runtime.store.executions, 'counts');
  for (let i = 0; i < 5; i++) expect((await api.ask('metrics', { token: viewer })).status).toBe(200);
  expect(counts.mock.calls).toEqual([['quiet']]);
  counts.mockRestore();
});

test('types name the pairs and carry a schema for each configuration', async () => {
  const { clusters, jobs } = (await api.ask('adapters', { token: admin })).json as {
    clusters: { type: string; jobTypes: string[] }[];
    jobs: { type: string; config: object }[];
  };
  expect(clusters.find((type) => type.type === 'local')?.jobTypes).toEqual(expect.arrayContaining(['shell', 'python']));
  expect(JSON.stringify(jobs.find((type) => type.type === 'python')?.config)).toContain('"script"');
});

test('one token opens at most 100 streams, and closing them makes room', async () => {
  const viewer = await api.token('default', 'viewer');
  const stop = new AbortController();
  const open = async () => await fetch(`${api.url}/api/v1/events`, { headers: { authorization: `Bearer ${viewer}` }, signal: stop.signal });
  const streams = await Promise.all(Array.from({ length: 100 }, open));
  expect(new Set(streams.map((stream) => stream.status))).toEqual(new Set([200]));
  expect((await open()).status).toBe(429);
  const other = new AbortController();
  const fair = await fetch(`${api.url}/api/v1/events`, { headers: { authorization: `Bearer ${admin}` }, signal: other.signal });
  expect(fair.status).toBe(200);
  other.abort();
  stop.abort();
  await expect
    .poll(async () => {
      const again = new AbortController();
      const { status } = await fetch(`${api.url}/api/v1/events`, { headers: { authorization: `Bearer ${viewer}` }, signal: again.signal });
      again.abort();
      return status;
    })
    .toBe(200);
});

/** Seq of the first event that a stream of the job's events sends to a reader that has come back with this id. */
async function firstAfter(lastId: string): Promise<number> {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${admin}`, accept: 'text/event-stream', 'last-event-id': lastId };
  const response = await fetch(`${api.url}/api/v1/jobs/${jobId}/events`, { headers, signal: stop.signal });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  try {
    for await (const { event, data } of response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()))
      if (event === undefined) return (JSON.parse(data) as EventView).seq;
  } finally {
    stop.abort();
  }
  throw new Error('the stream ended without an event');
}

test('a stream of events goes on after Last-Event-ID, and takes what is not a number for absent', async () => {
  for (const status of ['UNKNOWN', 'FAILED', 'UNKNOWN'] as const) await show(status);
  const { items } = (await api.ask('jobEvents', { token: admin, params: { id: jobId } })).json as unknown as { items: EventView[] };
  const [oldest, ...newer] = items.map(({ seq }) => seq);
  expect(newer.length).toBeGreaterThan(1);
  for (const id of ['x', '-1', '1e9', '']) expect([id, await firstAfter(id)]).toEqual([id, oldest]);
  expect(await firstAfter(String(newer.at(-2)))).toBe(newer.at(-1));
});
