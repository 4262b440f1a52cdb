// Waiting for another process's write without stopping our own event loop, as waiting inside SQLite would.
import { setTimeout as delay } from 'node:timers/promises';
import { isBusy } from './errors.ts';

/** How long a write waits for the writes of others. */
const BUSY_MS = 5_000;

/** Tries again while the database is busy, for 5 seconds; then the error is the last try's. */
export async function whileBusy<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + BUSY_MS;
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await delay(wait);
  }
}
