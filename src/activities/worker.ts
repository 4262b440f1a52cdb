// The activities of a worker process, bound to what they need: one file each.
import type { WorkerActivities } from '../specs/activities.ts';
import { StepError } from '../specs/errors.ts';
import { allocateId } from './allocate-id.ts';
import { announce } from './announce.ts';
import { createClusters } from './clusters.ts';
import type { LifecycleDeps } from './container.ts';
import type { WorkerDeps } from './deps.ts';
import { describe } from './describe.ts';
import { finish } from './finish.ts';
import { launch } from './launch.ts';
import { createLogPump, logLimits } from './log-pump.ts';
import { readFailure, toFailure } from './failure.ts';
import { NO_MASK } from './mask.ts';
import { stop } from './stop.ts';
import { sweep } from './sweep.ts';
import { createWatcher } from './watcher.ts';

export function createWorkerActivities(worker: WorkerDeps): { activities: WorkerActivities; close(): Promise<void> } {
  const deps: LifecycleDeps = { ...worker, clusters: createClusters(worker.adapters, worker.host, worker.logger) };
  const { config, tokens, logger, logs } = worker;
  const watcher = createWatcher({ tokens, logger, pump: createLogPump(logs, logLimits(config)) });
  let launching = 0;
  let steps = 0;
  /** Whether lifecycle steps take all slots, so that a new job should not be looked at for longer than needed. */
  const busy = (): boolean => steps >= config.worker.slots;
  const running = (): number => watcher.hostJobs() + launching;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    steps++;
    try {
      return await work();
    } finally {
      steps--;
    }
  };

  const activities: WorkerActivities = {
    allocateId: (input) => counted(() => allocateId(deps, input)),
    launch: (input) =>
      counted(async () => {
        if (running() >= config.worker.maxJobs) {
          const full = new StepError('WORKER_REFUSED', `worker ${worker.host.workerId} runs ${running()} jobs, which is all it takes`, {
            retryable: true,
          });
          throw toFailure(readFailure(full, 'initialize', NO_MASK));
        }
        launching++;
        try {
          return await launch(deps, input, busy);
        } finally {
          launching--;
        }
      }),
    describe: (input) => describe(deps, watcher, input),
    stop: (input) => stop(deps, input),
    finish: (input) => counted(() => finish(deps, input)),
    sweep: (input) => sweep(deps, input),
    announce: () => announce(worker, running),
  };
  return {
    activities,
    async close() {
      await watcher.drain();
      await deps.clusters.close();
    },
  };
}
