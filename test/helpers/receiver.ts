// A receiver of webhooks on loopback: keeps what arrives and answers as its test says.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Answer = (response: ServerResponse, request: Received) => unknown;

export interface Receiver {
  /** Address of its path /hook. */
  readonly url: string;
  /** Everything that arrived, in order. */
  readonly received: Received[];
  /** Another answer from now on. */
  answer(how: Answer): void;
  stop(): Promise<void>;
}

/** Starts one. It answers 200 unless told otherwise; a request counts as received before it is answered. */
export async function startReceiver(how: Answer = (response) => response.end()): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url = '', headers } = request;
      received.push({ path: url, headers, body });
      how(response, received.at(-1)!);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: (other) => void (how = other),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
