/**
 * The one client for requests to addresses that users chose. It checks the address inside the connection's own look-up, so the address
 * that was checked is the address that is connected; every answer of the look-up must be public. No redirect is followed, no proxy is
 * used, and size and time are limited.
 */
import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { LongshoreError, StepError } from '../specs/errors.ts';

export interface OutgoingOptions {
  /** Loopback, private and reserved addresses are allowed, too. */
  readonly allowPrivate: boolean;
  readonly signal?: AbortSignal;
  /** From the look-up to the last byte read. Default 15 s. */
  readonly timeoutMs?: number;
  /** Name resolution. Default: the system's. */
  readonly lookup?: LookupFunction;
}

const reserved4 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  reserved4.addSubnet(net, bits, 'ipv4');
}
/** IPv6 is public only inside 2000::/3, less what is set apart or can carry an IPv4 address. */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const reserved6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  reserved6.addSubnet(net, bits, 'ipv6');
}

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !reserved4.check(address, 'ipv4');
  return family === 6 && global6.check(address, 'ipv6') && !reserved6.check(address, 'ipv6');
}

const refusal = (host: string): LongshoreError =>
  new LongshoreError('FORBIDDEN', `${host} is not an address of the public internet; webhooks.allowPrivate would allow it`);

/** A look-up that fails unless every answer is public. */
function checkedLookup(lookup: LookupFunction): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      if (error !== null) return done(error, '', 0);
      if (all.length === 0 || !all.every(({ address }) => isPublic(address))) return done(refusal(host), '', 0);
      if (options.all === true) return done(null, all);
      return done(null, all[0]!.address, all[0]!.family);
    });
  };
}

function checkedUrl(text: string, { allowPrivate }: OutgoingOptions): URL {
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw new LongshoreError('FORBIDDEN', `${url.protocol} is not http: or https:`);
  if (url.username !== '' || url.password !== '') throw new LongshoreError('FORBIDDEN', 'an address must not hold credentials');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // For a literal address there is no look-up; WHATWG's parser has brought its other spellings (hex, octal, decimal) to one form.
  if (!allowPrivate && isIP(host) !== 0 && !isPublic(host)) throw refusal(host);
  return url;
}

async function send(
  text: string,
  options: OutgoingOptions,
  what: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: Buffer },
): Promise<IncomingMessage> {
  const url = checkedUrl(text, options);
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  const lookup = options.lookup ?? systemLookup;
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: what.method,
    headers: what.headers,
    // A connection of its own: a kept one would skip the check.
    agent: false,
    lookup: options.allowPrivate ? lookup : checkedLookup(lookup),
    signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
  });
  return await new Promise((answered, failed) => {
    request.once('response', answered);
    request.once('error', (error) => failed(timeout.aborted ? new Error('no answer in time') : error));
    request.end(what.body);
  });
}

/** POSTs and returns the status; the body of the answer is thrown away, because it is nobody's business here. */
export async function post(url: string, headers: Record<string, string>, body: string, options: OutgoingOptions): Promise<number> {
  const bytes = Buffer.from(body);
  const response = await send(url, options, { method: 'POST', headers: { ...headers, 'content-length': String(bytes.length) }, body: bytes });
  response.on('error', () => undefined).destroy();
  return response.statusCode ?? 0;
}

/** GETs a file of at most `maxBytes`. ARTIFACT_MISSING unless the answer is 200. */
export async function openUrl(url: string, options: OutgoingOptions & { maxBytes: number }): Promise<Readable> {
  const response = await send(url, { timeoutMs: 10 * 60_000, ...options }, { method: 'GET', headers: {} });
  if (response.statusCode !== 200) {
    response.on('error', () => undefined).destroy();
    throw new StepError('ARTIFACT_MISSING', `${url} answers ${response.statusCode}`, { retryable: (response.statusCode ?? 0) >= 500 });
  }
  return Readable.from(bounded(response, options.maxBytes, url), { objectMode: false });
}

async function* bounded(response: IncomingMessage, maxBytes: number, url: string): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > maxBytes) throw new StepError('ARTIFACT_MISSING', `${url} is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}
