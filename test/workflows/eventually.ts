import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so, and can be asked; for what runs without a test runner, too. */
export async function eventually(is: () => boolean | Promise<boolean>, says: () => unknown = () => is.toString()): Promise<void> {
  const isSo = async (): Promise<boolean> => await is();
  for (const until = Date.now() + 30_000; !(await isSo().catch(() => false)); await sleep(30)) {
    if (Date.now() > until) throw new Error(`never so: ${JSON.stringify(await says())}`);
  }
}
