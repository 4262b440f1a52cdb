import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so; for what runs without a test runner, too. */
export async function eventually(is: () => boolean | Promise<boolean>, says: () => unknown = () => is.toString()): Promise<void> {
  for (const until = Date.now() + 30_000; !(await is()); await sleep(30)) {
    if (Date.now() > until) throw new Error(`never so: ${JSON.stringify(await says())}`);
  }
}
