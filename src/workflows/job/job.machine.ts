// The rules of a job as one pure function: (state, happening) → state and effects. It refuses whatever the table of statuses refuses.
import { OUTCOME_CODES } from '../../specs/errors.ts';
import type { AttemptChange, JobEvent, Timestamp } from '../../specs/execution.ts';
import { mergePatches, withChange } from '../../specs/patch.ts';
import { isEnd, isWaiting, mayFollow, type Status } from '../../specs/status.ts';
import { withTimeline } from '../../specs/timeline.ts';
import { formatDuration } from '../../specs/units.ts';
import type { AttemptEnd, Effect, Happening, JobState, Next } from './job.state.ts';
import { retryDelay } from './retry.ts';

/** What a transition gives. `refused`: nothing was changed, because the table or the rules do not allow it. */
export interface Transition {
  readonly state: JobState;
  readonly effects: readonly Effect[];
  readonly refused?: boolean;
}

const MOST_SUPERSEDED = 100;

/** Applies one happening at a time `at`. Never throws. */
export function transition(state: JobState, happening: Happening, at: Timestamp): Transition {
  switch (happening.type) {
    case 'created':
      return state.seq > 0 ? refuse(state) : record(state, at, { type: 'status', by: happening.by });
    case 'waiting':
      return wait(state, at, happening.reason);
    case 'starting':
      return enter(state, 'STARTING', at, withoutReason({ ...state, key: happening.key, ...worker(happening.workerId) }), {
        key: happening.key,
        ...worker(happening.workerId),
      });
    case 'moved':
      if (state.attemptStatus !== 'STARTING') return refuse(state);
      return record({ ...state, reason: happening.reason, ...worker(happening.workerId) }, at, {
        type: 'note',
        reason: happening.reason,
        ...(happening.workerId !== undefined && { set: { workerId: happening.workerId } }),
      });
    case 'observed':
      return observe(state, happening, at);
    case 'lost':
      if (state.attemptStatus === 'UNKNOWN') return refuse(state);
      return enter(
        state,
        'UNKNOWN',
        at,
        { ...state, reason: happening.reason, code: happening.code, blame: OUTCOME_CODES[happening.code] },
        observed(state),
      );
    case 'ended':
      return end(state, happening, at);
    case 'kill':
      return requestKill(state, happening, at);
    case 'kill-refused':
      if (isEnd(state.status) || isWaiting(state.attemptStatus)) return refuse(state);
      return record(state, at, { type: 'kill-refused', reason: happening.reason });
    case 'rerun':
      return isEnd(state.status) ? reopen(state, { by: 'hand', ...(happening.patch && { patch: happening.patch }) }, happening, at) : refuse(state);
    case 'resolved':
      if (state.attemptStatus !== 'UNKNOWN') return refuse(state);
      return record({ ...state, ...(happening.handle && { handle: happening.handle }) }, at, {
        type: 'resolved',
        by: happening.by,
        reason: [`resolved as ${happening.as}`, happening.reason].filter(Boolean).join(': '),
        ...(happening.handle && { set: { handle: happening.handle } }),
      });
    case 'modified':
      return modify(state, happening, at);
    default:
      return record(keepsReason(state, happening.as) ? state : { ...state, reason: happening.reason }, at, {
        type: happening.as,
        reason: happening.reason,
        ...(happening.by !== undefined && { by: happening.by }),
      });
  }
}

/** An end keeps its reason, and so does a wait: it is why the attempt waits, and by it those are found who wait for a worker. */
const keepsReason = ({ status, attemptStatus }: JobState, as: JobEvent['type']): boolean =>
  isEnd(status) || (as === 'note' && isWaiting(attemptStatus));

/** The end that the table allows where `wanted` is not one: what runs cannot have failed to start, what began cannot be withdrawn. */
export function allowedEnd(from: Status, wanted: AttemptEnd['status']): AttemptEnd['status'] {
  if (mayFollow(from, wanted)) return wanted;
  if (isWaiting(from)) return 'CANCELED';
  return wanted === 'CANCELED' ? 'KILLED' : 'FAILED';
}

function wait(state: JobState, at: Timestamp, reason: string | undefined): Transition {
  if (state.attemptStatus === 'ACCEPTED' && reason !== undefined) {
    return reason === state.reason ? refuse(state) : record({ ...state, reason }, at, { type: 'status', reason });
  }
  return enter(state, 'ACCEPTED', at, reason === undefined ? withoutReason(state) : { ...state, reason });
}

function observe(state: JobState, { observation, handle, timings }: Extract<Happening, { type: 'observed' }>, at: Timestamp): Transition {
  if (state.attemptStatus !== 'STARTING' && state.attemptStatus !== 'RUNNING' && state.attemptStatus !== 'UNKNOWN') return refuse(state);
  const seen: JobState = {
    ...state,
    observation: withTimeline(state.observation, observation),
    ...(handle && { handle }),
    ...(timings && { timings: [...state.timings, ...timings] }),
  };
  const runs = observation.phase === 'running' || (observation.phase === 'pending' && state.attemptStatus === 'UNKNOWN');
  if (runs && mayFollow(state.attemptStatus, 'RUNNING')) return enter(state, 'RUNNING', at, withoutReason(seen), observed(seen));
  // A job that waits on its cluster has a name there that people want to see; what has ended is told with its end.
  if (handle && observation.phase === 'pending') return record(seen, at, { type: 'note', reason: `started as ${handle.id}`, set: observed(seen) });
  if (state.attemptStatus === 'RUNNING' && observation.phase === 'running' && state.reason !== undefined) {
    return record(withoutReason(seen), at, { type: 'note', reason: 'the cluster answers again', set: observed(seen) });
  }
  return { state: seen, effects: [] };
}

function modify(state: JobState, { by, patch, release }: Extract<Happening, { type: 'modified' }>, at: Timestamp): Transition {
  const told = { type: 'modified', by, patch, reason: `changed ${Object.keys(patch).join(', ')}` } as const;
  return record(withChange(state, patch, isWaiting(state.attemptStatus)), at, told, release);
}

function end(state: JobState, { end: how, next, key }: Extract<Happening, { type: 'ended' }>, at: Timestamp): Transition {
  if (!mayFollow(state.attemptStatus, how.status)) return refuse(state);
  const before = withoutReason(state);
  const observation = how.observation ? withTimeline(state.observation, how.observation) : state.observation;
  const killed = (how.status === 'KILLED' || how.status === 'CANCELED') && how.proved;
  const ended: JobState = {
    ...before,
    attemptStatus: how.status,
    entered: { ...state.entered, [how.status]: at },
    outputs: how.outputs ?? {},
    timings: [...state.timings, ...(how.timings ?? [])],
    superseded: how.proved || state.key === undefined ? state.superseded : [...state.superseded, state.key].slice(-MOST_SUPERSEDED),
    endedAt: at,
    ...(observation && { observation }),
    ...(observation?.exitCode !== undefined && { exitCode: observation.exitCode }),
    ...(how.reason !== undefined && { reason: how.reason }),
    ...(how.code && { code: how.code, blame: OUTCOME_CODES[how.code] }),
    ...(state.killRequested && { killRequested: { ...state.killRequested, confirmed: killed } }),
  };
  const delay = delayOf(next, ended, how);
  const status: Status = delay === undefined ? how.status : 'ACCEPTED';
  const told = record(
    { ...ended, status },
    at,
    {
      type: 'status',
      ...(how.code && { code: how.code, blame: OUTCOME_CODES[how.code] }),
      ...(how.reason !== undefined && { reason: how.reason }),
      ...(how.by !== undefined && { by: how.by }),
      set: {
        ...observed(ended),
        outputs: ended.outputs,
        endedAt: observation?.endedAt ?? at,
        ...(ended.exitCode !== undefined && { exitCode: ended.exitCode }),
      },
    },
    key,
  );
  if (delay === undefined) return { ...told, effects: [...told.effects, { type: 'show', status }] };
  const again = reopen(told.state, next, { ...(how.by !== undefined && { by: how.by }) }, at, delay);
  return { ...again, effects: [...told.effects, ...again.effects] };
}

/** Until the next attempt; undefined when there is none. A kill wins: only a person starts anything after it. */
function delayOf(next: Next, ended: JobState, how: AttemptEnd): number | undefined {
  if (next.by === 'policy') return retryDelay(ended, how, next.retry);
  return next.by === 'hand' || (next.by === 'onLost' && !ended.killRequested) ? 0 : undefined;
}

/** Begins the next attempt, which waits in its queue, after `delay` ms where it is a retry. */
function reopen(state: JobState, next: Next, why: { readonly by?: string; readonly reason?: string }, at: Timestamp, delay = 0): Transition {
  const { key: _key, workerId, handle: _h, observation: _o, exitCode: _x, endedAt: _e, retryAt: _r, ...kept } = withoutReason(state);
  const { killRequested: _kill, ...unkilled } = kept;
  const byHand = next.by === 'hand';
  const change = byHand ? next.patch : undefined;
  const patch = change ? mergePatches(state.patch, change) : state.patch;
  const attempt = state.attempt + 1;
  const reason =
    next.by === 'policy'
      ? `retry ${attempt - state.series + 1} of ${next.retry.attempts}${delay > 0 ? ` in ${formatDuration(delay)}` : ''}`
      : (why.reason ?? (byHand ? 'rerun by hand' : 'rerun, because the attempt before was lost'));
  const opened: JobState = {
    ...(byHand ? unkilled : kept),
    attempt,
    ...(byHand && { series: attempt, seriesAt: at }),
    status: 'ACCEPTED',
    attemptStatus: 'ACCEPTED',
    reason,
    timings: [],
    outputs: {},
    entered: { CREATED: at, ACCEPTED: at },
    ...(delay > 0 && { retryAt: new Date(Date.parse(at) + delay).toISOString() }),
    ...(workerId !== undefined && { lastWorkerId: workerId }),
    ...(patch && { patch, attemptPatch: patch }),
  };
  return record(opened, at, {
    type: byHand ? 'rerun' : 'status',
    reason,
    ...(why.by !== undefined && { by: why.by }),
    ...(change && { patch: change }),
  });
}

function requestKill(state: JobState, { by, reason }: Extract<Happening, { type: 'kill' }>, at: Timestamp): Transition {
  if (isEnd(state.status)) return refuse(state);
  const why = reason !== undefined && { reason };
  return record({ ...state, killRequested: { at, by, confirmed: false, ...why } }, at, { type: 'kill-requested', by, ...why });
}

/** Moves the attempt and the job to `to`, if the table lets it. */
function enter(from: JobState, to: Status, at: Timestamp, next: JobState, set?: AttemptChange): Transition {
  if (!mayFollow(from.attemptStatus, to)) return refuse(from);
  const entered: JobState = { ...next, status: to, attemptStatus: to, entered: { ...from.entered, [to]: at } };
  const { code, blame } = to === 'UNKNOWN' ? entered : {};
  const told = record(entered, at, {
    type: 'status',
    ...(entered.reason !== undefined && { reason: entered.reason }),
    ...(code && { code }),
    ...(blame && { blame }),
    ...(set && Object.keys(set).length > 0 && { set }),
  });
  const shown = to === 'RUNNING' || to === 'UNKNOWN';
  return shown ? { ...told, effects: [...told.effects, { type: 'show', status: to }] } : told;
}

function record(
  state: JobState,
  at: Timestamp,
  event: Omit<JobEvent, 'seq' | 'at' | 'attempt' | 'status' | 'attemptStatus'>,
  release?: string,
): Transition {
  const told: JobState = { ...state, seq: state.seq + 1 };
  const full: JobEvent = { ...event, seq: told.seq, at, attempt: told.attempt, status: told.status, attemptStatus: told.attemptStatus };
  return { state: told, effects: [{ type: 'record', event: full, ...(release !== undefined && { release }) }] };
}

function observed(state: JobState): AttemptChange {
  return {
    ...(state.handle && { handle: state.handle }),
    ...(state.observation && { observation: state.observation }),
    ...(state.timings.length > 0 && { timings: state.timings }),
    ...(state.observation?.startedAt !== undefined && { startedAt: state.observation.startedAt }),
  };
}

function withoutReason(state: JobState): JobState {
  const { reason: _reason, code: _code, blame: _blame, ...rest } = state;
  return rest;
}

const worker = (workerId: string | undefined) => (workerId === undefined ? {} : { workerId });
const refuse = (state: JobState): Transition => ({ state, effects: [], refused: true });
