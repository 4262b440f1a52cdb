// A TCP proxy that can lose the answer after the request took effect, refuse, or hang: the network at its worst moments.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** pass: a wire. lose-replies: requests get through, answers do not, and then the connection breaks. refuse: no connection. hang: nothing moves. */
export type ProxyMode = 'pass' | 'lose-replies' | 'refuse' | 'hang';

export class Proxy {
  mode: ProxyMode = 'pass';
  readonly #server: Server;
  readonly #target: () => { host: string; port: number };
  readonly #sockets = new Set<Socket>();

  private constructor(target: () => { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  /** Listens on a free port of the loopback interface, or on `port`. */
  static async start(target: () => { host: string; port: number }, port = 0): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(client: Socket): void {
    if (this.mode === 'refuse') return void client.destroy();
    const upstream = connect(this.#target());
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (this.mode !== 'hang') upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (this.mode === 'pass') client.write(bytes);
      else if (this.mode === 'lose-replies') client.destroy();
    });
  }

  /** Breaks every connection there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
