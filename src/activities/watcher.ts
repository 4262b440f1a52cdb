/**
 * Watches running jobs for describe activities that are completed asynchronously, by task token.
 * One for each worker process; within it one loop for each cluster record, with one describe for all of its jobs a tick, so that ten
 * thousand jobs cost one request and no history. The pending activity is the durable registration: when this process dies, Temporal's
 * heartbeat timeout gives each job to another watcher. So nothing here is precious, and every error is survived.
 */
import { ApplicationFailure } from '@temporalio/common';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type AsyncCompletionClient,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { crashPoint } from '../crash-points.ts';
import type { Cluster } from './clusters.ts';
import { observe, silentSince, type ClusterWatch, type Health } from './cluster-watch.ts';
import type { LogPump } from './log-pump.ts';
import { forEachLimited, startLoop, type Loop } from './loop.ts';
import { beatIsDue, check, checkIsDue, heartbeatDetails, type Registration, type Watched } from './watched.ts';

/** Calls at once, to Temporal and for logs and checks. */
const AT_ONCE = 16;
const LOG_EVERY_MS = 1_000;
const LOGS_A_ROUND = 200;
/** Logs of executors and the like that are copied a round, of all jobs. Each has a few in any case, and none so many that the others would wait. */
const FURTHER_A_ROUND = 400;
const FURTHER_OF_A_JOB = { least: 4, most: 40 };
const BEAT_EVERY_MS = 500;
/** Longest wait for Temporal's answer; a call that got none is made again. */
const CALL_MS = 10_000;
const LONGEST_PATIENCE_MS = 10 * 60_000;
/** News that Temporal refuses so often, while it takes heartbeats, it will never take. */
const MOST_REFUSALS = 5;

export interface Watcher {
  /** Takes a job over; a newer try of the same activity replaces the older one. Throws retryably once the watcher drains. */
  register(job: Registration): void;
  /** Jobs that are watched now on clusters that live on this machine. */
  hostJobs(): number;
  /** Gives every job back to Temporal, which hands it to another watcher at once. */
  drain(): Promise<void>;
}

export interface WatcherOptions {
  readonly tokens: AsyncCompletionClient;
  readonly pump: LogPump;
  readonly logger: Logger;
  /** A cluster that has not answered for so long makes its jobs stale. Default 30 s. */
  readonly staleAfterMs?: number;
}

interface Watch extends ClusterWatch {
  readonly loops: Loop[];
}

const withResult = (among: Iterable<Watched>): Watched[] => [...among].filter(({ result }) => result !== undefined);
const drains = () => ApplicationFailure.create({ message: 'the worker drains', type: 'WORKER_DRAINS', nextRetryDelay: '1ms' });

const refused = () => ApplicationFailure.create({ message: 'Temporal does not take what the cluster says of this job', type: 'NEWS_REFUSED' });

export function createWatcher({ tokens, pump, logger, staleAfterMs = 30_000 }: WatcherOptions): Watcher {
  const jobs = new Map<string, Watched>();
  const watches = new Map<Cluster, Watch>();
  const healths = new Map<string, Health>();
  let draining = false;

  function forget(job: Watched): void {
    if (jobs.get(job.id) === job) jobs.delete(job.id);
    const watch = watches.get(job.cluster);
    watch?.jobs.delete(job);
    // One that is shown as stale comes back.
    if (job.result?.staleSince === undefined) watch?.health.leftOut.delete(job.attempt.ref.key);
    if (watch === undefined || watch.jobs.size > 0) return;
    watches.delete(job.cluster);
    for (const loop of watch.loops) void loop.stop();
  }

  function watchFor(cluster: Cluster): Watch {
    const known = watches.get(cluster);
    if (known !== undefined) return known;
    const { name } = cluster.record;
    if (!healths.has(name)) healths.set(name, { leftOut: new Map() });
    const watch: Watch = { cluster, jobs: new Set(), health: healths.get(name)!, loops: [] };
    watches.set(cluster, watch);
    const about = { cluster: name };
    const round = async (): Promise<void> => {
      try {
        await observe(watch);
      } finally {
        await forEachLimited(withResult(watch.jobs), AT_ONCE, tell);
      }
    };
    let copied = 0;
    // On a cluster each copy is a few requests to its nodes: of very many jobs, some at a time, in turn.
    const logs = async (): Promise<void> => {
      const all = [...watch.jobs];
      const most = cluster.type.hostBound ? all.length : LOGS_A_ROUND;
      const from = copied < all.length ? copied : 0;
      copied = from + most;
      const now = all.slice(from, copied);
      const { least, most: many } = FURTHER_OF_A_JOB;
      const further = Math.min(many, Math.max(least, Math.floor(FURTHER_A_ROUND / now.length)));
      await forEachLimited(now, AT_ONCE, (job) => copyLog(job, further));
    };
    watch.loops.push(
      startLoop(cluster.type.watchEveryMs, round, (error) => logger.warn({ ...about, err: error }, 'the cluster cannot be described')),
      startLoop(LOG_EVERY_MS, logs, (error) => logger.warn({ ...about, err: error }, 'logs cannot be copied')),
    );
    return watch;
  }

  const call = async (work: () => Promise<void>): Promise<void> => tokens.withDeadline(Date.now() + CALL_MS, work);

  /** Tells the workflow. What Temporal no longer knows is dropped; what it could not hear is told again at the next tick. */
  async function tell(job: Watched): Promise<void> {
    try {
      crashPoint('watcher.before-complete');
      await call(() => tokens.complete(job.taskToken, job.result));
      crashPoint('watcher.after-complete');
      forget(job);
    } catch (error) {
      if (error instanceof ActivityNotFoundError) return forget(job);
      logger.warn({ key: job.attempt.ref.key, err: error }, 'Temporal did not take the news of a job; it is told again');
      // The next heartbeat says whether Temporal is away or only this news is not to its liking.
      if (++job.refusals >= MOST_REFUSALS) job.beatAt = 0;
    }
  }

  async function copyLog(job: Watched, further: number): Promise<void> {
    if (job.logs === undefined) return;
    const alarm = await pump.copy(job.logs, further);
    if (alarm !== undefined && alarm !== job.alarm) logger.warn({ key: job.attempt.ref.key }, alarm);
    if (alarm === undefined) delete job.alarm;
    else job.alarm = alarm;
  }

  async function beat(job: Watched): Promise<void> {
    const details = heartbeatDetails(job);
    job.beatAt = Date.now();
    job.told = JSON.stringify(details);
    try {
      await call(() => tokens.heartbeat(job.taskToken, details));
      if (job.refusals >= MOST_REFUSALS) await giveBack(job, () => tokens.fail(job.taskToken, refused()));
    } catch (error) {
      if (error instanceof ActivityNotFoundError) return forget(job);
      if (error instanceof ActivityCancelledError) return await giveBack(job, () => tokens.reportCancellation(job.taskToken));
      if (error instanceof ActivityPausedError || error instanceof ActivityResetError)
        return await giveBack(job, () => tokens.fail(job.taskToken, drains()));
      job.beatAt = 0;
      job.refusals = 0;
    }
  }

  async function giveBack(job: Watched, tell: () => Promise<void>): Promise<void> {
    forget(job);
    await call(tell).catch((error: unknown) =>
      logger.debug({ key: job.attempt.ref.key, err: error }, 'Temporal did not hear that a job was given back'),
    );
  }

  const beats = startLoop(
    BEAT_EVERY_MS,
    async () => {
      const now = Date.now();
      for (const job of jobs.values()) {
        if (checkIsDue(job, now)) void check(job);
      }
      await forEachLimited(
        [...jobs.values()].filter((job) => beatIsDue(job, now)),
        AT_ONCE,
        beat,
      );
    },
    (error) => logger.warn({ err: error }, 'heartbeats failed'),
  );

  return {
    register(registration) {
      if (draining) throw drains();
      const now = Date.now();
      const watch = watchFor(registration.cluster);
      const since = silentSince(watch.health, registration.attempt.ref.key);
      const older = jobs.get(registration.id);
      const job: Watched = {
        ...registration,
        registeredAt: now,
        stale: since !== undefined,
        patienceMs: Math.max(staleAfterMs, Math.min(since === undefined ? 0 : now - since, LONGEST_PATIENCE_MS)),
        seen: registration.known,
        refusals: 0,
        beatAt: 0,
        told: '',
        checking: false,
        checkAt: now + (registration.check?.everyMs ?? 0),
      };
      jobs.set(job.id, job);
      watch.jobs.add(job);
      if (older !== undefined) forget(older);
      crashPoint('describe.registered');
    },
    hostJobs: () => [...jobs.values()].filter(({ cluster }) => cluster.type.hostBound).length,
    async drain() {
      draining = true;
      await beats.stop();
      await Promise.all([...watches.values()].flatMap(({ loops }) => loops.map((loop) => loop.stop())));
      await forEachLimited([...jobs.values()], AT_ONCE, (job) => giveBack(job, () => tokens.fail(job.taskToken, drains())));
    },
  };
}
