// One job under the watcher's eye: what it is, and what is known of it since it was registered here.
import { ApplicationFailure } from '@temporalio/common';
import type { DescribeResult } from '../specs/activities.ts';
import type { Handle, Observation } from '../specs/execution.ts';
import type { Attempt } from '../adapters/contract.ts';
import type { Cluster } from './clusters.ts';
import { readFailure, shorten } from './failure.ts';
import type { LogSource } from './log-pump.ts';
import type { Mask } from './mask.ts';

export interface Registration {
  /** Workflow, run and activity: a newer try of the same activity replaces an older one. */
  readonly id: string;
  readonly taskToken: Uint8Array;
  readonly heartbeatTimeoutMs: number;
  readonly cluster: Cluster;
  readonly attempt: Attempt;
  readonly handle: Handle;
  /** What the workflow knows. */
  readonly known: Observation;
  readonly mask: Mask;
  /** Absent when the log must not be copied here, because its secrets cannot be hidden; `alarm` says so. */
  readonly logs?: LogSource;
  readonly alarm?: string;
  /** The job type's Check: a reason when the job is not healthy. */
  readonly check?: { readonly everyMs: number; run(observation: Observation): Promise<string | undefined> };
}

export interface Watched extends Omit<Registration, 'alarm'> {
  readonly registeredAt: number;
  /** Registered while its cluster was not reachable: the first answer ends the staleness that the workflow shows. */
  readonly stale: boolean;
  /** How long its cluster may say nothing about it before the workflow is told. */
  readonly patienceMs: number;
  seen: Observation;
  alarm?: string;
  /** What the workflow has still to be told; then nothing else is looked at. */
  result?: DescribeResult;
  /** How often in a row Temporal did not take the result. */
  refusals: number;
  beatAt: number;
  /** Heartbeat details as last sent. */
  told: string;
  checkAt: number;
  checking: boolean;
}

/** What the Temporal UI shows of a running job. */
export const heartbeatDetails = ({ handle, seen, alarm }: Watched): Record<string, string> => ({
  handle: handle.id,
  phase: seen.phase,
  ...(seen.progress !== undefined && { progress: seen.progress }),
  ...(seen.trackingUrl !== undefined && { trackingUrl: seen.trackingUrl }),
  ...(alarm !== undefined && { alarm }),
});

/** A Check is a plug-in's: its reason must fit history. */
const MAX_REASON = 1_000;
/** Share of the heartbeat timeout after which a job is beaten for. */
const BEAT_SHARE = 0.4;
/** Changed details, such as a progress line, are sent so often at most. */
const CHANGE_MS = 1_000;

export function beatIsDue(job: Watched, now: number): boolean {
  const since = now - job.beatAt;
  if (since >= BEAT_SHARE * job.heartbeatTimeoutMs) return true;
  return since >= CHANGE_MS && JSON.stringify(heartbeatDetails(job)) !== job.told;
}

export const checkIsDue = (job: Watched, now: number): boolean =>
  job.check !== undefined && !job.checking && job.checkAt <= now && job.seen.phase === 'running';

/** An alarm of the log shows where the observation itself has nothing to say. */
export const withAlarm = ({ seen, alarm }: Watched): Observation =>
  alarm === undefined || seen.message !== undefined ? seen : { ...seen, message: alarm };

/** Runs the job type's Check. What it throws is a failed Check, unless it says that it may succeed later. Never rejects. */
export async function check(job: Watched): Promise<void> {
  if (job.check === undefined) return;
  job.checking = true;
  try {
    // A plug-in may say anything.
    const reason: unknown = await job.check.run(job.seen);
    if (reason === undefined || reason === null) return;
    const text = typeof reason === 'string' ? reason : 'the check failed with a reason that is not a text';
    job.result ??= { observation: withAlarm(job), checkFailed: shorten(job.mask.text(text), MAX_REASON) };
  } catch (error) {
    if (!mayComeAgain(error)) job.result ??= { observation: withAlarm(job), checkFailed: readFailure(error, 'check', job.mask).message };
  } finally {
    job.checking = false;
    job.checkAt = Date.now() + job.check.everyMs;
  }
}

/** Steps have made the failure Temporal's already. */
const mayComeAgain = (error: unknown): boolean => error instanceof ApplicationFailure && error.nonRetryable !== true;
