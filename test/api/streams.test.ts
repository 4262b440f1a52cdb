// Streams: what they cost when many look at one job, and what ends them.
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { JobView } from '../../src/specs/views.schema.ts';
import { job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startTestApi({ jobs: true, heartbeatMs: 100 });
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const script = (inline: string) => job({ config: { script: { inline } } });
const create = async (spec: Record<string, unknown>): Promise<JobView> =>
  (await api.ask('createJob', { token, body: { spec } })).json as unknown as JobView;
const get = async (id: string): Promise<JobView> => (await api.ask('getJob', { token, params: { id } })).json as unknown as JobView;

/** Messages of a stream as they come, from Last-Event-ID on where one is given. */
async function* raw(path: string, lastId?: string): AsyncGenerator<EventSourceMessage> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) };
  const response = await fetch(`${api.url}/api/v1${path}`, { headers });
  yield* response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}

test('a revoked token ends its open streams', async () => {
  const viewer = await api.token('default', 'viewer');
  const client = createClient({ url: api.url, token: viewer });
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _ of client.stream('events', {}, { signal: stop.signal }));
  })();
  const [stored] = (await api.runtime.store.access.list('default')).filter(({ id }) => id === viewer);
  expect(stored).toBeDefined();
  await api.runtime.store.access.revoke(stored!.id);
  await expect(reading).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a log that is taken up again is that of the same attempt, though there is a newer one', async () => {
  const { id } = await create(script('echo attempt; exit 3'));
  await expect.poll(async () => (await get(id)).status, { timeout: 30_000 }).toBe('FAILED');
  const ids: (string | undefined)[] = [];
  for await (const message of raw(`/jobs/${id}/logs?follow`)) ids.push(message.id);
  expect(ids).toEqual(['1.0', '1.8', '1.8']);

  await api.ask('rerunJob', { token, params: { id }, body: { with: { config: { script: { inline: 'echo second; exit 3' } } } } });
  await expect.poll(async () => await get(id), { timeout: 30_000 }).toMatchObject({ status: 'FAILED', attempt: 2 });
  for (const [lastId, text] of [
    ['1.3', 'empt\n'],
    [undefined, 'second\n'],
  ] as const) {
    const texts: string[] = [];
    for await (const { event, data } of raw(`/jobs/${id}/logs?follow`, lastId))
      if (event === undefined) texts.push((JSON.parse(data) as { text: string }).text);
    expect(texts.join('')).toBe(text);
  }
  expect((await api.ask('jobLogs', { token, params: { id } })).headers.get('x-longshore-attempt')).toBe('2');
});

test('a feed that broke before its first event loses nothing', async () => {
  let from: string | undefined;
  for await (const { id, event } of raw('/events')) {
    expect(event).toBe('position');
    from = id;
    break;
  }
  const made = await create(job());
  for await (const { event, data } of raw('/events', from)) {
    if (event === 'position') continue;
    expect(JSON.parse(data)).toMatchObject({ jobId: made.id, seq: 1 });
    break;
  }
});

test('many streams of one running job ask Temporal as often as one, whatever else happens', async () => {
  const { id, workflowId } = await create(script('echo at 10% > "$LONGSHORE_PROGRESS"; sleep 300'));
  await expect.poll(async () => (await get(id)).status, { timeout: 30_000 }).toBe('RUNNING');
  const handles = vi.spyOn(api.runtime.temporal.client.workflow, 'getHandle');
  const asked = () => handles.mock.calls.filter(([of]) => of === workflowId).length;
  const began = performance.now();
  const stop = new AbortController();
  const client = createClient({ url: api.url, token });
  let progress = 0;
  const readers = Array.from({ length: 10 }, async () => {
    for await (const { event } of client.stream('jobEvents', { params: { id } }, { signal: stop.signal })) if (event === 'progress') progress++;
  });
  const others = await Promise.all(Array.from({ length: 5 }, () => create(job())));
  for (const other of others) await expect.poll(async () => (await get(other.id)).status, { timeout: 30_000 }).toBe('SUCCEED');
  await expect.poll(() => progress).toBe(10);
  const seconds = (performance.now() - began) / 1_000;
  expect(asked()).toBeLessThanOrEqual(seconds + 2);
  handles.mockRestore();
  stop.abort();
  await Promise.allSettled(readers);
  await api.ask('killJob', { token, params: { id }, body: { how: 'forced' } });
});
