/**
 * The local activities of a workflow: one at a time, each a single try that is never cancelled.
 * A replay resolves local activities in the order in which they were scheduled, whatever the order was in which they ended; with two under
 * way at once, or one given up half-way, a history of a slow store would not replay. What failed is tried again by an ordinary timer.
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, condition, proxyLocalActivities } from '@temporalio/workflow';
import type { SchedulerActivities } from '../specs/activities.ts';
import { backoffMs } from './timings.ts';

const retry = { maximumAttempts: 1 };
const { admit, take, record, clusterRecord } = proxyLocalActivities<SchedulerActivities>({ startToCloseTimeout: '1 s', retry });
/** These ask Temporal, too, which may take longer than a read of the store. */
const { lastRun, notify } = proxyLocalActivities<SchedulerActivities>({ startToCloseTimeout: '5 s', retry });
const activities: SchedulerActivities = { admit, take, record, clusterRecord, lastRun, notify };

let last: Promise<unknown> = Promise.resolve();

/** Runs one of them when no other is under way. */
export function local<Result>(run: (activities: SchedulerActivities) => Promise<Result>): Promise<Result> {
  const mine = last.then(() => run(activities));
  last = mine.catch(() => undefined);
  return mine;
}

/** Tries until it succeeds, fails for good (throws), or `interrupted` is true between two tries. */
export async function localUntil<Result>(
  run: (activities: SchedulerActivities) => Promise<Result>,
  interrupted: () => boolean = () => false,
): Promise<Result | undefined> {
  for (let failures = 0; ; failures++) {
    try {
      return await local(run);
    } catch (error) {
      if (isFinal(error)) throw error;
      if (await condition(interrupted, backoffMs(failures))) return undefined;
    }
  }
}

/** A local activity's failure comes with or without the frame of an ActivityFailure. What is no failure of Temporal's is a bug of ours. */
function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? cause.nonRetryable === true : !(cause instanceof TimeoutFailure);
}
