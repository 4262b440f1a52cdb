// Starts the job or run of a cycle. The cycle is its identity: whoever starts it, and however often, it is the same job or run.
import { runCycle } from '../schedules/cycle.ts';
import { ERRORS, LongshoreError, hasCode, type ErrorCode } from '../specs/errors.ts';
import type { JobMemo } from '../specs/execution.ts';
import { jobWorkflowId } from '../specs/identity.ts';
import type { RunCycle } from '../specs/run.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { cycleRequestId, type CycleStart, type ScheduleRef, type WaitingCycle } from '../specs/schedule-run.ts';
import { createJob } from './create-job.ts';
import { createRun } from './create-run.ts';
import type { Caller, Deps } from './deps.ts';
import { killJob } from './kill-job.ts';
import { killRun } from './kill-run.ts';
import type { Params } from './run-views.ts';
import { ask } from './temporal.ts';

/** Who acts when nobody does: the app, with what that is granted. No token has a colon in its name. */
export const ownCaller = (app: string, what: 'schedule' | 'backfill', name: string): Caller => ({
  token: { id: what, name: `${what}:${name}`, app, role: 'editor', createdAt: '', createdBy: 'longshore' },
  app,
  role: 'editor',
});

/** The schedule of a definition as it now is. NOT_FOUND. */
export async function scheduleOf(deps: Pick<Deps, 'store'>, { app, name, kind }: ScheduleRef): Promise<Schedule> {
  const definition = await deps.store.definitions.get(kind, app, name);
  const schedule = definition?.spec['schedule'];
  if (schedule === undefined) throw new LongshoreError('NOT_FOUND', `${kind} "${name}" of app "${app}" has no schedule.`);
  return schedule as unknown as Schedule;
}

/** The id of its job or run, new or there before. `params` are those of a new run. Throws what createJob and createRun throw. */
export async function startCycle(
  deps: Deps,
  caller: Caller,
  schedule: ScheduleRef,
  cycle: Omit<WaitingCycle, 'fireAt'>,
  params?: Params,
): Promise<string> {
  const told = runCycle(await scheduleOf(deps, schedule), cycle);
  return schedule.kind === 'Job' ? await startJobOf(deps, caller, schedule, told) : await startRunOf(deps, caller, schedule, told, params);
}

async function startJobOf(deps: Deps, caller: Caller, { app, name }: ScheduleRef, cycle: RunCycle): Promise<string> {
  const requestId = cycleRequestId(name, cycle.at);
  try {
    return (await createJob(deps, caller, { ref: name, requestId, cycle })).id;
  } catch (error) {
    if (!hasCode(error, 'REQUEST_ID_CONFLICT')) throw error;
    // The definition was edited since it started: it is the same cycle all the same.
    const workflowId = jobWorkflowId(app, '', requestId);
    const row = await deps.store.executions.byWorkflowId(workflowId);
    if (row !== undefined) return row.jobId;
    const { memo } = await ask(deps.temporal, () => deps.temporal.workflow.getHandle(workflowId).describe());
    return (memo as unknown as JobMemo).jobId;
  }
}

async function startRunOf(deps: Deps, caller: Caller, { app, name }: ScheduleRef, cycle: RunCycle, params?: Params): Promise<string> {
  try {
    return (await createRun(deps, caller, { ref: name, cycle, params })).id;
  } catch (error) {
    if (!hasCode(error, 'CONFLICT') && !hasCode(error, 'REQUEST_ID_CONFLICT')) throw error;
    // By hand, with other parameters, or before an edit: it is the same cycle all the same.
    const [run] = await deps.store.runs.ofCycles(app, name, [cycle.at]);
    if (run === undefined) throw error;
    return run.runId;
  }
}

/** Whether the same start may succeed later without anybody's doing. */
export function mayPass(error: unknown): boolean {
  const code = (error as { code?: ErrorCode } | undefined)?.code;
  return code === undefined || !(code in ERRORS) || ERRORS[code].retryable || code === 'TEMPORAL_REFUSED';
}

/** The answer of a start that can never be. */
export const refusalOf = (error: unknown): string => `${(error as { code: string }).code}: ${(error as Error).message}`;

/** For the scheduler: a start that can never be is an answer, what may pass is thrown. */
export async function startForSchedule(deps: Deps, schedule: ScheduleRef, cycle: WaitingCycle): Promise<CycleStart> {
  try {
    return { cycle: cycle.cycle, id: await startCycle(deps, ownCaller(schedule.app, 'schedule', schedule.name), schedule, cycle) };
  } catch (error) {
    if (mayPass(error)) throw error;
    return { cycle: cycle.cycle, refused: refusalOf(error) };
  }
}

/** `overlap: replace`. A kill that comes again, or after the end, does nothing. */
export async function killForSchedule(deps: Deps, schedule: ScheduleRef, id: string, cycle: string): Promise<void> {
  const message = { id: `replace:${cycle}`, reason: `replaced by cycle ${cycle}` };
  try {
    if (schedule.kind === 'Job') await killJob(deps, ownCaller(schedule.app, 'schedule', schedule.name), { jobId: id, ...message });
    else await killRun(deps, ownCaller(schedule.app, 'schedule', schedule.name), { runId: id, ...message });
  } catch (error) {
    // It is gone, or nobody can kill it any more: whether it has ended is what counts.
    if (mayPass(error)) throw error;
    deps.logger.warn({ err: error, ...schedule, id }, 'what a cycle replaces cannot be killed');
  }
}
