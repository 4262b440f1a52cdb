// One HTTP request of a route: address, headers, and tries that cannot do a thing twice.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ROUTES, type Route, type RouteName } from '../specs/routes.schema.ts';
import { fromResponse, unreachable, type ClientError } from './error.ts';
import { patientFetch } from './patient.ts';

export interface ClientOptions {
  /** Address of the API, such as http://127.0.0.1:7788. */
  readonly url: string;
  readonly token?: string;
  /** Act as this app; only an admin token may name another than its own. */
  readonly app?: string;
  /** How long a call that is safe to repeat is repeated while the server cannot be reached or answers 503. Milliseconds; default 3000. */
  readonly patience?: number;
  /** Longest wait for the head of an answer, other than to an upload, rebuild or prune. Milliseconds; default 60,000. */
  readonly answerTimeout?: number;
}

/** What `send` is given; `call` narrows it by route. */
export interface SendArgs {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A number is the version that must still be the newest one (If-Match). */
  readonly ifMatch?: number;
  readonly signal?: AbortSignal;
}

export type Send = (name: RouteName, args?: SendArgs) => Promise<Response>;

/** Calls whose body carries an identity: with one made here, sending them again is the same call. */
const IDENTITY: Partial<Record<RouteName, 'requestId' | 'id'>> = {
  createJob: 'requestId',
  killJob: 'id',
  rerunJob: 'id',
  resolveJob: 'id',
  modifyJob: 'id',
  createRun: 'requestId',
  killRun: 'id',
  rerunRun: 'id',
  markNode: 'id',
  skipNode: 'id',
  disableNode: 'id',
  enableNode: 'id',
  approveNode: 'id',
  pauseRun: 'id',
  resumeRun: 'id',
  signalRun: 'id',
};

/** A run for a cycle has its identity: a cycle has one run. */
const identified = (identity: string, body: object): object => ('cycle' in body ? body : { [identity]: randomUUID(), ...body });

/** Answers that are no success and yet the route's own. */
const OWN_STATUS: Partial<Record<RouteName, number>> = { ready: 503 };

/** They take as long as there is something to do. */
const LONG: readonly RouteName[] = ['rebuild', 'prune', 'putArtifact'];

/** Sends a route's request and returns its answer when that is a success; throws ClientError else. */
export function createSender(options: ClientOptions): Send {
  const base = options.url.replace(/\/+$/, '');
  const patience = options.patience ?? 3_000;
  const answerTimeout = options.answerTimeout ?? 60_000;

  return async (name, args = {}) => {
    const route: Route = ROUTES[name];
    const identity = IDENTITY[name];
    const body = identity === undefined ? args.body : identified(identity, defined(args.body));
    const request: Sent = {
      base,
      method: route.method.toUpperCase(),
      headers: headersOf(options, route, args),
      ...(body !== undefined && { body: route.body === 'stream' ? (body as ReadableStream) : JSON.stringify(body) }),
      answerTimeout: LONG.includes(name) ? undefined : answerTimeout,
      own: OWN_STATUS[name],
      signal: args.signal,
    };
    const url = base + pathOf(route, args.params) + queryOf(args.query);
    const repeatable = identity !== undefined || route.method === 'get' || (route.method === 'put' && args.ifMatch === undefined);
    const until = performance.now() + (repeatable ? patience : 0);
    for (let wait = 100; ; wait *= 2) {
      const failure = await attempt(url, request);
      if (failure instanceof Response) return failure;
      if (!failure.retryable || (failure.status !== 0 && failure.status < 502) || performance.now() + wait > until) throw failure;
      await delay(wait, undefined, args.signal ? { signal: args.signal } : {});
    }
  };
}

interface Sent {
  /** The server's address, for words. */
  readonly base: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream;
  /** Undefined: it is waited for. */
  readonly answerTimeout: number | undefined;
  readonly own: number | undefined;
  readonly signal: AbortSignal | undefined;
}

async function attempt(url: string, { base, answerTimeout, own, signal, ...request }: Sent): Promise<Response | ClientError> {
  const timeout = new AbortController();
  const expire = () => timeout.abort(new Error(`it did not answer within ${answerTimeout! / 1000} s`));
  const timer = answerTimeout === undefined ? undefined : setTimeout(expire, answerTimeout);
  const either = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
  try {
    const patient = answerTimeout === undefined || typeof request.body === 'object';
    const response = patient
      ? await patientFetch(url, { ...request, signal: either })
      : await fetch(url, { ...(request as RequestInit), redirect: 'error', signal: either });
    return response.ok || response.status === own ? whole(response, base, signal) : await fromResponse(response);
  } catch (error) {
    signal?.throwIfAborted();
    return unreachable(base, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer, with a body that fails as every call fails when the connection breaks in the middle of it. */
function whole(response: Response, base: string, signal: AbortSignal | undefined): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(signal?.aborted === true ? error : unreachable(base, error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return Object.defineProperty(new Response(body, response), 'url', { value: response.url });
}

function headersOf(options: ClientOptions, route: Route, args: SendArgs): Record<string, string> {
  return {
    accept: 'application/json',
    ...(route.body !== undefined && { 'content-type': route.body === 'stream' ? 'application/octet-stream' : 'application/json' }),
    ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    ...(options.app !== undefined && { 'longshore-app': options.app }),
    ...(args.ifMatch !== undefined && { 'if-match': `"${args.ifMatch}"` }),
    ...args.headers,
  };
}

function pathOf(route: Route, params: SendArgs['params'] = {}): string {
  return route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
}

function queryOf(query: SendArgs['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size > 0 ? `?${search.toString()}` : '';
}

/** Fields that are undefined would hide the identity made here. */
function defined(body: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => value !== undefined));
}
