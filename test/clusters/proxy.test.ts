import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type ClusterProxy } from './proxy.ts';

let server: Server;
let proxy: ClusterProxy;
let agent: Agent;
/** What took effect: method, path and body of each request that the server has seen. */
let done: string[];

beforeEach(async () => {
  done = [];
  server = createServer((asked, answer) => {
    void text(asked).then((body) => {
      done.push(`${asked.method} ${asked.url} ${body}`);
      answer.writeHead(asked.method === 'POST' ? 202 : 200, { Location: '/there' }).end(`did ${asked.url}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startProxy((server.address() as AddressInfo).port);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await proxy.close();
  server.close();
});

/** All on one kept connection, as clients do. */
async function send(method: string, path: string, body?: string, limitMs = 5_000): Promise<string> {
  const sent = request(`${proxy.url}${path}`, { method, agent, signal: AbortSignal.timeout(limitMs) });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return `${answer.statusCode} ${answer.headers.location} ${await text(answer)}`;
}

test('requests and answers pass, several on one connection', async () => {
  expect(await send('GET', '/a?b=c')).toBe('200 /there did /a?b=c');
  expect(await send('POST', '/apps', 'x'.repeat(100_000))).toBe('202 /there did /apps');
  expect(done).toEqual(['GET /a?b=c ', `POST /apps ${'x'.repeat(100_000)}`]);
  expect(proxy.requests[1]).toMatch(/^POST \/apps HTTP\/1.1\r\n(.+\r\n)*Host: 127\.0\.0\.1:\d+/);
});

test('a dropped reply: the request took effect once, the connection broke, others pass', async () => {
  const lost = proxy.dropReplies((head) => head.startsWith('POST /apps '));
  await send('GET', '/before');
  await expect(send('POST', '/apps', 'one')).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(lost.count).toBe(1);
  expect(done).toEqual(['GET /before ', 'POST /apps one']);
  expect(await send('GET', '/apps')).toBe('200 /there did /apps');
  lost.stop();
  expect(await send('POST', '/apps', 'two')).toBe('202 /there did /apps');
  expect(lost.count).toBe(1);
});

test('a black hole takes requests and gives nothing, also on a connection that was open before', async () => {
  await send('GET', '/before');
  proxy.blackhole(true);
  await expect(send('GET', '/lost', undefined, 200)).rejects.toThrow(/aborted/);
  proxy.blackhole(false);
  expect(await send('GET', '/after')).toContain('did /after');
  expect(done).toEqual(['GET /before ', 'GET /after ']);
});

test('it refuses connections, and then listens again at the same port', async () => {
  await send('GET', '/before');
  await proxy.refuse(true);
  // The first may still be sent on the connection that was open.
  await expect(send('GET', '/cut')).rejects.toThrow(/socket hang up|ECONNRESET|ECONNREFUSED/);
  await expect(send('GET', '/refused')).rejects.toThrow(/ECONNREFUSED/);
  await proxy.refuse(false);
  expect(await send('GET', '/after')).toContain('did /after');
});

test('a server that is down is a broken connection', async () => {
  server.close();
  await once(server, 'close');
  await expect(send('GET', '/down')).rejects.toThrow(/socket hang up|ECONNRESET/);
});

test('answers of its own, changed ones and watched ones, until it is told to stop', async () => {
  const seen: string[] = [];
  const untap = proxy.tap((head, status) => seen.push(`${head.split(' ')[1]} ${status}`));
  const own = proxy.answer((head) => (head.startsWith('PUT') ? { status: 403, body: { no: true } } : undefined));
  const rewritten = proxy.rewrite((head, body) => (head.startsWith('GET /old') ? `${body}, long ago` : undefined));
  expect(await send('PUT', '/apps', 'x'.repeat(100_000))).toBe('403 undefined {"no":true}');
  expect(await send('GET', '/old')).toBe('200 /there did /old, long ago');
  expect(await send('GET', '/new')).toBe('200 /there did /new');
  expect(seen).toEqual(['/old 200', '/new 200']);
  for (const stop of [untap, own, rewritten]) stop();
  expect(await send('PUT', '/apps')).toBe('200 /there did /apps');
  expect(await send('GET', '/old')).toBe('200 /there did /old');
  expect(seen).toHaveLength(2);
});

test('requests that are changed on their way', async () => {
  const stop = proxy.amend((head, body) => (head.startsWith('POST') ? body.replace('one', 'two of them') : undefined));
  await send('POST', '/apps', 'one');
  await send('GET', '/apps');
  stop();
  await send('POST', '/apps', 'one');
  expect(done).toEqual(['POST /apps two of them', 'GET /apps ', 'POST /apps one']);
});
