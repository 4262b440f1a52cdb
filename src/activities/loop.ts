// Duties that repeat: never two rounds of one at once, and no error ends them.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Loop {
  /** Begins the next round now, or directly after the one under way. */
  poke(): void;
  /** Resolves when the round under way has ended; no other begins. */
  stop(): Promise<void>;
}

/** Runs `round` at once and then `everyMs` after each end. */
export function startLoop(everyMs: number, round: () => Promise<void>, failed: (error: unknown) => void): Loop {
  const end = new AbortController();
  let poked = false;
  let pause = new AbortController();
  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      poked = false;
      await round().catch(failed);
      pause = new AbortController();
      if (!end.signal.aborted && !poked) await sleep(everyMs, undefined, { signal: pause.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    poke() {
      poked = true;
      pause.abort();
    },
    async stop() {
      end.abort();
      pause.abort();
      await running;
    },
  };
}

/** Calls `work` for each item, at most `limit` at once. */
export async function forEachLimited<T>(items: Iterable<T>, limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: limit }, lane));
}
