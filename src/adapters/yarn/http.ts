// Requests to the web services of a Hadoop cluster: limited in time and size, addresses checked where the cluster names them itself.
import { readFile } from 'node:fs/promises';
import { lookup as systemLookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** From the request to the first byte of the answer. */
const ANSWER_MS = 10_000;
/** From there to its last byte, where it is read as a whole. */
const BODY_MS = 30_000;
/** A cluster with ten thousand applications lists about 20 MB. */
export const MAX_JSON = 128 * 1024 * 1024;
/** What else it says. */
export const MAX_PROBLEM = 64 * 1024;

export interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly json?: unknown;
  readonly content?: Buffer | Readable;
  readonly signal?: AbortSignal | undefined;
  /** The address was named by the cluster, not by an administrator. */
  readonly named?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body: IncomingMessage;
}

/** Nobody answered, or not in time, or not to the end: what was asked may have been done. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export interface Http {
  /** The answer's head; its body must be read or destroyed. Throws Unanswered. */
  send(url: URL, request?: Request): Promise<Answer>;
  close(): void;
}

/** Where clouds keep the credentials of their machines; no node of a cluster lives there. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addAddress('100.100.100.200', 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');
const isForbidden = (address: string): boolean => metadata.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const checkedLookup: LookupFunction = (host, options, done) => {
  systemLookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return done(error, '', 0);
    if (found.length === 0 || found.some(({ address }) => isForbidden(address))) return done(new Error(`${host} is no address of a node`), '', 0);
    if (options.all === true) return done(null, found);
    return done(null, found[0]!.address, found[0]!.family);
  });
};

function checkNamed(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || (isIP(host) !== 0 && isForbidden(host)))
    throw new Unanswered(`the cluster names ${url.origin}, which is no address of a node`);
}

/** `caFile`: certificates that https is checked against in place of the system's. */
export async function createHttp(caFile: string | undefined): Promise<Http> {
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile) };
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true, ...ca }) };
  // An address that the cluster names is looked up and checked for each connection; a kept one would skip the check.
  const named = { 'http:': new HttpAgent(), 'https:': new HttpsAgent(ca) };

  return {
    async send(url, request = {}) {
      if (request.named === true) checkNamed(url);
      const protocol = url.protocol as 'http:' | 'https:';
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), ANSWER_MS);
      const content = request.json === undefined ? request.content : Buffer.from(JSON.stringify(request.json));
      const sent = (protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method: request.method ?? 'GET',
        agent: (request.named === true ? named : agents)[protocol],
        ...(request.named === true && { lookup: checkedLookup }),
        headers: {
          accept: 'application/json, */*;q=0.5',
          ...(request.json !== undefined && { 'content-type': 'application/json' }),
          ...(Buffer.isBuffer(content) && { 'content-length': String(content.length) }),
          ...(content instanceof Readable && { 'content-type': 'application/octet-stream' }),
        },
        signal: request.signal === undefined ? late.signal : AbortSignal.any([late.signal, request.signal]),
      });
      try {
        const answered = new Promise<IncomingMessage>((resolve, reject) => sent.once('response', resolve).on('error', reject));
        if (content instanceof Readable) {
          // As long as it takes: what counts is the answer after it.
          clearTimeout(timer);
          await Promise.race([pipeline(content, sent), answered]);
        } else {
          sent.end(content);
        }
        const body = await answered;
        const { location } = body.headers;
        return { status: body.statusCode ?? 0, ...(location !== undefined && { location }), body };
      } catch (cause) {
        request.signal?.throwIfAborted();
        const why = late.signal.aborted ? `no answer within ${ANSWER_MS / 1000} s` : (cause as Error).message;
        throw new Unanswered(`${url.origin} cannot be reached: ${why}`, { cause });
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => [...Object.values(agents), ...Object.values(named)].forEach((agent) => agent.destroy()),
  };
}

/** Breaks an answer off that is not read to its end in time, however steadily it drips. The timer is to be cleared. */
export function limitTime({ body }: Answer): NodeJS.Timeout {
  return setTimeout(() => body.destroy(new Error(`not all of it came within ${BODY_MS / 1000} s`)), BODY_MS);
}

/** All bytes of an answer. Throws Unanswered when it is cut off, slow or longer than `maxBytes`. */
export async function readBytes(answer: Answer, maxBytes: number): Promise<Buffer> {
  const { body } = answer;
  const chunks: Buffer[] = [];
  let size = 0;
  const timed = limitTime(answer);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new Unanswered(`the answer cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(timed);
  }
  return Buffer.concat(chunks);
}

/** The JSON of an answer; undefined when it is none. */
export async function readJson(answer: Answer): Promise<unknown> {
  const text = (await readBytes(answer, answer.status < 300 ? MAX_JSON : MAX_PROBLEM)).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Throws the body of an answer away. */
export const ignoreBody = ({ body }: Answer): void => void body.on('error', () => undefined).destroy();
