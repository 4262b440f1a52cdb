// What is due: every cycle since the last decided one, each decided once. The one place that says which cycles of a schedule are run.
import { formatInstant, formatWall, instantFrom, parseInstant } from '../specs/schedule-time.ts';
import { wallOf } from '../specs/schedule-zone.ts';
import type { DueCycle, DueCycles, DueQuestion, Instant, SkipCode } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { durationMs, formatDuration } from '../specs/units.ts';
import { dataDateOf } from './data-date.ts';
import { fireAt } from './jitter.ts';
import { plannedAfter, type Planned } from './planned.ts';

/** A cycle that is decided no later than this after its start is on time, whatever `misfire` says. */
const ON_TIME_MS = 60_000;
/** Most cycles in one answer, unless asked otherwise: some 250 KB of JSON. */
export const DUE_LIMIT = 500;

/** Where a new schedule begins: what to give as the first `lastDecided`. Cycles at or before it are not due. */
export function firstDecided(schedule: Schedule, savedAt: Instant): Instant {
  const saved = parseInstant(savedAt);
  const from = schedule.catchUpFrom === undefined ? saved : instantFrom(schedule.catchUpFrom, schedule.timezone) - 1_000;
  return formatInstant(Math.min(saved, from));
}

/** Pure: the same question has the same answer on every machine with the same time-zone data. */
export function dueCycles(question: DueQuestion): DueCycles {
  if (question.schedule.after !== undefined) return dueAfter(question);
  const { id, schedule, limit = DUE_LIMIT, settle = false } = question;
  const lastDecided = parseInstant(question.lastDecided);
  const now = parseInstant(question.now);
  const jitter = durationMs(schedule.jitter);
  const decide = judge(question, lastDecided, now, jitter);
  const cycles: DueCycle[] = [];
  const upcoming = plannedAfter(schedule, lastDecided);
  let next = upcoming.next();
  while (!next.done) {
    const planned = next.value;
    next = upcoming.next();
    const fires = planned.skip === undefined ? fireAt(id, planned.cycle, jitter, next.done ? undefined : next.value.cycle) : planned.cycle;
    if (settle ? planned.cycle > now : fires > now)
      return { cycles, decidedUntil: decidedBefore(planned.cycle, lastDecided, now), more: false, nextWakeAt: formatInstant(fires) };
    if (cycles.length === limit)
      return { cycles, decidedUntil: cycles.at(-1)!.cycle, more: true, nextWakeAt: formatInstant(Math.max(now, planned.cycle)) };
    cycles.push(decide(planned, fires));
  }
  return { cycles, decidedUntil: decidedBefore(Infinity, lastDecided, now), more: false };
}

/** Nothing is left undecided up to now, or up to the cycle that comes next where that is earlier (it waits for its jitter). Never goes back. */
const decidedBefore = (nextCycle: number, lastDecided: number, now: number): Instant =>
  formatInstant(Math.max(lastDecided, Math.min(now, nextCycle - 1_000)));

function decided(schedule: Schedule, { cycle, planned }: Planned, fires: number, skip?: { code: SkipCode; reason: string }): DueCycle {
  const known = { cycle: formatInstant(cycle), fireAt: formatInstant(fires), planned: formatWall(planned), dataDate: dataDateOf(schedule, planned) };
  return skip === undefined ? { ...known, decision: 'start' } : { ...known, decision: 'skip', ...skip };
}

/** The decision on a cycle that is due: planned skips, pause, then how late it is. */
function judge(question: DueQuestion, lastDecided: number, now: number, jitter: number): (planned: Planned, fires: number) => DueCycle {
  const { schedule } = question;
  const savedAt = question.savedAt === undefined ? -Infinity : parseInstant(question.savedAt);
  const judgedAt = question.judgedAt === undefined ? now : parseInstant(question.judgedAt);
  const window = schedule.misfireWindow === undefined ? Infinity : durationMs(schedule.misfireWindow);
  let latest: number | undefined;
  const skipOf = ({ cycle, skip }: Planned, fires: number): { code: SkipCode; reason: string } | undefined => {
    if (skip !== undefined) return skip;
    if (schedule.pause !== undefined) return { code: 'PAUSED', reason: schedule.pause.note === '' ? 'paused' : `paused: ${schedule.pause.note}` };
    const late = judgedAt - fires;
    if (cycle <= savedAt || late <= ON_TIME_MS) return undefined;
    const words = `decided ${formatDuration(late)} late`;
    if (schedule.misfire === 'none') return { code: 'LATE', reason: `${words}; misfire is none` };
    if (late > window) return { code: 'LATE', reason: `${words}; misfireWindow is ${schedule.misfireWindow}` };
    if (schedule.misfire === 'all') return undefined;
    latest ??= latestStart(question, lastDecided, now, judgedAt, jitter);
    return cycle === latest ? undefined : { code: 'SUPERSEDED', reason: `${words}; ${formatInstant(latest)} was due, too, and misfire is latest` };
  };
  return (planned, fires) => decided(schedule, planned, fires, skipOf(planned, fires));
}

/** The newest cycle due that is to be run. It looks from now backwards, twice as far each time, so that ten thousand missed cycles cost little. */
function latestStart({ id, schedule }: DueQuestion, lastDecided: number, now: number, judgedAt: number, jitter: number): number {
  for (let span = 60_000; ; span *= 2) {
    const from = Math.max(lastDecided, now - span);
    let latest: number | undefined;
    const upcoming = plannedAfter(schedule, from);
    for (let next = upcoming.next(); !next.done && next.value.cycle <= now;) {
      const { cycle, skip } = next.value;
      next = upcoming.next();
      if (skip === undefined && fireAt(id, cycle, jitter, next.done ? undefined : next.value.cycle) <= judgedAt) latest = cycle;
    }
    if (latest !== undefined) return latest;
    if (from === lastDecided) throw new Error('latestStart is asked only when a cycle is due');
  }
}

/** Fixed delay: the next cycle follows from the end of the last run, so that at most one is due, and none is ever missed. */
function dueAfter({ id, schedule, lastDecided, now, runs, settle = false }: DueQuestion): DueCycles {
  if (runs === undefined) throw new RangeError('a schedule with after needs the state of its runs');
  const decidedAt = parseInstant(lastDecided);
  const at = parseInstant(now);
  // Settled, what was not due is dropped, so that the next schedule begins now and not at the last cycle of this one.
  const decidedUntil = formatInstant(settle ? Math.max(at, decidedAt) : decidedAt);
  const none = { cycles: [], decidedUntil, more: false };
  if (runs.running || schedule.pause !== undefined) return none;
  const zone = schedule.timezone;
  const earliest = runs.lastEnd === undefined ? decidedAt : Math.ceil(parseInstant(runs.lastEnd) / 1_000) * 1_000 + durationMs(schedule.after!);
  const start = schedule.start === undefined ? 0 : instantFrom(schedule.start, zone);
  const cycle = Math.max(earliest, start, decidedAt + 1_000);
  if (schedule.end !== undefined && cycle > instantFrom(schedule.end, zone, 'last')) return none;
  const fires = fireAt(id, cycle, durationMs(schedule.jitter), undefined);
  if (fires > at) return { ...none, nextWakeAt: formatInstant(fires) };
  const planned = { cycle, planned: wallOf(zone, cycle) };
  return { cycles: [decided(schedule, planned, fires)], decidedUntil: settle ? decidedUntil : formatInstant(cycle), more: false };
}
