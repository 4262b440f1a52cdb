// Webhooks to a real receiver: signed, final where the receiver says so, and never to an address that is not public.
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../src/activities/deliver.ts';
import { isPublic, openUrl, post } from '../../src/activities/outgoing.ts';
import type { Delivery } from '../../src/specs/activities.ts';
import type { Hooks } from '../../src/store/contract.ts';
import { startReceiver, type Received, type Receiver } from '../helpers/receiver.ts';

const KEY = `whsec_${Buffer.from('a signing key of an app').toString('base64')}`;
const hooks = { signingKey: () => Promise.resolve(KEY) } as unknown as Hooks;

let receiver: Receiver;
let url: string;
let received: Received[];

beforeAll(async () => {
  receiver = await startReceiver();
  ({ url, received } = receiver);
});
afterAll(() => receiver.stop());
beforeEach(() => {
  received.length = 0;
  answer(() => 200);
});

/** What it answers from now on: a status, and where a redirect leads to. */
const answer = (statusOf: (request: Received) => number): void =>
  receiver.answer((response, request) => response.writeHead(statusOf(request), { location: '/other' }).end('an internal page'));

const delivery = (to: string): Delivery => ({
  id: 'd-1',
  workflowId: 'job:etl:1',
  app: 'etl',
  jobId: '1',
  url: to,
  event: {
    seq: 7,
    at: '2026-11-21T10:00:00.000Z',
    attempt: 1,
    status: 'FAILED',
    attemptStatus: 'FAILED',
    type: 'status',
    code: 'EXIT_CODE',
    blame: 'user',
  },
});
const failure = async (work: Promise<unknown>): Promise<ApplicationFailure> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
};

describe('a delivery', () => {
  it('carries a signature that a standard library verifies, and the same id on every try', async () => {
    answer(() => (received.length === 1 ? 503 : 204));
    expect(await failure(deliver(hooks, delivery(url), { allowPrivate: true }))).toMatchObject({
      nonRetryable: false,
      message: 'the receiver answers 503',
    });
    await deliver(hooks, delivery(url), { allowPrivate: true });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['d-1', 'd-1']);
    for (const { headers, body } of received) {
      const content = new Webhook(KEY).verify(body, headers as Record<string, string>);
      expect(content).toMatchObject({ type: 'job.status', data: { jobId: '1', app: 'etl', seq: 7, status: 'FAILED', code: 'EXIT_CODE' } });
    }
    expect(() => new Webhook(KEY).verify(received[0]!.body.replace('FAILED', 'SUCCEED'), received[0]!.headers as Record<string, string>)).toThrow();
  });

  it('is given up when the receiver answers 410', async () => {
    answer(() => 410);
    expect(await failure(deliver(hooks, delivery(url), { allowPrivate: true }))).toMatchObject({ nonRetryable: true, type: 'WEBHOOK_GONE' });
  });

  it('follows no redirect', async () => {
    answer(({ path }) => (path === '/hook' ? 302 : 200));
    expect(await failure(deliver(hooks, delivery(url), { allowPrivate: true }))).toMatchObject({ message: 'the receiver answers 302' });
    expect(received).toHaveLength(1);
  });

  it('is tried again when nobody listens or nobody answers in time', async () => {
    expect(await failure(deliver(hooks, delivery('http://127.0.0.1:1/'), { allowPrivate: true }))).toMatchObject({ nonRetryable: false });
    receiver.answer(() => undefined);
    const late = await failure(deliver(hooks, delivery(url), { allowPrivate: true, timeoutMs: 200 }));
    expect(late).toMatchObject({ nonRetryable: false, message: 'no answer in time' });
  });
});

const port = () => new URL(url).port;
/** A name with one public and one private answer. */
const mixed: LookupFunction = (_host, _options, done) =>
  done(null, [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]);
const read = async (maxBytes: number) => await text(await openUrl(url, { allowPrivate: true, maxBytes }));

describe('an address that is not of the public internet', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['2130706433', 'loopback as one number'],
    ['0x7f000001', 'loopback in hexadecimal'],
    ['0177.0.0.1', 'loopback in octal'],
    ['127.1', 'loopback, shortened'],
    ['0', 'this host'],
    ['[::1]', 'IPv6 loopback'],
    ['[::ffff:127.0.0.1]', 'loopback mapped into IPv6'],
    ['[64:ff9b::7f00:1]', 'loopback behind NAT64'],
    ['[2002:7f00:1::]', 'loopback behind 6to4'],
    ['[fe80::1]', 'IPv6 link-local'],
    ['[fd00::1]', 'IPv6 unique local'],
    ['[ff02::1]', 'IPv6 multicast'],
    ['169.254.169.254', 'cloud metadata'],
    ['10.0.0.1', 'RFC 1918'],
    ['172.31.255.255', 'RFC 1918, the middle one'],
    ['192.168.1.1', 'RFC 1918, the small one'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['localhost', 'a name for loopback'],
  ])('is refused for good: %s (%s)', async (host) => {
    const refused = await failure(deliver(hooks, delivery(`http://${host}:${port()}/hook`), { allowPrivate: false }));
    expect(refused).toMatchObject({ nonRetryable: true, type: 'FORBIDDEN' });
    expect(received).toEqual([]);
  });

  it('is refused when only one of a name’s answers is private', async () => {
    const refused = deliver(hooks, delivery(`http://rebound.example:${port()}/hook`), { allowPrivate: false, lookup: mixed });
    expect(await failure(refused)).toMatchObject({ nonRetryable: true, type: 'FORBIDDEN' });
    expect(received).toEqual([]);
  });

  it('is refused with credentials in it, and for other protocols', async () => {
    await expect(post('http://user:word@example.org/', {}, '', { allowPrivate: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(post('file:///etc/passwd', {}, '', { allowPrivate: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is told from a public one', () => {
    expect(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::200e'].filter((address) => !isPublic(address))).toEqual([]);
    expect(['192.0.2.1', '198.18.0.1', '203.0.113.9', '2001:db8::1', '::', 'nonsense'].filter(isPublic)).toEqual([]);
  });
});

describe('a fetched file', () => {
  it('is cut off at its limit and refused unless the answer is 200', async () => {
    expect(await read(100)).toBe('an internal page');
    await expect(read(5)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    answer(() => 404);
    await expect(read(100)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING', retryable: false });
  });
});
