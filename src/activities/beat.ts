// Heartbeats of an activity that works: often enough that a cancel is heard within a second or two.
import { Context } from '@temporalio/activity';

const EVERY_MS = 1_000;

/** Runs `work` while heartbeating `details()` each second. */
export async function beating<T>(details: () => unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat(details());
  const timer = setInterval(() => context.heartbeat(details()), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
