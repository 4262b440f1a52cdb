// The scheduler: workflows, their store-only steps, and duties that any number of schedulers may do at once.
import { setFlagsFromString } from 'node:v8';
import { Worker } from '@temporalio/worker';
import { startBackfillWaker } from '../activities/duties/backfills.ts';
import { startDispatcher } from '../activities/duties/dispatch.ts';
import { startLostRuns } from '../activities/duties/lost-runs.ts';
import { startMirror } from '../activities/duties/mirror.ts';
import { startScheduleWaker, startSchedules } from '../activities/duties/schedules.ts';
import { startSweeps } from '../activities/duties/sweeps.ts';
import { startWaker } from '../activities/duties/wake.ts';
import { createSchedulerActivities } from '../activities/scheduler.ts';
import { createCore } from '../core/index.ts';
import { QUEUES } from '../specs/identity.ts';
import { workflowBundle } from '../temporal/bundle.ts';
import type { Running } from './process.ts';
import type { Runtime } from './runtime.ts';
import { runWorkers } from './running.ts';

/** Workflows kept in memory between two of their tasks; more are replayed from history. About 70 KB each. */
const CACHED_WORKFLOWS = 500;
/** How long a workflow's next task waits for the process that has it in memory: after a crash every open job waits so long, once. */
const STICKY = '3s';
/**
 * The SDK takes a stack trace for every promise of a workflow, for its stack trace query: with the usual ten frames that is half of what a
 * replay costs. One frame still says where an error was thrown. It holds for contexts that are made later, which are those of workflows.
 */
const STACK_FRAMES = 1;
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '15s';

/** Starts it. The runtime must have been made with workers: true. */
export async function startScheduler(runtime: Runtime): Promise<Running> {
  const { config, store, artifacts, adapters, jobTypes, logger, temporal } = runtime;
  const deps = { config, store, artifacts, adapters, jobTypes, logger, client: temporal.client };
  const dispatcher = startDispatcher(deps);
  const sweeps = startSweeps(deps);
  const waker = startWaker(deps);
  const mirror = startMirror(deps, ({ workerId }) => {
    logger.info({ workerId }, 'worker online');
    sweeps.poke();
    waker.poke();
  });
  const core = createCore({ ...runtime, temporal: temporal.client, eagerStart: true });
  const duties = [dispatcher, sweeps, waker, mirror, startLostRuns(deps), startSchedules(deps), startScheduleWaker(deps), startBackfillWaker(deps)];
  const stopDuties = async (): Promise<void> => {
    await Promise.all(duties.map((duty) => duty.stop()));
  };
  setFlagsFromString(`--stack-trace-limit=${STACK_FRAMES}`);
  try {
    const worker = await Worker.create({
      connection: temporal.native!,
      namespace: temporal.namespace,
      taskQueue: QUEUES.scheduler,
      workflowBundle: await workflowBundle(),
      activities: createSchedulerActivities({ ...deps, poke: () => dispatcher.poke(), cycles: core.cycles, backfills: core.backfills }),
      maxCachedWorkflows: CACHED_WORKFLOWS,
      stickyQueueScheduleToStartTimeout: STICKY,
      maxConcurrentWorkflowTaskExecutions: 20,
      maxConcurrentWorkflowTaskPolls: 4,
      maxConcurrentLocalActivityExecutions: 100,
      maxConcurrentActivityTaskExecutions: 50,
      maxConcurrentActivityTaskPolls: 2,
      shutdownGraceTime: SHUTDOWN_GRACE,
      shutdownForceTime: SHUTDOWN_FORCE,
    });
    return runWorkers([worker], () => undefined, stopDuties);
  } catch (error) {
    await stopDuties();
    throw error;
  }
}
