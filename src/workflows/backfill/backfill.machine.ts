// The rules of a backfill, pure: (state, what has happened) → state, and from a state what to do next. Which cycles there are, and what became
// of each, is in the store; what is decided here is when the next one begins, given what goes on, what has failed, a pause and a kill.
import type { BackfillAnswer, BackfillKill, BackfillQuestion, BackfillRef, BackfillStart, BackfillState, CycleKey } from '../../specs/backfill.ts';
import type { OpenCycle, ScheduleHold } from '../../specs/schedule-run.ts';

/** Most cycles that one answer tells of: some 25 bytes each in history. */
const MOST_TOLD = 200;
/** Most that begin in one activity, which has a timeout. */
const STARTS_AT_ONCE = 10;
/** It looks again after so long in any case. */
const LONGEST_SLEEP_MS = 24 * 3_600_000;
/** A start that fails for so long, while the store answers, is given up, so that what comes after it begins. */
const GIVE_UP_MS = 24 * 3_600_000;
/** Most ids of messages that are remembered. */
const MOST_IDS = 50;

/** Plain JSON: a continue-as-new takes it along. */
export interface Backfill {
  /** From the store; absent: not asked yet. */
  readonly settings?: { readonly parallelism: number; readonly failFast: boolean };
  /** What a person said; absent: nobody did, what the store has counts; null: resumed. */
  readonly hold?: ScheduleHold | null;
  readonly kill?: BackfillKill;
  /** Next in turn. */
  readonly waiting: readonly CycleKey[];
  /** There are more than these, or some whose turn comes with the end of others. */
  readonly more: boolean;
  /** Started and not known to have ended. */
  readonly open: readonly OpenCycle[];
  readonly failed: number;
  /** Those whose end was asked for. */
  readonly killed: readonly string[];
  /** The newest answer is older than something that has happened. */
  readonly stale: boolean;
  /** The first cycle could not be started since then; it is tried again. In milliseconds. */
  readonly trouble?: { readonly since: number; readonly failures: number; readonly until: number; readonly error: string };
  readonly appliedIds: readonly string[];
  /** Why there is nothing to do any more. */
  readonly over?: string;
}

export const newBackfill = (): Backfill => ({ waiting: [], more: false, open: [], failed: 0, killed: [], stale: true, appliedIds: [] });

/** What is to be done; one after the other, and what has come of it is told to the machine. */
export type BackfillStep =
  | { readonly do: 'ask'; readonly question: BackfillQuestion }
  | { readonly do: 'start'; readonly cycles: readonly CycleKey[]; readonly slots: number; readonly giveUp?: string }
  | { readonly do: 'kill'; readonly open: readonly OpenCycle[] }
  /** Until then, or until something happens. */
  | { readonly do: 'sleep'; readonly ms: number; readonly why: string }
  | { readonly do: 'end'; readonly state: BackfillState; readonly reason: string }
  /** It has ended, or was never there. */
  | { readonly do: 'leave'; readonly reason: string };

const isHeld = ({ hold }: Backfill): boolean => hold !== undefined && hold !== null;
const stopsEarly = ({ failed, settings }: Backfill): boolean => failed > 0 && settings?.failFast === true;

function question({ app, id }: BackfillRef, { hold, kill }: Backfill): BackfillQuestion {
  return { app, id, limit: MOST_TOLD, ...(hold !== undefined && { hold }), ...(kill !== undefined && { kill }) };
}

/** What comes next. `now` in milliseconds. */
export function next(ref: BackfillRef, state: Backfill, now: number): BackfillStep {
  if (state.over !== undefined) return { do: 'leave', reason: state.over };
  if (state.stale || state.settings === undefined) return { do: 'ask', question: question(ref, state) };
  const alive = state.kill?.runs === true ? state.open.filter(({ id }) => !state.killed.includes(id)) : [];
  if (alive.length > 0) return { do: 'kill', open: alive };
  const stopped = state.kill !== undefined || stopsEarly(state);
  if (stopped || (state.waiting.length === 0 && !state.more))
    return state.open.length === 0 ? end(state) : sleep(LONGEST_SLEEP_MS, `${state.open.length} still going on`);
  if (isHeld(state)) return sleep(LONGEST_SLEEP_MS, `paused${state.hold!.note === '' ? '' : `: ${state.hold!.note}`}`);
  return begin(state, state.settings.parallelism, now);
}

function begin({ waiting, open, trouble }: Backfill, parallelism: number, now: number): BackfillStep {
  if (waiting.length === 0) return sleep(LONGEST_SLEEP_MS, `${open.length} still going on, before the others have their turn`);
  const slots = Math.min(parallelism - open.length, STARTS_AT_ONCE);
  if (slots <= 0) return sleep(LONGEST_SLEEP_MS, `${open.length} of ${parallelism} going on; next ${waiting[0]}`);
  if (trouble !== undefined && trouble.until > now) return sleep(trouble.until - now, `${waiting[0]} cannot be started: ${trouble.error}`);
  if (trouble !== undefined && now - trouble.since > GIVE_UP_MS) return { do: 'start', cycles: waiting.slice(0, 1), slots: 1, giveUp: trouble.error };
  return { do: 'start', cycles: waiting, slots };
}

const sleep = (ms: number, why: string): BackfillStep => ({ do: 'sleep', ms: Math.min(ms, LONGEST_SLEEP_MS), why });

function end(state: Backfill): BackfillStep {
  const { kill, failed, waiting } = state;
  if (kill !== undefined) return { do: 'end', state: 'KILLED', reason: `killed by ${kill.by}${kill.reason === undefined ? '' : `: ${kill.reason}`}` };
  if (failed === 0) return { do: 'end', state: 'SUCCEED', reason: 'all its cycles have their job or run' };
  const words = failed === 1 ? '1 cycle did not succeed' : `${failed} cycles did not succeed`;
  return { do: 'end', state: 'FAILED', reason: waiting.length > 0 || state.more ? `${words}, and nothing more was started` : words };
}

/** What the answer changes. What a person said since it was asked holds. */
export function answered(state: Backfill, answer: BackfillAnswer): Backfill {
  if (answer.over) return { ...state, over: answer.reason };
  const { parallelism, failFast, open, failed, waiting, more } = answer;
  const hold = state.hold === undefined ? answer.hold : state.hold;
  const kill = state.kill ?? answer.kill;
  const ids = new Set(open.map(({ id }) => id));
  return {
    ...state,
    settings: { parallelism, failFast },
    open,
    failed,
    waiting,
    more,
    killed: state.killed.filter((id) => ids.has(id)),
    stale: false,
    ...(hold !== undefined && { hold }),
    ...(kill !== undefined && { kill }),
  };
}

/** What became of starts. */
export function started(state: Backfill, starts: readonly BackfillStart[]): Backfill {
  const done = new Set(starts.map(({ cycle }) => cycle));
  const { trouble: _trouble, ...rest } = state;
  const waiting = state.waiting.filter((cycle) => !done.has(cycle));
  return {
    ...rest,
    waiting,
    open: [...state.open, ...starts.flatMap((start) => ('id' in start ? [{ cycle: start.cycle, id: start.id }] : []))],
    failed: state.failed + starts.filter((start) => 'refused' in start).length,
    stale: state.stale || starts.length === 0 || (waiting.length === 0 && state.more),
  };
}

/** The first start has failed: it is tried again after 1 s, then twice that, at most 5 min. */
export function failed(state: Backfill, error: string, now: number): Backfill {
  const failures = (state.trouble?.failures ?? 0) + 1;
  const until = now + Math.min(300_000, 1_000 * 2 ** Math.min(failures - 1, 9));
  return { ...state, trouble: { since: state.trouble?.since ?? now, failures, until, error }, stale: true };
}

/** Their end was asked for. */
export const killed = (state: Backfill, open: readonly OpenCycle[]): Backfill => ({
  ...state,
  killed: [...state.killed, ...open.map(({ id }) => id)],
});

/** Something has happened outside: time has passed, a job or run has ended. */
export const woken = (state: Backfill): Backfill => ({ ...state, stale: true });

/** What a person may say. */
export type Word =
  { readonly to: 'pause'; readonly hold: ScheduleHold } | { readonly to: 'resume' } | { readonly to: 'kill'; readonly kill: BackfillKill };

/** A pause, a resume or a kill; one that came before, by its id, changes nothing. A second kill may ask for the runs, too. */
export function said(state: Backfill, word: Word, id?: string): Backfill {
  if (id !== undefined && state.appliedIds.includes(id)) return state;
  const appliedIds = id === undefined ? state.appliedIds : [...state.appliedIds, id].slice(-MOST_IDS);
  const now: Backfill = { ...state, appliedIds, stale: true };
  if (word.to === 'pause') return { ...now, hold: word.hold };
  if (word.to === 'resume') return { ...now, hold: null };
  return { ...now, kill: state.kill === undefined || word.kill.runs ? word.kill : state.kill };
}
