/**
 * The local activities of a workflow: one at a time, each a single try that is never cancelled, and while one is under way nothing else that
 * arrives is acted upon.
 * A replay resolves local activities in the order in which they were scheduled, whatever the order was in which they ended; with two under
 * way at once, or one given up half-way, a history of a slow store would not replay. Nor would it if one outlives its workflow task (which a
 * heartbeat then ends) and the next task brings something else: live that comes first and the local activity's end in an activation of its
 * own, in a replay both come in one. What failed is tried again by an ordinary timer.
 */
import { ActivityFailure, ApplicationFailure, CancellationScope, TimeoutFailure, condition, proxyLocalActivities } from '@temporalio/workflow';
import type { SchedulerActivities } from '../specs/activities.ts';
import type { BackfillActivities } from '../specs/backfill.ts';
import type { RunActivities } from '../specs/run.ts';
import type { ScheduleActivities } from '../specs/schedule-run.ts';
import type { Asking } from './course.ts';
import { backoffMs } from './timings.ts';

export type LocalActivities = SchedulerActivities & RunActivities & ScheduleActivities & BackfillActivities;

const retry = { maximumAttempts: 1 };
const brief = proxyLocalActivities<LocalActivities>({ startToCloseTimeout: '1 s', retry });
/** These ask Temporal, too, which may take longer than a read of the store, or are about many jobs or cycles. */
const longer = proxyLocalActivities<LocalActivities>({ startToCloseTimeout: '5 s', retry });
const { admit, take, record, clusterRecord } = brief;
const { lastRun, notify, admitAll, takeAll, recordAll, runPlan, answerAll, lastDagRun, decideCycles, lookBackfill } = longer;
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
  decideCycles,
  lookBackfill,
};

let last: Promise<unknown> = Promise.resolve();
let underWay = 0;
/** What arrived while one was under way, in order. */
let held: (() => void)[] = [];

/** Whether none is under way or waits for its turn, and nothing that arrived meanwhile is still to be acted upon. */
export const localIdle = (): boolean => underWay === 0 && held.length === 0;

/** Acts upon something as soon as no local activity is under way any more. */
export function holdBack(act: () => void): void {
  held.push(act);
  if (held.length > 1) return;
  // Conditions are looked at when all that followed from the local activity's end is done, live and in a replay.
  void CancellationScope.nonCancellable(() => condition(() => underWay === 0)).then(() => {
    const acts = held;
    held = [];
    for (const one of acts) one();
  });
}

/** Runs one of them when no other is under way. It may wait for nothing else: that would be held back for ever. */
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
