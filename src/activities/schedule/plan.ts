// Which versions of a definition say what is due: from the one by which the last cycle was decided to the newest.
import { formatInstant, parseInstant } from '../../specs/schedule-time.ts';
import { firstDecided } from '../../schedules/due.ts';
import type { ScheduleVersion } from '../../schedules/versions.ts';
import type { Instant } from '../../specs/schedule.ts';
import type { Schedule } from '../../specs/schedule.schema.ts';
import type { CyclesQuestion } from '../../specs/schedule-run.ts';
import type { Definition, Store } from '../../store/contract.ts';
import type { ScheduleRow } from '../../store/schedules-contract.ts';

/** Most edits that are gone through one by one; of more, the oldest count as none. */
const MOST_VERSIONS = 100;

/** From where the schedule goes on, or why nobody wants it any more. */
export type Plan =
  | { readonly over: string }
  | {
      readonly versions: readonly ScheduleVersion[];
      readonly lastDecided: Instant;
      readonly savedAt: Instant;
      /** Nothing was decided yet, or nothing is known of it: what waits in the store was not told of. */
      readonly anew: boolean;
    };

const scheduleOf = ({ spec }: Definition): Schedule | undefined => spec['schedule'] as unknown as Schedule | undefined;
const versionOf = (definition: Definition, schedule: Schedule): ScheduleVersion => ({
  version: definition.version,
  since: definition.createdAt,
  schedule,
});

/** Reads them. `row` is the schedule's, where it has one. */
export async function planOf({ definitions }: Pick<Store, 'definitions'>, question: CyclesQuestion, row: ScheduleRow | undefined): Promise<Plan> {
  const { app, name, kind } = question;
  const newest = await definitions.get(kind, app, name);
  if (newest === undefined) return { over: `${kind} ${name} was removed` };
  const schedule = scheduleOf(newest);
  if (schedule === undefined) return { over: `version ${newest.version} of ${kind} ${name} has no schedule` };
  // A row without a version is that of a schedule that begins anew, whatever a workflow remembers of the one before it.
  const known = row === undefined ? question.version : row.endedAt === undefined && row.version > 0 ? Math.max(row.version, question.version) : 0;
  const begins = row?.endedAt ?? row?.since ?? '';
  const versions: ScheduleVersion[] = [versionOf(newest, schedule)];
  for (let number = newest.version - 1; number >= Math.max(known, 1) && versions.length < MOST_VERSIONS; number--) {
    const before = await definitions.get(kind, app, name, number);
    const its = before && scheduleOf(before);
    if (before === undefined || its === undefined || (known === 0 && before.createdAt < begins)) break;
    versions.unshift(versionOf(before, its));
  }
  if (known === 0) {
    const [{ schedule: first, since }] = versions as [ScheduleVersion];
    const savedAt = formatInstant(parseInstant(since));
    return { versions, savedAt, lastDecided: firstDecided(first, since), anew: true };
  }
  const lastDecided = latest(row?.decidedUntil, question.decidedUntil) ?? formatInstant(parseInstant(newest.createdAt));
  return { versions, lastDecided, savedAt: question.savedAt ?? row?.savedAt ?? lastDecided, anew: question.decidedUntil === undefined };
}

/** Instants to the second compare as text. */
const latest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined => (a === undefined || (b !== undefined && b > a) ? b : a);
