// A worker: lifecycle steps on its group's and its host's queues, stops with slots of their own, and the watch over running jobs.
import { createRequire } from 'node:module';
import { AsyncCompletionClient } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { startLoop } from '../activities/loop.ts';
import { createWorkerActivities } from '../activities/worker.ts';
import type { WorkerActivities } from '../specs/activities.ts';
import { QUEUES } from '../specs/identity.ts';
import { StartError } from '../start-error.ts';
import { announceWorker, endStaleAnnouncement } from './announcing.ts';
import type { Running } from './process.ts';
import type { WorkerRuntime } from './runtime.ts';
import { runWorkers } from './running.ts';
import { workerId } from './worker-id.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Steps under way get so long to end by themselves before they are cancelled, and then so long before they are left behind. */
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '20s';
/** A cancel is heard within it. */
const HEARTBEAT_THROTTLE = '1s';
const STOP_SLOTS = 50;
const WATCH_SLOTS = 20;
const ANNOUNCE_EVERY_MS = 60_000;

/** Starts it. The runtime must have been made with workers: true. Throws when the configuration does not say what it may run. */
export async function startWorker(runtime: WorkerRuntime): Promise<Running & { readonly workerId: string }> {
  const { config, temporal, logger, adapters, jobTypes, logs, artifacts, environment } = runtime;
  if (config.worker.allow === undefined)
    throw new StartError('worker.allow must be given: { apps: […], clusters: […], users: […] }, each a list or "*"');
  const id = await workerId(config.data, config.worker.id);
  const drain = new AbortController();
  const host = { workerId: id, dataDir: config.data };
  const tokens = new AsyncCompletionClient({ connection: temporal.connection, namespace: temporal.namespace });
  const bound = createWorkerActivities({
    config,
    host,
    tokens,
    adapters,
    jobTypes,
    logs,
    artifacts,
    logger,
    environment,
    version,
    drain: drain.signal,
  });

  const create = (taskQueue: string, names: readonly (keyof WorkerActivities)[], slots: number, polls: number): Promise<Worker> =>
    Worker.create({
      connection: temporal.native!,
      namespace: temporal.namespace,
      activities: Object.fromEntries(names.map((name) => [name, bound.activities[name]])),
      taskQueue,
      maxConcurrentActivityTaskExecutions: slots,
      maxConcurrentActivityTaskPolls: polls,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      shutdownGraceTime: SHUTDOWN_GRACE,
      shutdownForceTime: SHUTDOWN_FORCE,
    } satisfies WorkerOptions);
  const { group, slots, watch } = config.worker;
  const onHost = QUEUES.host(id);
  const onGroup = QUEUES.group(group);
  const workers = await Promise.all([
    // The announcement holds a slot for ever, and a sweep must not wait for launches.
    create(onHost, ['launch', 'finish', 'describe', 'sweep', 'announce', 'allocateId'], slots + 2, 3),
    create(QUEUES.stop(onHost), ['stop'], STOP_SLOTS, 1),
    create(onGroup, ['launch', 'finish', 'sweep', 'allocateId'], slots + 1, 1),
    create(QUEUES.stop(onGroup), ['stop'], STOP_SLOTS, 1),
    ...(watch ? [create(QUEUES.watch(group), ['describe'], WATCH_SLOTS, 1)] : []),
  ]);
  const stale = endStaleAnnouncement(temporal.client, id);
  await stale.catch((error: unknown) => logger.debug({ err: error }, 'no announcement of an earlier process'));
  const announcing = startLoop(
    ANNOUNCE_EVERY_MS,
    () => announceWorker(temporal.client, id),
    (error) => logger.warn({ err: error }, 'this worker cannot announce itself; it is tried again'),
  );
  logger.info({ workerId: id, group, slots }, 'worker started');
  const running = runWorkers(
    workers,
    () => drain.abort(),
    async () => {
      await announcing.stop();
      await bound.close();
    },
  );
  return { ...running, workerId: id };
}
