// Requests to a cluster are limited in time and size, and go only where a node may live.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHttp, ignoreBody, readBytes, readJson, Unanswered, type Http } from '../../../src/adapters/yarn/http.ts';
import { StubServer, type Reply } from './stub/server.ts';

let server: StubServer;
let http: Http;
beforeAll(async () => {
  server = await new StubServer((): Reply => ({ status: 200, body: '{"a":1}' })).listen();
  http = await createHttp(undefined);
});
afterEach(() => {
  vi.useRealTimers();
  server.fault = undefined;
});
afterAll(async () => {
  http.close();
  await server.close();
});

const ask = (path = '/') => http.send(new URL(path, server.url));

describe('time', () => {
  it('of an answer that does not begin is up after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.fault = () => 'hang';
    const answer = ask().catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.requests).not.toEqual([]));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toMatchObject({ name: 'Unanswered', message: `${server.url} cannot be reached: no answer within 10 s` });
  });

  it.each(['begins and stops', 'drips for ever'])('of one that %s is up, too', async (how) => {
    let dripping: NodeJS.Timeout | undefined;
    server.fault = () => (response) => {
      response.writeHead(200);
      response.write('{');
      if (how === 'drips for ever') dripping = setInterval(() => response.write(' '), 50);
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = await ask();
    const read = readJson(answer).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await read).toBeInstanceOf(Unanswered);
    clearInterval(dripping);
  });
});

describe('size', () => {
  it('of what is read as a whole has a limit, and the rest does not come', async () => {
    let sent = 0;
    server.fault = () => (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) sent += 64 * 1024;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    await expect(readBytes(await ask(), 1024 * 1024)).rejects.toThrow('more than 1048576 bytes');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('of an error has a small one', async () => {
    server.fault = () => ({ status: 500, body: 'x'.repeat(1024 * 1024) });
    await expect(readJson(await ask())).rejects.toThrow('more than 65536 bytes');
  });
});

it('leaves nothing behind that ends the process when a connection breaks at any moment', async () => {
  const broken: unknown[] = [];
  const listen = (error: unknown) => broken.push(error);
  process.on('uncaughtException', listen).on('unhandledRejection', listen);
  for (const after of [0, 1, 5, 20]) {
    server.fault = () => (response) => {
      response.writeHead(200, { 'Content-Length': 100_000 });
      response.write('x'.repeat(50_000));
      setTimeout(() => response.destroy(), after);
    };
    const cut = new AbortController();
    const answer = await http.send(new URL(server.url), { signal: cut.signal });
    cut.abort();
    ignoreBody(answer);
    await readBytes(await ask(), 1_000_000).catch(() => undefined);
  }
  process.off('uncaughtException', listen).off('unhandledRejection', listen);
  expect(broken).toEqual([]);
});

describe('an address that the cluster names', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.0.1/',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://[fe80::1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://user:password@127.0.0.1/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
  ])('is refused: %s', async (address) => {
    await expect(http.send(new URL(address), { named: true })).rejects.toThrow('which is no address of a node');
  });

  it('is looked up, and the address that is found is the one that is checked', async () => {
    const answer = await http.send(new URL(`http://localhost:${server.port}/`), { named: true });
    expect(await readJson(answer)).toEqual({ a: 1 });
    await expect(http.send(new URL('http://no-such-host.invalid/'), { named: true })).rejects.toBeInstanceOf(Unanswered);
  });
});

it('follows no redirect', async () => {
  server.fault = () => ({ status: 302, headers: { Location: 'http://169.254.169.254/' } });
  const answer = await ask();
  expect(answer).toMatchObject({ status: 302, location: 'http://169.254.169.254/' });
  ignoreBody(answer);
});
