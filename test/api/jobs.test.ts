import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { EventView, JobView } from '../../src/specs/views.schema.ts';
import { job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const script = (inline: string, more: Record<string, unknown> = {}) => job({ config: { script: { inline } }, ...more });

async function create(spec: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<JobView> {
  const answer = await api.ask('createJob', { token, body: { spec, ...more } });
  expect(answer.json).toMatchObject({ status: 'CREATED' });
  expect(answer.status).toBe(201);
  return answer.json as unknown as JobView;
}
const get = async (id: string): Promise<JobView> => (await api.ask('getJob', { token, params: { id } })).json as unknown as JobView;
const until = async (id: string, status: string): Promise<void> =>
  await expect.poll(async () => (await get(id)).status, { timeout: 30_000 }).toBe(status);

async function follow(id: string): Promise<{ events: EventView[]; end: unknown }> {
  const client = createClient({ url: api.url, token });
  const events: EventView[] = [];
  for await (const message of client.stream('jobEvents', { params: { id } })) {
    if (message.event === 'end') return { events, end: JSON.parse(message.data) };
    events.push(JSON.parse(message.data) as EventView);
  }
  throw new Error('the stream ended without its end');
}

test('a job runs to its end: events as they happen, log, outputs', async () => {
  const spec = script('echo out; echo err >&2; echo rows=3 >> "$LONGSHORE_OUTPUT"; printf a,b > table.csv', {
    outputs: { rows: { type: 'int' }, table: { file: 'table.csv' } },
  });
  const made = await create(spec, { requestId: 'whole' });
  const { events, end } = await follow(made.id);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.at(-1)).toMatchObject({ status: 'SUCCEED', jobId: made.id });
  expect(end).toMatchObject({ id: made.id, status: 'SUCCEED' });

  expect(await get(made.id)).toMatchObject({ status: 'SUCCEED', attempt: 1, requestId: 'whole', createdBy: 'default/editor' });
  const out = await api.ask('jobLogs', { token, params: { id: made.id } });
  expect(out.text).toBe('out\n');
  expect(out.headers.get('x-longshore-end')).toBe('true');
  expect(out.headers.get('x-longshore-next-offset')).toBe('4');
  expect((await api.ask('jobLogs', { token, params: { id: made.id }, query: 'stream=stderr' })).text).toBe('err\n');

  const list = await api.ask('jobOutputs', { token, params: { id: made.id } });
  expect(list.json['items']).toEqual([
    { name: 'rows', value: 3 },
    { name: 'table', file: 'table.csv', size: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  const file = await api.ask('jobOutput', { token, params: { id: made.id, name: 'table' } });
  expect(file.text).toBe('a,b');
  expect(file.headers.get('content-disposition')).toBe('attachment; filename=table.csv');
  expect((await api.ask('jobOutput', { token, params: { id: made.id, name: 'rows' } })).text).toBe('3');
  expect((await api.ask('jobOutput', { token, params: { id: made.id, name: 'tabel' } })).json.detail).toContain('did you mean "table"');
});

test('a followed log arrives while the job runs, whole characters only', async () => {
  const made = await create(script("printf 'gr\\303'; sleep 5; printf '\\274\\303\\237e\\n'; printf '\\377\\n'"));
  const client = createClient({ url: api.url, token });
  const texts: string[] = [];
  let last = '';
  for await (const message of client.stream('jobLogs', { params: { id: made.id }, query: { follow: 'true' } })) {
    last = message.id ?? last;
    if (message.event === 'end') break;
    texts.push((JSON.parse(message.data) as { text: string }).text);
  }
  expect(texts.join('')).toBe('grüße\n\uFFFD\n');
  expect(texts.length).toBeGreaterThan(1);
  expect(last).toBe('1.10');
});

test('a log is read by offset, lines and tail, and binary bytes come as they are', async () => {
  const made = await create(script("printf 'one\\ntwo\\nthree\\n\\000\\377'"));
  await until(made.id, 'SUCCEED');
  const read = async (query: string) => await api.ask('jobLogs', { token, params: { id: made.id }, query });
  expect((await read('offset=4&lines=1')).text).toBe('two\n');
  expect((await read('tail=2')).headers.get('x-longshore-offset')).toBe('8');
  expect((await read('offset=999')).text).toBe('');
  const response = await fetch(`${api.url}/api/v1/jobs/${made.id}/logs?offset=14`, { headers: { authorization: `Bearer ${token}` } });
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('kill ends a running job, and killing again is done already', async () => {
  const made = await create(script('sleep 300'));
  await until(made.id, 'RUNNING');
  const killed = await api.ask('killJob', { token, params: { id: made.id }, body: { reason: 'enough', how: 'forced' } });
  expect(killed.status).toBe(202);
  await until(made.id, 'KILLED');
  expect((await get(made.id)).killRequested).toMatchObject({ by: 'default/editor', reason: 'enough', confirmed: true });
  const again = await api.ask('killJob', { token, params: { id: made.id } });
  expect([again.status, again.json['effect']]).toEqual([202, 'done']);
});

test('rerun opens a closed job with the next attempt, and only once for one attempt', async () => {
  const made = await create(script('test "$FIX" = yes'));
  await until(made.id, 'FAILED');
  const rerun = await api.ask('rerunJob', { token, params: { id: made.id }, body: { attempt: 1, with: { env: { FIX: 'yes' } } } });
  // Whether it is seen within two seconds is the machine's business.
  expect([rerun.status, rerun.json['effect']]).toEqual([202, expect.stringMatching(/^(?:done|pending)$/)]);
  await until(made.id, 'SUCCEED');
  expect((await get(made.id)).attempt).toBe(2);
  const late = await api.ask('rerunJob', { token, params: { id: made.id }, body: { attempt: 1 } });
  expect([late.status, late.json.code]).toEqual([409, 'CONFLICT']);
  expect((await api.ask('jobLogs', { token, params: { id: made.id }, query: 'attempt=3' })).status).toBe(404);
});

test('what goes on cannot be rerun or resolved; what has ended cannot be modified', async () => {
  const made = await create(script('sleep 300'));
  await until(made.id, 'RUNNING');
  for (const [route, body] of [
    ['rerunJob', {}],
    ['resolveJob', { as: 'failed' }],
  ] as const) {
    const answer = await api.ask(route, { token, params: { id: made.id }, body });
    expect([answer.status, answer.json.code]).toEqual([409, 'CONFLICT']);
    expect(answer.json.detail).toContain('RUNNING');
  }
  const modified = await api.ask('modifyJob', { token, params: { id: made.id }, body: { with: { priority: 2 } } });
  expect([modified.status, modified.json['effect']]).toEqual([202, 'done']);
  await api.ask('killJob', { token, params: { id: made.id }, body: { how: 'forced' } });
  await until(made.id, 'KILLED');
  expect((await api.ask('modifyJob', { token, params: { id: made.id }, body: { with: { priority: 3 } } })).status).toBe(409);
});

test('the feed of an app shows its jobs only, and goes on where a reader left off', async () => {
  await api.app('other');
  const other = await api.token('other', 'editor');
  const client = createClient({ url: api.url, token });
  /** Jobs and ids of a feed from a position on, up to the end of a job. */
  const feedUntil = async (after: number, last: string): Promise<[job: string, id: number][]> => {
    const seen: [job: string, id: number][] = [];
    for await (const { data, id } of client.stream('events', { query: { after } })) {
      const event = JSON.parse(data) as EventView;
      seen.push([event.jobId, Number(id)]);
      if (event.jobId === last && event.status === 'SUCCEED') break;
    }
    return seen;
  };
  const before = await api.runtime.store.executions.head();
  const mine = await create(job());
  const theirs = (await api.ask('createJob', { token: other, body: { spec: job() } })).json as unknown as JobView;
  await until(mine.id, 'SUCCEED');
  await expect.poll(async () => (await api.ask('getJob', { token: other, params: { id: theirs.id } })).json.status).toBe('SUCCEED');
  // What it shows of this one comes after everything that it could have shown of theirs.
  const last = await create(job());
  const seen = await feedUntil(before, last.id);
  expect(new Set(seen.map(([id]) => id))).toEqual(new Set([mine.id, last.id]));
  expect(seen.length).toBeGreaterThan(4);
  const [, second] = seen[1]!;
  expect(await feedUntil(second, last.id)).toEqual(seen.slice(2));
});
