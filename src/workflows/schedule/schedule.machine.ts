// The rules of a schedule, pure: (state, what has happened) → state, and from a state what to do next. The planning of cycles is asked
// for; what is decided here is when a cycle that is due begins, given what goes on, and what a pause, an edit or a removal changes.
import type {
  CyclesAnswer,
  CyclesQuestion,
  CycleStart,
  DroppedCycle,
  OpenCycle,
  ScheduleHold,
  ScheduleRef,
  SwitchMessage,
  WaitingCycle,
} from '../../specs/schedule-run.ts';
import type { Instant } from '../../specs/schedule.ts';

/** Most cycles that wait to be started; what is due beyond is decided when one of them has begun. */
export const MOST_WAITING = 200;
/** Most cycles of one answer: those that are skipped cost no history, those that are to be started some 150 bytes each. */
const MOST_DECIDED = 500;
/** Most starts in one activity. */
const STARTS_AT_ONCE = 20;
/** Most ids of messages that are remembered. */
const MOST_IDS = 50;
/** It looks again after so long in any case: time-zone data may have changed. */
const LONGEST_SLEEP_MS = 24 * 3_600_000;
/** A start that fails for so long, while the store answers, is given up, so that what comes after it begins. */
const GIVE_UP_MS = 24 * 3_600_000;

/** A pause or resume that came and was not carried out yet. */
export type Switch = { readonly to: 'pause'; readonly hold: ScheduleHold } | { readonly to: 'resume' };

/** Plain JSON: a continue-as-new takes it along. */
export interface ScheduleState {
  readonly version: number;
  readonly decidedUntil?: Instant;
  readonly savedAt?: Instant;
  readonly nextWakeAt?: Instant;
  /** There is more to decide than one answer holds. */
  readonly more: boolean;
  /** When that backlog was first asked for. */
  readonly asOf?: Instant;
  readonly overlap: 'allow' | 'skip' | 'wait' | 'replace';
  readonly after: boolean;
  /** Paused by its document. */
  readonly paused: boolean;
  /** Paused by hand. */
  readonly hold?: ScheduleHold;
  /** Due, to be started, and not begun: oldest first. */
  readonly waiting: readonly WaitingCycle[];
  /** Started and not known to have ended. */
  readonly open: readonly OpenCycle[];
  /** Those whose end was asked for, to be replaced. */
  readonly replaced: readonly string[];
  /** To be told with the next question. */
  readonly dropped: readonly DroppedCycle[];
  /** The store knows that it waits for ends. */
  readonly awaits: boolean;
  /** The newest answer is older than something that has happened. */
  readonly stale: boolean;
  readonly switches: readonly Switch[];
  /** The first cycle could not be started since then; it is tried again. In milliseconds. */
  readonly trouble?: { readonly since: number; readonly failures: number; readonly until: number; readonly error: string };
  readonly appliedIds: readonly string[];
  /** Why it has ended. */
  readonly over?: string;
}

export const newState = (): ScheduleState => ({
  version: 0,
  more: false,
  overlap: 'wait',
  after: false,
  paused: false,
  waiting: [],
  open: [],
  replaced: [],
  dropped: [],
  awaits: false,
  stale: true,
  switches: [],
  appliedIds: [],
});

/** What is to be done; one after the other, and what has come of it is told to the machine. */
export type Step =
  | { readonly do: 'ask'; readonly question: CyclesQuestion }
  /** `giveUp`: it was tried for long; write that, and why. */
  | { readonly do: 'start'; readonly cycles: readonly WaitingCycle[]; readonly giveUp?: string }
  | { readonly do: 'replace'; readonly open: readonly OpenCycle[]; readonly cycle: Instant }
  /** Until then, or until something happens. */
  | { readonly do: 'sleep'; readonly ms: number; readonly why: string }
  | { readonly do: 'end'; readonly reason: string };

const isHeld = (state: ScheduleState): boolean => state.paused || state.hold !== undefined;
const isDue = (cycle: WaitingCycle, now: number): boolean => Date.parse(cycle.fireAt) <= now;

/** Whether an end is what it waits for. */
function awaits({ after, open, waiting, overlap }: ScheduleState): boolean {
  if (open.length === 0) return false;
  return after || (waiting.length > 0 && (overlap === 'wait' || overlap === 'replace'));
}

/** How many more may be started: none while the queue is full. While it is paused all is only skipped. */
const room = (state: ScheduleState): number => (isHeld(state) ? MOST_DECIDED : Math.max(0, MOST_WAITING - state.waiting.length));

function question(schedule: ScheduleRef, state: ScheduleState, now: number): CyclesQuestion {
  const { version, decidedUntil, savedAt, asOf, hold, dropped, switches } = state;
  return {
    app: schedule.app,
    name: schedule.name,
    kind: schedule.kind,
    version,
    now: new Date(now).toISOString(),
    limit: MOST_DECIDED,
    room: room(state),
    settle: switches.length > 0,
    dropped,
    awaits: awaits(state),
    ...(decidedUntil !== undefined && { decidedUntil }),
    ...(savedAt !== undefined && { savedAt }),
    ...(asOf !== undefined && { asOf }),
    ...(hold !== undefined && { hold }),
  };
}

/** What comes next. `now` in milliseconds. */
export function next(schedule: ScheduleRef, state: ScheduleState, now: number): Step {
  if (state.over !== undefined) return { do: 'end', reason: state.over };
  const ask: Step = { do: 'ask', question: question(schedule, state, now) };
  if (state.stale || state.dropped.length > 0) return ask;
  const step = begin(state, now);
  if (step !== undefined) return step;
  if (state.switches.length > 0 || (state.more && room(state) > 0)) return ask;
  if (awaits(state) && !state.awaits) return ask;
  return sleep(state, now);
}

/** The first cycle that may begin now, or what makes place for it. */
function begin(state: ScheduleState, now: number): Step | undefined {
  const due = isHeld(state) ? [] : state.waiting.filter((cycle) => isDue(cycle, now));
  const [first] = due;
  if (first === undefined || (state.trouble !== undefined && state.trouble.until > now)) return undefined;
  if (state.trouble !== undefined && now - state.trouble.since > GIVE_UP_MS) return { do: 'start', cycles: [first], giveUp: state.trouble.error };
  if (state.overlap === 'allow') return { do: 'start', cycles: due.slice(0, STARTS_AT_ONCE) };
  if (state.open.length === 0) return { do: 'start', cycles: [first] };
  const alive = state.open.filter(({ id }) => !state.replaced.includes(id));
  if (state.overlap === 'replace' && alive.length > 0) return { do: 'replace', open: alive, cycle: first.cycle };
  return undefined;
}

function sleep(state: ScheduleState, now: number): Step {
  const held = isHeld(state);
  const [head] = held ? [] : state.waiting;
  const jitter = head !== undefined && !isDue(head, now) ? [Date.parse(head.fireAt)] : [];
  const due = state.nextWakeAt !== undefined && room(state) > 0 ? [Date.parse(state.nextWakeAt)] : [];
  const again = held || state.trouble === undefined ? [] : [state.trouble.until];
  const at = Math.min(...jitter, ...due, ...again, now + LONGEST_SLEEP_MS);
  return { do: 'sleep', ms: Math.max(0, at - now), why: words(state, held) };
}

function words({ waiting, open, after, nextWakeAt, hold }: ScheduleState, held: boolean): string {
  const paused = held ? `paused${hold === undefined || hold.note === '' ? '' : `: ${hold.note}`}; ` : '';
  const queue = waiting.length === 0 ? '' : `${waiting.length} waiting, first ${waiting[0]!.cycle}; `;
  const ends = open.length > 0 && (after || waiting.length > 0) ? 'the next one begins after an end' : 'no further cycle is known';
  return `${paused}${queue}${nextWakeAt === undefined ? ends : `next ${nextWakeAt}`}`;
}

/** What the answer changes; a pause or resume that came before the question holds from now on. */
export function answered(state: ScheduleState, asked: CyclesQuestion, answer: CyclesAnswer): ScheduleState {
  if (answer.over) return { ...state, over: answer.reason };
  const { version, savedAt, decidedUntil, more, nextWakeAt, overlap, after, paused, open, hold } = answer;
  const known = new Set(state.waiting.map(({ cycle }) => cycle));
  const ids = new Set(open.map(({ id }) => id));
  const { asOf: _asOf, nextWakeAt: _nextWakeAt, hold: _hold, ...rest } = state;
  const told: ScheduleState = {
    ...rest,
    version,
    savedAt,
    decidedUntil,
    more,
    overlap,
    after,
    paused,
    open,
    replaced: state.replaced.filter((id) => ids.has(id)),
    waiting: [...state.waiting, ...answer.starts.filter(({ cycle }) => !known.has(cycle))],
    dropped: state.dropped.slice(asked.dropped.length),
    awaits: asked.awaits,
    stale: false,
    ...(nextWakeAt !== undefined && { nextWakeAt }),
    ...(hold !== undefined && { hold }),
    ...(more && { asOf: asked.asOf ?? asked.now }),
  };
  const now = Date.parse(asked.now);
  const fair = judged(told, now);
  return asked.settle ? switched(fair, now) : fair;
}

/**
 * Carries out the first pause or resume. A pause lets begin what can begin, and does not wait for a backlog: what of that is undecided is then
 * decided as paused. A resume waits until all of the pause is decided.
 */
function switched(state: ScheduleState, now: number): ScheduleState {
  const [first, ...switches] = state.switches;
  if (first === undefined) return state;
  if (first.to === 'pause') return begin(state, now)?.do === 'start' ? state : { ...state, switches, hold: first.hold, stale: true };
  if (state.hold !== undefined && state.more) return state;
  const { hold: _hold, ...rest } = state;
  return { ...rest, switches, stale: true };
}

/** Overlaps: cycles that are not run because of what goes on, or because a newer one replaces them. */
function judged(state: ScheduleState, now: number): ScheduleState {
  const due = isHeld(state) ? [] : state.waiting.filter((cycle) => isDue(cycle, now));
  const [going] = state.open;
  if (due.length === 0) return state;
  if (state.overlap === 'skip') {
    // The first of them begins, the others find it going on.
    const skipped = going === undefined ? due.slice(1) : due;
    const by = going?.cycle ?? due[0]!.cycle;
    return dropping(state, skipped, `the run of ${by} was going on, and overlap is skip`);
  }
  if (state.overlap === 'replace') {
    const newest = due.at(-1)!;
    return dropping(state, due.slice(0, -1), `replaced by ${newest.cycle} before it had begun; overlap is replace`);
  }
  return state;
}

function dropping(state: ScheduleState, cycles: readonly WaitingCycle[], reason: string): ScheduleState {
  if (cycles.length === 0) return state;
  const gone = new Set(cycles.map(({ cycle }) => cycle));
  return {
    ...state,
    waiting: state.waiting.filter(({ cycle }) => !gone.has(cycle)),
    dropped: [...state.dropped, ...cycles.map(({ cycle }): DroppedCycle => ({ cycle, code: 'OVERLAP', reason }))],
  };
}

/** What became of starts. */
export function started(state: ScheduleState, starts: readonly CycleStart[]): ScheduleState {
  const done = new Set(starts.map(({ cycle }) => cycle));
  const begun = starts.flatMap((start) => ('id' in start ? [{ cycle: start.cycle, id: start.id }] : []));
  const { trouble: _trouble, ...rest } = state;
  return {
    ...rest,
    waiting: state.waiting.filter(({ cycle }) => !done.has(cycle)),
    open: [...state.open, ...begun],
    // With `after` the next cycle follows from the end of this one; else what is known still holds.
    stale: state.after || state.switches.length > 0,
  };
}

/** The first start, or what makes place for it, has failed: it is tried again after 1 s, then twice that, at most 5 min. */
export function failed(state: ScheduleState, error: string, now: number): ScheduleState {
  const failures = (state.trouble?.failures ?? 0) + 1;
  const until = now + Math.min(300_000, 1_000 * 2 ** Math.min(failures - 1, 9));
  return { ...state, trouble: { since: state.trouble?.since ?? now, failures, until, error }, stale: true };
}

/** Their end was asked for. */
export const replaced = (state: ScheduleState, open: readonly OpenCycle[]): ScheduleState => ({
  ...state,
  replaced: [...state.replaced, ...open.map(({ id }) => id)],
});

/** Something has happened outside: time has passed, a definition was saved, a run has ended. */
export const woken = (state: ScheduleState): ScheduleState => ({ ...state, stale: true });

/** A pause or resume; one that came before, by its id, changes nothing. */
export function message(state: ScheduleState, to: Switch['to'], { id, by, note }: SwitchMessage, now: number): ScheduleState {
  if (id !== undefined && state.appliedIds.includes(id)) return state;
  const one: Switch = to === 'resume' ? { to } : { to, hold: { note: note ?? '', by: by ?? 'unknown', at: new Date(now).toISOString() } };
  const appliedIds = id === undefined ? state.appliedIds : [...state.appliedIds, id].slice(-MOST_IDS);
  return { ...state, switches: [...state.switches, one], appliedIds, stale: true };
}
