// What an event changes in the rows of its job and its attempt. Pure: the same events give the same rows, however often they are replayed.
import type { AttemptChange, JobEvent, KillRequest, Timestamp } from '../../specs/execution.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import { withChange, type Changes } from '../../specs/patch.ts';
import { isEnd, isWaiting, type Blame, type Status } from '../../specs/status.ts';

/** The part of a job's row that events change. */
export interface JobState {
  readonly status: Status;
  readonly attempt: number;
  readonly seq: number;
  readonly updatedAt: Timestamp;
  readonly reason?: string | undefined;
  readonly code?: OutcomeCode | undefined;
  readonly blame?: Blame | undefined;
  readonly killRequested?: KillRequest | undefined;
  readonly endedAt?: Timestamp | undefined;
}

/** The part of an attempt's row that one event changes. */
export interface AttemptState extends AttemptChange {
  readonly status: Status;
  readonly code?: OutcomeCode | undefined;
  readonly blame?: Blame | undefined;
  readonly reason?: string | undefined;
}

/** Events whose reason says how the job is doing; the others' reasons say why somebody asked for something. */
const TELLING: readonly JobEvent['type'][] = ['status', 'stale', 'alarm', 'note', 'kill-refused', 'resolved'];

/** What the event says of how the job is doing. A note does not say why an attempt waits, and must not hide what does. */
const reasonOf = ({ type, attemptStatus, reason }: JobEvent): string | undefined =>
  TELLING.includes(type) && !(type === 'note' && isWaiting(attemptStatus)) ? reason : undefined;

/** The job after the event. */
export function jobAfter(before: JobState, event: JobEvent): JobState {
  const moved = event.type === 'status' || event.status !== before.status;
  const own = event.status === event.attemptStatus ? event : undefined;
  return {
    status: event.status,
    attempt: Math.max(before.attempt, event.attempt),
    seq: event.seq,
    updatedAt: event.at,
    reason: reasonOf(event) ?? (moved ? undefined : before.reason),
    // While a retry waits, the code of the failed attempt is that attempt's alone.
    code: own?.code ?? (moved ? undefined : before.code),
    blame: own?.blame ?? (moved ? undefined : before.blame),
    killRequested: killAfter(before, event),
    endedAt: isEnd(event.status) ? (isEnd(before.status) ? (before.endedAt ?? event.at) : event.at) : undefined,
  };
}

/** A kill is confirmed when the job ends by it, not when a person decides that it has; a rerun is a new life without it. */
function killAfter({ killRequested }: JobState, event: JobEvent): KillRequest | undefined {
  if (event.type === 'rerun') return undefined;
  const asked: KillRequest | undefined =
    event.type === 'kill-requested'
      ? { at: event.at, by: event.by ?? '', confirmed: false, ...(event.reason === undefined ? {} : { reason: event.reason }) }
      : killRequested;
  const ended = event.type === 'status' && (event.status === 'KILLED' || event.status === 'CANCELED') && event.code !== 'RESOLVED';
  return asked !== undefined && ended ? { ...asked, confirmed: true } : asked;
}

/** Changes of the spec, and the newest attempt that they are about. */
export interface ChangesState extends Changes {
  readonly attempt: number;
}

/** The changes after the event, as the workflow itself keeps them: a new attempt begins with all that there are. */
export function changesAfter(before: ChangesState, event: JobEvent): ChangesState {
  const after = event.patch === undefined ? before : withChange(before, event.patch, isWaiting(event.attemptStatus));
  if (event.attempt <= before.attempt) return after;
  return { ...after, attempt: event.attempt, ...(after.patch && { attemptPatch: after.patch }) };
}

/** The event's attempt after it; `before` is undefined for its first event. */
export function attemptAfter(before: AttemptState | undefined, event: JobEvent): AttemptState {
  const moved = event.type === 'status' || event.attemptStatus !== before?.status;
  return {
    ...before,
    ...event.set,
    ...(isEnd(event.attemptStatus) ? { endedAt: event.set?.endedAt ?? before?.endedAt ?? event.at } : {}),
    status: event.attemptStatus,
    reason: reasonOf(event) ?? (moved ? undefined : before?.reason),
    code: event.code ?? (moved ? undefined : before?.code),
    blame: event.blame ?? (moved ? undefined : before?.blame),
  };
}
