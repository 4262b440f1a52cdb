// The way through the queue: ask for a place, wait for the signal `admitted`, take it. The store decides; nothing is held while waiting.
import { ActivityFailure, ApplicationFailure, condition } from '@temporalio/workflow';
import type { AdmitRequest, AdmitResult } from '../specs/activities.ts';
import { OUTCOME_CODES, type OutcomeCode } from '../specs/errors.ts';
import type { Course } from './course.ts';
import type { AttemptEnd } from './job/job.state.ts';
import type { Place } from './steps.ts';

/** How often a started attempt without a worker asks again: no grant may come for it, because its lease was granted long ago. */
const ASK_AGAIN_MS = 30_000;
/** How often one that is not in the queue does: it is woken when a worker comes online, and asks in case that was missed. */
const ASK_OUTSIDE_MS = 300_000;

/** A place, the refusal of one, or nothing, because `interrupted` became true. */
export type Admission = { readonly place: Place } | { readonly refused: AttemptEnd } | undefined;

/** Waits for a place. `notWorkers` are avoided as long as there is any other. `waiting` gets the reason in words. */
export async function findPlace(
  course: Course,
  notWorkers: readonly string[],
  interrupted: () => boolean,
  waiting: (reason: string) => void,
): Promise<Admission> {
  const { wishes } = course;
  if (interrupted()) return undefined;
  const answered = ({ events }: AdmitResult): void => {
    if (events) course.wrote(events);
  };
  const ask = (how: 'admit' | 'take') => {
    wishes.admitted = false;
    return orRefused(() => course.asking.place(how, () => request(course, notWorkers), answered, interrupted));
  };
  if (course.held()) await condition(() => !course.held() || interrupted());
  if (interrupted()) return undefined;
  let answer = await ask('admit');
  for (;;) {
    if (answer === undefined || 'refused' in answer) return answer;
    if (answer.admitted) return { place: { cluster: answer.cluster, ...(answer.workerId !== undefined && { workerId: answer.workerId }) } };
    waiting(answer.reason);
    const ready = () => wishes.admitted === true || interrupted();
    if (course.state().attemptStatus === 'STARTING') await condition(ready, ASK_AGAIN_MS);
    else if (answer.outside) await condition(ready, ASK_OUTSIDE_MS);
    else await condition(ready);
    if (course.held()) await condition(() => !course.held() || interrupted());
    if (interrupted()) return undefined;
    answer = await ask(wishes.admitted ? 'take' : 'admit');
  }
}

/** The newest record of the cluster; the old one while the store is away for more than a moment. */
export async function newestRecord({ asking }: Course, place: Place, interrupted: () => boolean): Promise<Place> {
  const cluster = await orRefused(() => asking.cluster(place.cluster.name, interrupted));
  return cluster === undefined || 'refused' in cluster ? place : { ...place, cluster };
}

/** The answer, or that it is refused for good. */
async function orRefused<Result extends object>(ask: () => Promise<Result | undefined>): Promise<Result | { refused: AttemptEnd } | undefined> {
  try {
    return await ask();
  } catch (error) {
    return { refused: refusal(error) };
  }
}

/** What is no failure of Temporal's is a bug of ours: thrown on, it would stop the workflow, and the job could not even be killed. */
function refusal(error: unknown): AttemptEnd {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const refused = { status: 'CANCELED', proved: true } as const;
  if (!(cause instanceof ApplicationFailure)) return { ...refused, code: 'INTERNAL', reason: String(cause) };
  const code = Object.hasOwn(OUTCOME_CODES, cause.type ?? '') ? (cause.type as OutcomeCode) : 'LIMIT';
  return { ...refused, code, reason: cause.message };
}

function request(course: Course, notWorkers: readonly string[]): AdmitRequest {
  const { cluster, queue, group, priority, workers, worker } = course.spec();
  const telling = course.telling();
  return {
    attempt: course.ref,
    cluster,
    queue,
    group,
    priority,
    workers,
    notWorkers,
    ...(worker !== undefined && { worker }),
    ...(telling && { telling }),
  };
}
