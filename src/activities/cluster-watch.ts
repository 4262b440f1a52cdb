// One cluster's round: one describe for all of its watched jobs, then the news of each.
import { setTimeout as sleep } from 'node:timers/promises';
import { STAGES } from '../specs/stages.ts';
import { withTimeline } from '../specs/timeline.ts';
import { durationMs } from '../specs/units.ts';
import type { Cluster } from './clusters.ts';
import { hasChanged, readObservation } from './observation.ts';
import { withAlarm, type Watched } from './watched.ts';

const DESCRIBE_LIMIT_MS = durationMs(STAGES.find(({ step }) => step === 'describe')!.timeout);

/** How a cluster has been answering, over all versions of its record and whether or not it has jobs at the moment. */
export interface Health {
  /** Set while the cluster does not answer. */
  silentSince?: number | undefined;
  /** Jobs that the cluster leaves out of its answers, by attempt key: since when. */
  readonly leftOut: Map<string, number>;
}

export interface ClusterWatch {
  readonly cluster: Cluster;
  readonly jobs: Set<Watched>;
  readonly health: Health;
}

/** Since when the cluster has said nothing about an attempt; undefined while it answers. */
export const silentSince = ({ silentSince: all, leftOut }: Health, key: string): number | undefined => all ?? leftOut.get(key);

/** Asks the cluster once and gives those jobs a result whose workflows must hear of it. Throws what the adapter throws. */
export async function observe(watch: ClusterWatch): Promise<void> {
  const asked = [...watch.jobs].filter(({ result }) => result === undefined);
  if (asked.length === 0) return;
  const { health } = watch;
  let answers: readonly unknown[];
  try {
    answers = await describe(watch, asked);
  } catch (error) {
    health.silentSince ??= Date.now();
    for (const job of asked) tellStale(job, health.silentSince);
    throw error;
  }
  health.silentSince = undefined;
  for (const [at, job] of asked.entries()) {
    const { key } = job.attempt.ref;
    // A cluster that leaves a job out has not said anything about it.
    if (answers[at] === undefined) {
      const since = health.leftOut.get(key) ?? Date.now();
      health.leftOut.set(key, since);
      tellStale(job, since);
    } else {
      health.leftOut.delete(key);
      notice(job, answers[at]);
    }
  }
}

async function describe({ cluster }: ClusterWatch, asked: Watched[]): Promise<readonly unknown[]> {
  const answers: unknown = await inTime(cluster.adapter.describe(asked));
  if (!Array.isArray(answers)) throw new TypeError('the adapter answered describe with something that is not a list');
  return answers;
}

function notice(job: Watched, answer: unknown): void {
  job.seen = withTimeline(job.seen, readObservation(answer, job.mask));
  if (hasChanged(job.known, job.seen) || job.stale) job.result ??= { observation: withAlarm(job) };
}

/** The job goes on with the newest cluster record. It is told at growing intervals, so that a long silence costs little history. */
function tellStale(job: Watched, since: number): void {
  if (Date.now() - Math.max(since, job.registeredAt) < job.patienceMs) return;
  job.result ??= { observation: job.seen, staleSince: new Date(since).toISOString() };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(DESCRIBE_LIMIT_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the cluster has not answered within ${DESCRIBE_LIMIT_MS} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}
