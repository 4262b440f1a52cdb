// A webhook receiver that checks signatures, writes down everything, and fails when it is told to.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Status } from '../../../src/specs/status.ts';
import type { WebhookReceived } from '../checker/evidence.ts';

/** take: 200. refuse: 503. lose-answer: took it, and cuts the connection before the answer. */
export type ReceiverMode = 'take' | 'refuse' | 'lose-answer';

export class Receiver {
  mode: ReceiverMode = 'take';
  readonly received: WebhookReceived[] = [];
  /** The app's signing key; set once the stack has told it. */
  key = '';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    const answered = this.mode === 'take' ? 200 : this.mode === 'refuse' ? 503 : 0;
    const { data } = JSON.parse(body) as { data: { jobId: string; seq: number; attempt: number; status: Status } };
    this.received.push({
      at: Date.now(),
      id: String(request.headers['webhook-id']),
      jobId: data.jobId,
      seq: data.seq,
      attempt: data.attempt,
      status: data.status,
      verified: this.#verified(body, request),
      answered,
    });
    if (answered === 0) request.socket.destroy();
    else response.writeHead(answered).end();
  }

  /** Signed with the app's key. The time in it is not judged: scenarios turn clocks. */
  #verified(body: string, { headers }: IncomingMessage): boolean {
    const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
    return new Webhook(this.key).sign(String(headers['webhook-id']), at, body) === headers['webhook-signature'];
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
