// What is due of a schedule that was edited meanwhile: each version decides what it means up to the edit, the next one what comes after.
import { digestOf } from '../specs/canonical.ts';
import { formatInstant, parseInstant } from '../specs/schedule-time.ts';
import type { DueCycle, DueQuestion, Instant } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { DUE_LIMIT, dueCycles } from './due.ts';

/** A version of a definition and the schedule in it, from the instant at which it was saved. */
export interface ScheduleVersion {
  readonly version: number;
  readonly since: Instant;
  readonly schedule: Schedule;
}

/** A cycle with the version that planned it, and in which zone. */
export type VersionedCycle = DueCycle & { readonly zone: string; readonly version: number };

export interface VersionsQuestion extends Omit<DueQuestion, 'schedule' | 'judgedAt'> {
  /** Oldest first, at least one. The first is the one by which cycles up to `lastDecided` were decided. */
  readonly versions: readonly ScheduleVersion[];
}

export interface VersionsAnswer {
  readonly cycles: readonly VersionedCycle[];
  readonly decidedUntil: Instant;
  readonly more: boolean;
  readonly nextWakeAt?: Instant;
  /** The version that now holds: the last one, unless the limit was reached before. */
  readonly version: number;
}

/** Pure, as dueCycles: every cycle since the last decided one, each decided once and by the version that held at its instant. */
export function dueOverVersions({ versions, limit = DUE_LIMIT, ...question }: VersionsQuestion): VersionsAnswer {
  const cycles: VersionedCycle[] = [];
  const now = parseInstant(question.now);
  let lastDecided = question.lastDecided;
  for (const [at, { version, schedule }] of versions.entries()) {
    const next = versions[at + 1];
    // Not yet: the clock that saved it is ahead of the one that asks.
    const edited = next !== undefined && parseInstant(next.since) <= now;
    if (edited && digestOf(next.schedule) === digestOf(schedule)) continue;
    const until = edited ? { now: next.since, judgedAt: question.now, settle: true } : {};
    const left = limit - cycles.length;
    if (left === 0) return { cycles, decidedUntil: lastDecided, more: true, version };
    const answer = dueCycles({ ...question, ...until, schedule, lastDecided, limit: left });
    cycles.push(...answer.cycles.map((cycle) => ({ ...cycle, zone: schedule.timezone, version })));
    lastDecided = answer.decidedUntil;
    if (answer.more || !edited)
      return {
        cycles,
        decidedUntil: lastDecided,
        more: answer.more,
        version,
        ...(answer.nextWakeAt !== undefined && { nextWakeAt: answer.nextWakeAt }),
      };
    // Up to the edit all is decided; of its second as a whole, because cycles are whole seconds.
    lastDecided = formatInstant(Math.max(parseInstant(lastDecided), parseInstant(next.since)));
  }
  throw new RangeError('there is no version of the schedule');
}

/** The same answer with at most `most` cycles that are to be started: the rest is to be asked for again. */
export function withAtMost(answer: VersionsAnswer, most: number, lastDecided: Instant): VersionsAnswer {
  let starts = 0;
  const at = answer.cycles.findIndex(({ decision }) => decision === 'start' && ++starts > most);
  if (at === -1) return answer;
  const cycles = answer.cycles.slice(0, at);
  return { cycles, decidedUntil: cycles.at(-1)?.cycle ?? lastDecided, more: true, version: answer.cycles[at]!.version };
}
