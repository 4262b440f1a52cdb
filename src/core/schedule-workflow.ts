// The workflow of a schedule: started, woken and spoken to. It is there as long as its definition has a schedule.
import { LongshoreError } from '../specs/errors.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { SCHEDULE_SIGNALS, scheduleStart, type ScheduledKind, type ScheduleRef, type SwitchMessage } from '../specs/schedule-run.ts';
import type { Definition } from '../store/contract.ts';
import type { Deps } from './deps.ts';
import { ask } from './temporal.ts';

type Parts = Pick<Deps, 'temporal' | 'store' | 'logger'>;

/** Sends it a signal; one that is not there is started by it, and takes up where the store says. */
export async function signalSchedule(
  { temporal }: Pick<Deps, 'temporal'>,
  schedule: ScheduleRef,
  signal: keyof typeof SCHEDULE_SIGNALS,
  message: SwitchMessage = {},
): Promise<void> {
  await ask(temporal, () =>
    temporal.workflow.signalWithStart(WORKFLOW_TYPES.schedule, {
      ...scheduleStart(schedule),
      signal: SCHEDULE_SIGNALS[signal],
      signalArgs: [message],
    }),
  );
}

const hasSchedule = (definition: Pick<Definition, 'spec'> | undefined): boolean => definition?.spec['schedule'] !== undefined;

/** The definition is of a kind that may have a schedule. */
export const isScheduled = (kind: string): kind is ScheduledKind => kind === 'Job' || kind === 'Dag';

/**
 * After a definition was stored, or removed (`after` absent): its schedule is begun, looks again, or ends. What is stored is stored: where
 * Temporal is away, the scheduler's own look at all definitions brings the schedule to it within a minute.
 */
export async function reflectSchedule(
  deps: Parts,
  schedule: ScheduleRef,
  before: Definition | undefined,
  after: Definition | undefined,
): Promise<void> {
  if (!hasSchedule(before) && !hasSchedule(after)) return;
  const { app, name } = schedule;
  if (hasSchedule(after)) await deps.store.schedules.saved(schedule, after!.createdAt);
  else
    await deps.store.schedules.removed(
      { app, name },
      new Date().toISOString(),
      after === undefined ? 'its definition was removed' : 'its schedule was removed',
    );
  try {
    await signalSchedule(deps, schedule, 'wake');
  } catch (error) {
    deps.logger.warn({ err: error, app, schedule: name }, 'a schedule could not be told of its definition; the scheduler will');
  }
}

/** A schedule is known by its name, so that a job and a DAG of one name cannot both have one. CONFLICT. */
export async function requireOneSchedule({ store }: Parts, { app, name, kind }: ScheduleRef, spec: unknown): Promise<void> {
  if (!hasSchedule({ spec: spec as Definition['spec'] })) return;
  const other = kind === 'Job' ? 'Dag' : 'Job';
  if (hasSchedule(await store.definitions.get(other, app, name)))
    throw new LongshoreError(
      'CONFLICT',
      `${other} "${name}" has a schedule already, and schedules are known by their names: give this ${kind} another name.`,
    );
}
