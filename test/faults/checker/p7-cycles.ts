// P7: each cycle of a schedule has exactly one job or run, or is SKIPPED for a reason that is told.
import { groupBy } from './group.ts';
import type { Evidence, Promised, ScheduleSeen } from './evidence.ts';

export const everyCycleOnce: Promised = (evidence) =>
  evidence.schedules.flatMap((schedule) =>
    [...gaps(schedule), ...undecided(schedule), ...matching(schedule, evidence)].map((message) => ({
      promise: 'P7' as const,
      job: schedule.name,
      message,
    })),
  );

const text = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The cycles between its first and last moment. */
export function plannedBy({ everyMs, from, until }: ScheduleSeen): string[] {
  const first = Math.floor(from / everyMs) * everyMs + everyMs;
  return Array.from({ length: Math.max(0, Math.floor((until - first) / everyMs) + 1) }, (_, i) => text(first + i * everyMs));
}

/** What it plans and what it has decided are the same. */
function gaps(schedule: ScheduleSeen): string[] {
  const { everyMs, cycles } = schedule;
  const decided = new Map([...groupBy(cycles, ({ cycle }) => cycle)].map(([cycle, all]) => [cycle, all.length]));
  const faults = plannedBy(schedule).flatMap((cycle) => (decided.has(cycle) ? [] : [`cycle ${cycle} was never decided`]));
  for (const [cycle, times] of decided) {
    if (times > 1) faults.push(`cycle ${cycle} is there ${times} times`);
    if (Date.parse(cycle) % everyMs !== 0) faults.push(`cycle ${cycle} was not planned`);
  }
  return faults;
}

const undecided = ({ cycles }: ScheduleSeen): string[] =>
  cycles.flatMap(({ cycle, state, code, reason, job, run }) => {
    if (state === 'STARTED') return job === undefined && run === undefined ? [`cycle ${cycle} was started, and nobody knows as what`] : [];
    if (state === 'SKIPPED') return code === undefined || reason === undefined ? [`cycle ${cycle} was skipped, and nothing says why`] : [];
    return [`cycle ${cycle} is ${state} (${reason ?? ''})`];
  });

/** Started cycles and the jobs or runs that stand for them, one by one. */
function matching({ name, cycles }: ScheduleSeen, { jobs, runs, truth }: Evidence): string[] {
  // Jobs of a run know its cycle, too, and do not stand for it.
  const standing = [...jobs.filter(({ view }) => view.run === undefined), ...runs].flatMap(({ view }) =>
    view.cycle && isOf(view, name) ? [{ id: view.id, cycle: view.cycle.at }] : [],
  );
  const byId = new Map(standing.map((one) => [one.id, one.cycle]));
  const faults = [...groupBy(standing, ({ cycle }) => cycle)]
    .filter(([, all]) => all.length > 1)
    .map(([cycle, all]) => `cycle ${cycle} has ${all.map(({ id }) => id).join(' and ')}`);
  for (const { cycle, state, job, run } of cycles) {
    const id = job ?? run;
    if (state === 'STARTED' && byId.get(id!) !== cycle)
      faults.push(`cycle ${cycle} was started as ${id}, which stands for ${byId.get(id!) ?? 'none'}`);
    if (state === 'SKIPPED' && standing.some((one) => one.cycle === cycle)) faults.push(`cycle ${cycle} was skipped, and has been run`);
  }
  const started = new Set(cycles.flatMap(({ state, cycle }) => (state === 'STARTED' ? [cycle] : [])));
  faults.push(...standing.filter(({ cycle }) => !started.has(cycle)).map(({ id, cycle }) => `${id} stands for cycle ${cycle}, which says otherwise`));
  // What ran, by the payloads: each payload of a cycle's job once.
  for (const [id, cycle] of byId) {
    const keys = new Set(jobs.filter(({ view }) => view.id === id || view.run === id).flatMap(({ view }) => view.attempts.map(({ key }) => key)));
    const starts = truth.filter((line) => line.event === 'start' && keys.has(line.key));
    if (starts.length === 0) faults.push(`cycle ${cycle} was started as ${id}, and no payload of it ran`);
  }
  return faults;
}

/** Both have the name of their schedule in the id of their workflow. */
const isOf = ({ workflowId }: { readonly workflowId: string }, name: string): boolean => new RegExp(`:${name}(?::|%40|@)`).test(workflowId);
