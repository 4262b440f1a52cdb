// One try of a lifecycle step as a Temporal activity, and what its end means. The lifecycle schedules every try itself: with Temporal's
// own retries a schedule-to-start timeout would be armed again, and hide that an earlier try had begun.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  TimeoutFailure,
  isCancellation,
  proxyActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type {
  AttemptInput,
  DescribeInput,
  DescribeResult,
  FinishInput,
  FinishResult,
  LaunchResult,
  StopInput,
  StopResult,
  WorkerActivities,
} from '../specs/activities.ts';
import { OUTCOME_CODES, type OutcomeCode } from '../specs/errors.ts';
import { QUEUES } from '../specs/identity.ts';
import type { ClusterRecord, LifecycleTimings } from '../specs/execution.ts';
import type { Step } from '../specs/stages.ts';
import { STEP_HEARTBEAT_MS, activityTimeoutMs } from './timings.ts';

/** Where an attempt's steps are carried out. */
export interface Place {
  readonly cluster: ClusterRecord;
  /** Set where jobs live on one worker's machine. */
  readonly workerId?: string;
}

/**
 * How one try ended. `untaken`: no worker took it in time, so it never began. `again`: it failed, or its worker died after `silentMs`
 * without a sign; the same may succeed later. `known`: the failure has one of our codes, or is a timeout. `failed`: trying again is of no use.
 * `step` is the one that failed.
 */
export type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'untaken' }
  | {
      readonly kind: 'again';
      readonly code: OutcomeCode;
      readonly reason: string;
      readonly step?: Step;
      readonly known: boolean;
      readonly silentMs: number;
    }
  | { readonly kind: 'failed'; readonly code: OutcomeCode; readonly reason: string; readonly step?: Step }
  | { readonly kind: 'cancelled' };

/** The queue of the short steps: the host's, or that of the workers which reach the cluster. */
const stepQueue = (place: Place): string => (place.workerId === undefined ? QUEUES.group(place.cluster.workers) : QUEUES.host(place.workerId));

const once = { maximumAttempts: 1 };

/** One try of allocateId. */
export const allocateId = (place: Place, input: AttemptInput, patienceMs: number, summary: string): Promise<Outcome<{ id: string }>> =>
  settle(short(place, 'launch', patienceMs, summary).allocateId(input));

/** One try of launch. A cancel waits for its end, because what it started must be known before it is stopped. */
export const launch = (place: Place, input: AttemptInput, patienceMs: number, summary: string): Promise<Outcome<LaunchResult>> =>
  settle(short(place, 'launch', patienceMs, summary).launch(input));

/** One try of finish. */
export const finish = (place: Place, input: FinishInput, patienceMs: number, summary: string): Promise<Outcome<FinishResult>> =>
  settle(short(place, 'finish', patienceMs, summary).finish(input));

/** One try of stop, on the queue with slots of its own. */
export const stop = (place: Place, input: StopInput, patienceMs: number, summary: string): Promise<Outcome<StopResult>> =>
  settle(
    activities({
      ...shortOptions('stop', patienceMs, summary),
      taskQueue: QUEUES.stop(stepQueue(place)),
      // After TERM the whole grace time may pass.
      startToCloseTimeout: activityTimeoutMs('stop') + input.graceMs + input.settleMs,
    }).stop(input),
  );

/** Waits until the cluster says something new. A host that is gone must be noticed; a group's watchers replace each other. */
export const describe = (
  place: Place,
  input: DescribeInput,
  patienceMs: number,
  timings: LifecycleTimings,
  summary: string,
): Promise<Outcome<DescribeResult>> =>
  settle(
    activities({
      startToCloseTimeout: '365 days',
      heartbeatTimeout: timings.heartbeatMs,
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      summary,
      ...(place.workerId === undefined
        ? { taskQueue: QUEUES.watch(place.cluster.workers), retry: { initialInterval: '1 s', maximumInterval: '30 s' } }
        : { taskQueue: QUEUES.host(place.workerId), retry: once, scheduleToStartTimeout: patienceMs }),
    }).describe(input),
    timings.heartbeatMs,
  );

const activities = (options: ActivityOptions) => proxyActivities<WorkerActivities>(options);

const shortOptions = (activity: 'launch' | 'stop' | 'finish', patienceMs: number, summary: string): ActivityOptions => ({
  scheduleToStartTimeout: patienceMs,
  startToCloseTimeout: activityTimeoutMs(activity),
  heartbeatTimeout: STEP_HEARTBEAT_MS,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: once,
  summary,
});

const short = (place: Place, activity: 'launch' | 'finish', patienceMs: number, summary: string) =>
  activities({ ...shortOptions(activity, patienceMs, summary), taskQueue: stepQueue(place) });

async function settle<Result>(step: Promise<Result>, heartbeatMs = STEP_HEARTBEAT_MS): Promise<Outcome<Result>> {
  try {
    return { kind: 'done', result: await step };
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled' };
    if (!(error instanceof ActivityFailure)) throw error;
    return readFailure(error, heartbeatMs);
  }
}

function readFailure({ cause, activityType }: ActivityFailure, heartbeatMs: number): Outcome<never> {
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType === 'SCHEDULE_TO_START') return { kind: 'untaken' };
    const silent = cause.timeoutType === 'HEARTBEAT';
    return {
      kind: 'again',
      code: 'INTERNAL',
      reason: silent ? `the worker was silent during ${activityType}` : `${activityType} took too long`,
      known: true,
      silentMs: silent ? heartbeatMs : 0,
    };
  }
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const known = isOutcomeCode(type);
  const code = known ? type : 'INTERNAL';
  const reason = cause?.message || `${activityType} failed`;
  const [detail] = (cause instanceof ApplicationFailure ? (cause.details ?? []) : []) as readonly ({ readonly step?: Step } | undefined)[];
  const failure = { code, reason, ...(detail?.step && { step: detail.step }) };
  const final = cause instanceof ApplicationFailure && cause.nonRetryable === true;
  return final ? { kind: 'failed', ...failure } : { kind: 'again', ...failure, known, silentMs: 0 };
}

const isOutcomeCode = (type: unknown): type is OutcomeCode => typeof type === 'string' && Object.hasOwn(OUTCOME_CODES, type);

/** Whether something may live under the key although the launch failed. */
export const mayHaveStarted = ({ step, code }: Pick<Extract<Outcome<never>, { kind: 'failed' }>, 'step' | 'code'>): boolean =>
  code !== 'START_REFUSED' && step !== 'initialize' && step !== 'prepare';

/** The worker runs all the jobs it takes, and said so before it began anything. */
export const isFull = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === 'again' && outcome.code === 'WORKER_REFUSED' && !mayHaveStarted(outcome);
