// A proxy between the product and a cluster's HTTP server, for the worst moments of a network: the request took effect and its answer got lost,
// nobody listens, nothing comes back.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An answer that the proxy gives itself. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Becomes JSON. */
  readonly body?: unknown;
}

export type Change = (requestHead: string, body: string) => string | undefined;

export interface Lost {
  /** Answers that were swallowed so far. */
  readonly count: number;
  /** From now on answers get through again. */
  stop(): void;
}

export interface ClusterProxy {
  readonly port: number;
  /** http://127.0.0.1:PORT */
  readonly url: string;
  /** First line and headers of each request that was forwarded, in order. */
  readonly requests: readonly string[];
  /** Requests whose first line and headers match are carried out; when the answer is there, it is swallowed and the connection cut. */
  dropReplies(match: (requestHead: string) => boolean): Lost;
  /** Requests for which `reply` gives an answer get that one and are not forwarded, until the returned function is called. */
  answer(reply: (requestHead: string) => Reply | undefined): () => void;
  /** Bodies of requests for which `change` gives a text are sent as that one, until the returned function is called. */
  amend(change: Change): () => void;
  /** Answers for which `change` gives a text have that one for their body, until the returned function is called. */
  rewrite(change: Change): () => void;
  /** Is told of every answer of the cluster, with the first line and headers of its request, before it is passed on. */
  tap(seen: (requestHead: string, status: number) => void): () => void;
  /** Connections open and nothing happens, requests are not forwarded. Turned off, what waited is cut. */
  blackhole(on: boolean): void;
  /** Nobody listens at the port; open connections are cut. Resolves when it is so. */
  refuse(on: boolean): Promise<void>;
  /** Forgets everything that dropReplies, answer, tap and blackhole were told. */
  heal(): void;
  close(): Promise<void>;
}

/** Forwards to a port of this machine, from a free one. */
export async function startProxy(targetPort: number): Promise<ClusterProxy> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const drops = new Set<{ match: (requestHead: string) => boolean; count: number }>();
  const replies = new Set<(requestHead: string) => Reply | undefined>();
  const changes = new Set<Change>();
  const amendments = new Set<Change>();
  const taps = new Set<(requestHead: string, status: number) => void>();
  let silent = false;

  const server = createServer((asked, answer) => {
    if (silent) return;
    const head = headOf(asked);
    for (const reply of replies) {
      const own = reply(head);
      if (own === undefined) continue;
      give(asked, answer, own);
      return;
    }
    requests.push(head);
    const amended = amendments.size === 0 ? undefined : (body: string) => changed(amendments, head, body);
    forward(asked, answer, { port: targetPort, ...(amended && { amended }) }, (status, body) => {
      for (const seen of taps) seen(head, status);
      const drop = [...drops].find(({ match }) => match(head));
      if (drop !== undefined) drop.count += 1;
      if (drop !== undefined || silent) return undefined;
      return changed(changes, head, body);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    cut();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  const blackhole = (on: boolean): void => {
    if (silent && !on) cut();
    silent = on;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    dropReplies: (match) => {
      const drop = { match, count: 0 };
      drops.add(drop);
      return {
        get count() {
          return drop.count;
        },
        stop: () => void drops.delete(drop),
      };
    },
    answer: (reply) => {
      replies.add(reply);
      return () => void replies.delete(reply);
    },
    amend: (change) => {
      amendments.add(change);
      return () => void amendments.delete(change);
    },
    rewrite: (change) => {
      changes.add(change);
      return () => void changes.delete(change);
    },
    tap: (seen) => {
      taps.add(seen);
      return () => void taps.delete(seen);
    },
    blackhole,
    refuse: async (on) => {
      if (on) await close();
      else if (!server.listening) await listen(port);
    },
    heal: () => {
      for (const told of [drops, replies, changes, amendments, taps]) told.clear();
      blackhole(false);
    },
    close,
  };
}

const changed = (changes: ReadonlySet<Change>, head: string, body: string): string =>
  [...changes].reduce((text, change) => change(head, text) ?? text, body);
const pairs = (raw: readonly string[]): [string, string][] => raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]!]] : []));
const headOf = ({ method, url, rawHeaders }: IncomingMessage): string =>
  [`${method} ${url} HTTP/1.1`, ...pairs(rawHeaders).map(([name, value]) => `${name}: ${value}`)].join('\r\n');
/** A connection to the server for each request, whatever the client does with its own. */
const withoutHop = (raw: readonly string[]): string[] =>
  pairs(raw)
    .filter(([name]) => !/^(?:connection|keep-alive|transfer-encoding)$/i.test(name))
    .flat();

/** A body that was changed may have another length. */
const withLength = (raw: readonly string[], length: number): string[] =>
  pairs(raw)
    .map(([name, value]) => (/^content-length$/i.test(name) ? [name, String(length)] : [name, value]))
    .flat();

const withoutLength = (raw: readonly string[]): string[] =>
  pairs(raw)
    .filter(([name]) => !/^content-length$/i.test(name))
    .flat();

/** What was sent is read to its end first: a client that is still writing would see a broken connection. */
function give(asked: IncomingMessage, answer: ServerResponse, { status, headers, body }: Reply): void {
  asked.on('end', () => {
    answer.writeHead(status, { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers });
    answer.end(body === undefined ? undefined : JSON.stringify(body));
  });
  asked.resume();
}

/** `passOn` is asked once the whole answer is there: what was asked for has taken effect. It gives the body; undefined swallows the answer. */
function forward(
  asked: IncomingMessage,
  answer: ServerResponse,
  { port, amended }: { readonly port: number; readonly amended?: (body: string) => string },
  passOn: (status: number, body: string) => string | undefined,
): void {
  const { method = 'GET', url = '/' } = asked;
  const cut = (): void => void asked.socket.destroy();
  const headers = withoutHop(asked.rawHeaders);
  const upstream = request({ host: '127.0.0.1', port, method, path: url, headers: amended ? withoutLength(headers) : headers, agent: false });
  upstream.on('error', cut);
  answer.on('close', () => upstream.destroy());
  upstream.on('response', (got: IncomingMessage) => {
    const chunks: Buffer[] = [];
    got.on('error', cut);
    got.on('data', (chunk: Buffer) => chunks.push(chunk));
    got.on('end', () => {
      const status = got.statusCode ?? 502;
      const body = passOn(status, Buffer.concat(chunks).toString('latin1'));
      if (body === undefined) return cut();
      const bytes = Buffer.from(body, 'latin1');
      answer.writeHead(status, withLength(withoutHop(got.rawHeaders), bytes.length));
      answer.end(bytes);
    });
  });
  if (amended === undefined) return void asked.pipe(upstream);
  const sent: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => sent.push(chunk));
  asked.on('end', () => upstream.end(amended(Buffer.concat(sent).toString('latin1')), 'latin1'));
}
