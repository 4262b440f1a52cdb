// P7 of backfills: each cycle of their range ran once, whichever of them has started it, and how it ended is what they tell.
import { groupBy } from './group.ts';
import { plannedBy } from './p7-cycles.ts';
import type { BackfillSeen, Evidence, Promised, ScheduleSeen, TruthLine } from './evidence.ts';

export const backfilledOnce: Promised = (evidence) =>
  evidence.schedules
    .filter(({ backfills }) => backfills !== undefined)
    .flatMap((schedule) =>
      [...schedule.backfills!.flatMap((backfill) => told(backfill, schedule)), ...ran(schedule, evidence)].map((message) => ({
        promise: 'P7' as const,
        job: schedule.name,
        message,
      })),
    );

/** Each cycle of the range once, with its end or a reason; and the end of the backfill follows from them. */
function told({ id, state, cycles }: BackfillSeen, schedule: ScheduleSeen): string[] {
  const by = groupBy(cycles, ({ cycle }) => cycle);
  const times = plannedBy(schedule).filter((cycle) => by.get(cycle)?.length !== 1);
  const open = cycles.filter(({ state: its, reason }) => its !== 'ENDED' && (its !== 'SKIPPED' || reason === undefined));
  const should = cycles.every(({ state: its, status }) => its !== 'ENDED' || status === 'SUCCEED') ? 'SUCCEED' : 'FAILED';
  return [
    ...times.map((cycle) => `backfill ${id} tells of cycle ${cycle} ${by.get(cycle)?.length ?? 0} times`),
    ...open.map(({ cycle, state: its, reason = '' }) => `backfill ${id} leaves cycle ${cycle} ${its} (${reason})`),
    ...(state === should ? [] : [`backfill ${id} is ${state}, by its cycles it should be ${should}`]),
  ];
}

/** By the payloads. */
function ran(schedule: ScheduleSeen, evidence: Evidence): string[] {
  const all = schedule.backfills!.flatMap(({ cycles }) => cycles);
  return plannedBy(schedule).flatMap((cycle) => {
    const ends = all.filter((one) => one.cycle === cycle && one.state === 'ENDED');
    if (ends.length === 0) return [`no backfill has run cycle ${cycle}`];
    const lines = payloadsOf(ends[0]!.job ?? ends[0]!.run, evidence);
    const starts = groupBy(
      lines.filter(({ event }) => event === 'start'),
      ({ job }) => job,
    );
    const exits = [...starts.keys()].map((job) => lines.find((line) => line.job === job && line.event === 'end')?.exit);
    const did = exits.every((exit) => exit === 0) ? 'SUCCEED' : 'FAILED';
    return [
      ...[...starts].filter(([, each]) => each.length > 1).map(([job, each]) => `cycle ${cycle} started ${job} ${each.length} times`),
      ...ends.filter(({ status }) => status !== did).map(({ status }) => `cycle ${cycle} is ${status}, its payloads exited ${exits.join(', ')}`),
    ];
  });
}

/** What the payloads of this job, or of the jobs of this run, have noted. */
function payloadsOf(id: string | undefined, { jobs, truth }: Evidence): TruthLine[] {
  const keys = new Set(jobs.filter(({ view }) => view.id === id || view.run === id).flatMap(({ view }) => view.attempts.map(({ key }) => key)));
  return truth.filter(({ key }) => keys.has(key));
}
