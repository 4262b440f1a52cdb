// Waiting for states; nothing here sleeps for luck.
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `probe` gives something else than undefined or false; the error says what was waited for. A probe that throws is tried again. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
  everyMs = 100,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    await delay(everyMs);
  }
}
