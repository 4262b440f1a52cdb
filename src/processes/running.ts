// Temporal Workers as one running thing: it stops as a whole, and fails as soon as one of them does.
import type { Worker } from '@temporalio/worker';
import type { Running } from './process.ts';

/** Runs the Workers. `drained` is called once all of them have ended after stop(). */
export function runWorkers(workers: readonly Worker[], before: () => void, drained: () => Promise<void>): Running {
  const runs = workers.map((worker) => worker.run());
  const ended = Promise.allSettled(runs);
  const failed = new Promise<never>((_, reject) => {
    for (const run of runs) run.catch(reject);
  });
  // Whoever does not listen is not to be killed by it.
  failed.catch(() => undefined);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    before();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
    await drained();
  };
  return { failed, stop: () => (stopping ??= stop()) };
}
