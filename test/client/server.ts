// A small HTTP server for tests of the client: it answers by script and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/specs/errors.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Of the connection: equal ports are one connection. */
  readonly port: number;
}
export type Answer = (response: ServerResponse, asked: Asked) => void;

/** Answers the n-th request by the n-th answer, all later ones by the last. It ends with the test. */
export async function scripted(...answers: readonly Answer[]): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then((chunks) => {
      const body = Buffer.concat(chunks as Buffer[]).toString();
      const said: Asked = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body,
        port: request.socket.remotePort ?? 0,
      };
      asked.push(said);
      answers[Math.min(asked.length, answers.length) - 1]?.(response, said);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** problem+json of the catalogue, as the API sends it. */
export const problem =
  (code: ErrorCode, more: object = {}): Answer =>
  (response) => {
    const { title, status, retryable, advice } = ERRORS[code];
    const body = { type: '/docs/errors', title, status, code, detail: `${code} it is`, advice, retryable, traceId: 'trace-1', ...more };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };

/** The connection breaks: the request may have taken effect. */
export const broken: Answer = (response) => void response.socket?.destroy();

/** Events, then the stream stays open, ends or breaks. */
export const events =
  (text: string, then: 'open' | 'end' | 'break'): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'break') response.socket?.destroy();
    });
  };
