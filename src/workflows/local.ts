/**
 * The local activities of a workflow: one at a time, each a single try that is never cancelled.
 * A replay resolves local activities in the order in which they were scheduled, whatever the order was in which they ended; with two under
 * way at once, or one given up half-way, a history of a slow store would not replay. What failed is tried again by an ordinary timer.
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, condition, proxyLocalActivities } from '@temporalio/workflow';
import type { SchedulerActivities } from '../specs/activities.ts';
import type { RunActivities } from '../specs/run.ts';
import type { Asking } from './course.ts';
import { backoffMs } from './timings.ts';

const retry = { maximumAttempts: 1 };
const { admit, take, record, clusterRecord } = proxyLocalActivities<SchedulerActivities>({ startToCloseTimeout: '1 s', retry });
/** These ask Temporal, too, which may take longer than a read of the store. */
const { lastRun, notify } = proxyLocalActivities<SchedulerActivities>({ startToCloseTimeout: '5 s', retry });
/** What the jobs of a run ask together. */
const { admitAll, takeAll, recordAll, runPlan, answerAll, lastDagRun } = proxyLocalActivities<RunActivities>({ startToCloseTimeout: '5 s', retry });
const activities: LocalActivities = {
  admit,
  take,
  record,
  clusterRecord,
  lastRun,
  notify,
  admitAll,
  takeAll,
  recordAll,
  runPlan,
  answerAll,
  lastDagRun,
};

export type LocalActivities = SchedulerActivities & RunActivities;

let last: Promise<unknown> = Promise.resolve();
let underWay = 0;

/** Whether none is under way or waits for its turn. */
export const localIdle = (): boolean => underWay === 0;

/** Runs one of them when no other is under way. */
export function local<Result>(run: (activities: LocalActivities) => Promise<Result>): Promise<Result> {
  underWay += 1;
  const mine = last.then(() => run(activities));
  const done = (): void => {
    underWay -= 1;
  };
  last = mine.then(done, done);
  return mine;
}

/** Tries until it succeeds, fails for good (throws), or `interrupted` is true between two tries. */
export async function localUntil<Result>(
  run: (activities: LocalActivities) => Promise<Result>,
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
export function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? cause.nonRetryable === true : !(cause instanceof TimeoutFailure);
}

/** What the job of a workflow of its own asks. */
export const asking: Asking = {
  place: (how, request, answered, interrupted) =>
    localUntil(async (local) => {
      const answer = await local[how](request());
      answered(answer);
      return answer;
    }, interrupted),
  cluster: (name, interrupted) => localUntil((local) => local.clusterRecord(name), interrupted),
};
