// An HTTP server of a stub: it counts what it is asked, and loses, delays or falsifies answers where a test says so.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * What happens to a request: a reply in place of the true one; `drop`: nothing is done and the connection is closed; `lose`: it is done and the
 * connection is closed; `hang`: no answer, ever; a function writes the answer itself. Undefined: as if there were no fault.
 */
export type Fault = (asked: Asked) => Reply | 'drop' | 'lose' | 'hang' | ((response: ServerResponse) => void) | undefined;

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

export class StubServer {
  /** "GET /path?query" of each request, oldest first. */
  readonly requests: string[] = [];
  /** Bytes of all bodies that were answered. */
  sent = 0;
  fault: Fault | undefined;
  readonly #server: ReturnType<typeof createServer>;
  readonly #secure: boolean;
  readonly #answer: (asked: Asked) => Reply;

  constructor(answer: (asked: Asked) => Reply, tls?: Tls) {
    this.#answer = answer;
    this.#secure = tls !== undefined;
    const listener: RequestListener = (request, response) => void this.#handle(request, response).catch(() => response.destroy());
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  /** Listens on a free port of 127.0.0.1, or on that of an earlier one. */
  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#secure ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Requests that contain a text. */
  asked(text: string): string[] {
    return this.requests.filter((line) => line.includes(text));
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stub');
    const method = request.method ?? 'GET';
    this.requests.push(`${method} ${request.url}`);
    const asked: Asked = { method, path: url.pathname, query: url.searchParams, headers: request.headers, body: await buffer(request) };
    const fault = this.fault?.(asked);
    if (fault === 'hang') return;
    if (fault === 'drop') return void response.destroy();
    if (typeof fault === 'function') return fault(response);
    const { status, headers, body } = typeof fault === 'object' ? fault : this.#answer(asked);
    if (fault === 'lose') return void response.destroy();
    const bytes = Buffer.from(body ?? '');
    this.sent += bytes.length;
    response.writeHead(status, { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...headers, 'Content-Length': bytes.length });
    response.end(bytes);
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json;charset=utf-8' };
/** The numbers that Java writes with a decimal point. */
const DECIMALS = /"(progress|queueUsagePercentage|clusterUsagePercentage)":(\d+)(?=[,}])/g;

export const asJson = (value: unknown): string => JSON.stringify(value).replace(DECIMALS, '"$1":$2.0');
export const jsonReply = (value: unknown, status = 200): Reply => ({
  status,
  headers: JSON_TYPE,
  body: typeof value === 'string' ? value : asJson(value),
});
export const textReply = (body: string, status = 200): Reply => ({ status, headers: { 'Content-Type': 'text/plain;charset=utf-8' }, body });

/** An error as Hadoop's web services say it. */
export function exceptionReply(status: number, name: string, message: string, in_ = 'org.apache.hadoop.yarn.webapp'): Reply {
  return jsonReply({ RemoteException: { exception: name, message, javaClassName: `${in_}.${name}` } }, status);
}
export const notFound = (message: string): Reply => exceptionReply(404, 'NotFoundException', message);
export const badRequest = (message: string): Reply => exceptionReply(400, 'BadRequestException', message);

/** What the servlet container says where no service is. */
export const noService = (asked: Asked, status = 404, message = 'Not Found'): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: `{\n"servlet":"org.glassfish.jersey.servlet.ServletContainer-5f8e8a9d",\n"message":"${message}",\n"url":"${asked.path}",\n"status":"${status}"\n}`,
});
