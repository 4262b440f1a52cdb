// A worker tells of itself by the heartbeats of one activity on its host queue; the scheduler mirrors them to the store.
import { availableParallelism, freemem, hostname, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkerRow } from '../store/contract.ts';
import type { WorkerDeps } from './deps.ts';

const EVERY_MS = 2_000;

/** Its heartbeat details are a WorkerRow. Returns when the worker drains, after a last heartbeat that says offline. */
export async function announce(deps: WorkerDeps, running: () => number): Promise<void> {
  const { heartbeat, cancellationSignal } = Context.current();
  const row = (offline: boolean): WorkerRow => ({
    workerId: deps.host.workerId,
    group: deps.config.worker.group,
    host: hostname(),
    seenAt: new Date().toISOString(),
    offline,
    slots: deps.config.worker.maxJobs,
    running: running(),
    load: (loadavg()[0] ?? 0) / availableParallelism(),
    freeMemory: freemem(),
    version: deps.version,
  });
  const ends = AbortSignal.any([deps.drain, cancellationSignal]);
  while (!ends.aborted) {
    heartbeat(row(false));
    await sleep(EVERY_MS, undefined, { signal: ends }).catch(() => undefined);
  }
  heartbeat(row(true));
  cancellationSignal.throwIfAborted();
}
