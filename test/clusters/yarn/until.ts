// Waits for a server to be as wanted.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './server.ts';

export interface Waiting {
  /** Ended is ended: no need to wait any longer. */
  readonly server?: Server;
  /** Default: two minutes, for a machine that has other things to do. */
  readonly limitMs?: number;
}

/** Asks until it is true; an error counts as false, and the last one is thrown at the end. */
export async function until(isSo: () => Promise<boolean>, { server, limitMs = 120_000 }: Waiting = {}): Promise<void> {
  const end = Date.now() + limitMs;
  for (let last: unknown; ; await sleep(50)) {
    server?.mustLive();
    try {
      if (await isSo()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not so after ${limitMs / 1_000} s: ${String(isSo)}`, { cause: last });
  }
}
