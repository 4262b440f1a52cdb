// How long the steps may take and how patient the lifecycle is; the limits come from the list of stages.
import type { LifecycleTimings } from '../specs/execution.ts';
import { STAGES, type StageActivity } from '../specs/stages.ts';
import { durationMs } from '../specs/units.ts';

const DEFAULTS: LifecycleTimings = { hostPatienceMs: 120_000, graceMs: 10_000, settleMs: 1_000, heartbeatMs: 60_000 };

/** Heartbeat timeout of the short steps: a cancel must be heard, and a dead worker noticed, within it. */
export const STEP_HEARTBEAT_MS = 10_000;

/** A step that waits for a host known to be gone waits so long at a time: it begins as soon as the host is back, and costs little history. */
export const GONE_PATIENCE_MS = 3_600_000;

/** The timings of a job, with the defaults for what its creator left out. */
export function lifecycleTimings(given: Partial<LifecycleTimings> | undefined): LifecycleTimings {
  return { ...DEFAULTS, ...given };
}

/** Longest time of one activity: its stages with all their tries, and a minute for what is between them. A launch may finish, too. */
export function activityTimeoutMs(activity: StageActivity): number {
  const stages = STAGES.filter((stage) => stage.activity === activity || (activity === 'launch' && stage.activity === 'finish'));
  return stages.reduce((sum, stage) => sum + durationMs(stage.timeout) * stage.attempts, 60_000);
}

/** Wait before try n+1 of something that must succeed in the end: 1 s, doubled, at most 1 min. */
export const backoffMs = (failures: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(failures, 6));
