// Ports for servers that are killed and started again on the same ones.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { isFree } from '../../../src/temporal/ports.ts';
import { PORTS, type Ports } from './conf.ts';

/** Below what Linux gives to outgoing connections, which could take a port while its server is down. */
const FIRST = 15_000;
const LAST = 32_000;
const BLOCK = 32;

export interface ReservedPorts {
  readonly ports: Ports;
  readonly release: () => Promise<void>;
}

/** Free ones that no other cluster takes, also while nobody listens at them: whoever listens at the first of a block has all of it. */
export async function reservePorts(given: Partial<Ports> = {}): Promise<ReservedPorts> {
  for (;;) {
    const first = FIRST + BLOCK * Math.floor((Math.random() * (LAST - FIRST)) / BLOCK);
    const guard = createServer();
    try {
      guard.listen(first, '127.0.0.1');
      await once(guard, 'listening');
    } catch {
      continue;
    }
    guard.unref();
    const release = async (): Promise<void> => {
      if (guard.listening) await once(guard.close(), 'close');
    };
    const ports = Object.fromEntries(PORTS.map((name, i) => [name, first + 1 + i])) as Ports;
    const free = await Promise.all(Object.values(ports).map((port) => isFree(port)));
    if (free.every(Boolean)) return { ports: { ...ports, ...given }, release };
    await release();
  }
}
