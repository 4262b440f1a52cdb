// Starts the jobs and runs of cycles, and asks for their ends, by the use cases that a caller would use.
import { crashPoint } from '../../crash-points.ts';
import type { CycleStart, OpenCycle, ScheduleRef, StartCycles, WaitingCycle } from '../../specs/schedule-run.ts';
import type { SchedulerDeps } from '../deps.ts';

type Deps = Pick<SchedulerDeps, 'store' | 'cycles' | 'logger'>;

/** The same cycle has the same job or run, so that a start whose answer was lost is done again without harm. */
export async function startCycles(deps: Deps, { cycles, giveUp, app, name, kind }: StartCycles): Promise<CycleStart[]> {
  const schedule = { app, name, kind };
  const done: CycleStart[] = [];
  for (const cycle of cycles) {
    try {
      done.push(await startOne(deps, schedule, cycle, giveUp));
    } catch (error) {
      if (done.length === 0) throw error;
      deps.logger.warn({ ...schedule, cycle: cycle.cycle, err: error }, 'a cycle cannot be started yet');
      break;
    }
  }
  return done;
}

async function startOne({ store, cycles }: Deps, schedule: ScheduleRef, cycle: WaitingCycle, giveUp: string | undefined): Promise<CycleStart> {
  const [row] = await store.schedules.cyclesAt(schedule.app, schedule.name, [cycle.cycle]);
  // By hand, or by a try whose answer was lost.
  if (row?.state === 'STARTED') return { cycle: cycle.cycle, id: row.id! };
  if (row?.state === 'SKIPPED') return { cycle: cycle.cycle, refused: row.reason ?? 'skipped' };
  crashPoint('cycles.before-start');
  const start = giveUp === undefined ? await cycles.start(schedule, cycle) : { cycle: cycle.cycle, refused: giveUp };
  crashPoint('cycles.after-start');
  await store.schedules.started(schedule, cycle, start, new Date().toISOString());
  return start;
}

/** `overlap: replace`: durable when it returns; the ends come later. */
export async function replaceCycles(
  { cycles }: Deps,
  { open, cycle, app, name, kind }: ScheduleRef & { readonly open: readonly OpenCycle[]; readonly cycle: string },
): Promise<void> {
  for (const { id } of open) await cycles.kill({ app, name, kind }, id, cycle);
}

/** Whether it has ended: not when its definition was saved anew meanwhile. */
export async function endSchedule({ store }: Deps, { app, name, kind, reason }: ScheduleRef & { readonly reason: string }): Promise<boolean> {
  const definition = await store.definitions.get(kind, app, name);
  if (definition?.spec['schedule'] !== undefined) return false;
  await store.schedules.removed({ app, name }, new Date().toISOString(), reason);
  return true;
}
