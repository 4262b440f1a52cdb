import { expect, test, vi } from 'vitest';
import { createClient, type EventSourceMessage } from '../../src/client/index.ts';
import { broken, events, problem, scripted } from './server.ts';

const read = (url: string, options?: Parameters<ReturnType<typeof createClient>['stream']>[2]) =>
  createClient({ url }).stream('jobEvents', { params: { id: '1' } }, options);
const ids = (messages: readonly EventSourceMessage[]) => messages.map(({ id, event }) => event ?? id);

test('a stream that breaks is taken up after the last event, none twice and none missing', async () => {
  const { url, asked } = await scripted(
    events(': open\n\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\nda', 'break'),
    broken,
    problem('STORE_UNAVAILABLE'),
    events('id: 3\ndata: c\n\n', 'end'),
    events('id: 4\nevent: end\ndata: {}\n\n', 'open'),
  );
  const onLost = vi.fn<() => void>();
  expect(ids(await Array.fromAsync(read(url, { onLost })))).toEqual(['1', '2', '3', 'end']);
  expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '2', '2', '3']);
  expect(asked[0]?.headers.accept).toBe('text/event-stream');
  // Two losses: the break, and the end without an `end`.
  expect(onLost).toHaveBeenCalledTimes(2);
});

test('a stream that breaks before its first message is taken up where it began', async () => {
  const { url, asked } = await scripted(
    events('event: position\nid: 7\ndata: {}\n\n', 'break'),
    events('event: position\nid: 7\ndata: {}\n\nid: 8\ndata: a\n\nevent: end\ndata: {}\n\n', 'end'),
  );
  expect(ids(await Array.fromAsync(read(url)))).toEqual(['8', 'end']);
  expect(asked[1]?.headers['last-event-id']).toBe('7');
});

test('a stream that ends leaves its connection to the next request', async () => {
  const end = events('event: end\ndata: {}\n\n', 'end');
  const { url, asked } = await scripted(end, end, end);
  for (let i = 0; i < 3; i++) {
    // A reader stops at the end, as most do.
    for await (const { event } of read(url)) if (event === 'end') break;
    // The connection is given back in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(new Set(asked.map(({ port }) => port)).size).toBe(1);
});

test('a stream that was never open fails at once', async () => {
  const { url, asked } = await scripted(problem('NOT_FOUND'));
  await expect(Array.fromAsync(read(url))).rejects.toMatchObject({ code: 'NOT_FOUND', exitCode: 3 });
  expect(asked).toHaveLength(1);
});

test('a stream gives up when the server is away for longer than its patience', async () => {
  const { url } = await scripted(events('id: 1\ndata: a\n\n', 'break'), broken);
  const seen: string[] = [];
  const all = async (): Promise<void> => {
    for await (const { data } of read(url, { patience: 1_000 })) seen.push(data);
  };
  await expect(all()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(seen).toEqual(['a']);
});

test('a token that is revoked meanwhile ends the stream', async () => {
  const { url } = await scripted(events('id: 1\ndata: a\n\n', 'break'), problem('UNAUTHENTICATED'));
  await expect(Array.fromAsync(read(url))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a reader that has enough closes the connection', async () => {
  let closed = false;
  const { url } = await scripted((response, asked) => {
    response.once('close', () => (closed = true));
    events('id: 1\ndata: a\n\n', 'open')(response, asked);
  });
  for await (const { data } of read(url)) {
    expect(data).toBe('a');
    break;
  }
  await expect.poll(() => closed).toBe(true);
});

test('an aborted signal ends a stream that waits', async () => {
  const { url } = await scripted(events('id: 1\ndata: a\n\n', 'open'));
  const stop = new AbortController();
  const all = async (): Promise<void> => {
    for await (const { id } of read(url, { signal: stop.signal })) if (id === '1') stop.abort();
  };
  await expect(all()).rejects.toMatchObject({ name: 'AbortError' });
});
