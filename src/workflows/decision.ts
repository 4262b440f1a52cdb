// How an UNKNOWN is decided: by a person's `resolve`, or, when it has lasted for `lostAfter`, by the spec's `onLost`.
import type { Course, Wishes } from './course.ts';
import type { AttemptEnd, Next } from './job/job.state.ts';

/** An end, and what follows it where the retry policy has no say. */
export interface Decision {
  readonly end: AttemptEnd;
  readonly next?: Next;
}

const LOST = { status: 'FAILED', code: 'LOST', proved: false } as const;

/** What `onLost` says. */
export function lostDecision(course: Course): Decision {
  const { reason } = course.state();
  const end = { ...LOST, reason: `lost: ${reason ?? 'the cluster cannot say how it ended'}` };
  return course.spec().onLost === 'rerun' ? { end, next: { by: 'onLost' } } : { end };
}

/** Carries out a resolve. Nothing comes back after `adopt`: the attempt is watched again. */
export function personDecision(course: Course, resolve: NonNullable<Wishes['resolve']>): Decision | undefined {
  const { as, by = 'unknown', handle } = resolve;
  course.tell({ type: 'resolved', as, by, ...(resolve.reason !== undefined && { reason: resolve.reason }), ...(handle && { handle }) });
  const told = { reason: `resolved as ${as} by ${by}`, by, proved: false };
  const next: Next = { by: 'nobody' };
  switch (as) {
    case 'adopt':
      delete course.progress.ambiguous;
      delete course.progress.ending;
      return undefined;
    case 'rerun':
      return { end: { ...LOST, ...told }, next: { by: 'hand' } };
    case 'succeeded':
      return { end: { ...told, status: 'SUCCEED' }, next };
    case 'failed':
      return { end: { ...told, status: 'FAILED', code: 'RESOLVED' }, next };
    default:
      return { end: { ...told, status: 'KILLED', code: 'RESOLVED' }, next };
  }
}
