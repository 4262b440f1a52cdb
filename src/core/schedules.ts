// Schedules as callers see and steer them. Another app's schedule does not exist for the caller.
import { randomUUID } from 'node:crypto';
import { describeSchedule } from '../schedules/describe.ts';
import { cycleAt } from '../schedules/cycle.ts';
import { nextFires } from '../schedules/next-fires.ts';
import { LongshoreError } from '../specs/errors.ts';
import { didYouMean } from '../specs/near.ts';
import { formatInstant, parseInstant } from '../specs/schedule-time.ts';
import type { Instant } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { scheduleWorkflowId, type ScheduleRef } from '../specs/schedule-run.ts';
import type { CycleView, SchedulePreview, ScheduleSummary, ScheduleView } from '../specs/schedule-views.schema.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { CycleRow, CycleState, ScheduleRow } from '../store/schedules-contract.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { signalSchedule } from './schedule-workflow.ts';
import { scheduleOf, startCycle } from './start-cycle.ts';

/** Cycles shown with a schedule. */
const RECENT = 10;
/** A schedule that should have looked so long ago is late. */
const LATE_MS = 60_000;
/** Longest wait for an effect. */
const PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 50;

const now = (): Instant => formatInstant(Date.now());

/** The row of a schedule of the caller's app; NOT_FOUND else. */
async function ownSchedule(deps: Deps, caller: Caller, name: string): Promise<ScheduleRow> {
  const row = await deps.store.schedules.schedule(caller.app, name);
  if (row !== undefined && row.endedAt === undefined) return row;
  const others = await deps.store.schedules.schedules(caller.app, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((other) => other.name),
  );
  throw new LongshoreError('NOT_FOUND', `App "${caller.app}" has no schedule "${name}"${near}.`);
}

function summary(row: ScheduleRow, schedule: Schedule): ScheduleSummary {
  const { app, name, kind, version, nextWakeAt, decidedUntil, hold } = row;
  const paused = hold ?? schedule.pause;
  const late =
    nextWakeAt === undefined ? version === 0 && Date.now() - Date.parse(row.updatedAt) > LATE_MS : Date.now() - Date.parse(nextWakeAt) > LATE_MS;
  const over = version > 0 && nextWakeAt === undefined && schedule.after === undefined && nextFires(schedule, now(), 1).length === 0;
  const state = late ? 'late' : over ? 'over' : paused === undefined ? 'active' : 'paused';
  return { app, name, kind, version, state, words: describeSchedule(schedule), paused: paused && { ...paused }, next: nextWakeAt, decidedUntil };
}

function cycleView({ kind, id, ...row }: CycleRow): CycleView {
  return { ...row, ...(id !== undefined && (kind === 'Job' ? { job: id } : { run: id })) };
}

export async function listSchedules(
  deps: Deps,
  caller: Caller,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ items: ScheduleSummary[]; next?: string }> {
  const rows = await deps.store.schedules.schedules(caller.app, { limit, ...(cursor !== undefined && { after: { app: caller.app, name: cursor } }) });
  const items = await Promise.all(
    rows.map(async (row) =>
      scheduleOf(deps, row).then(
        (schedule) => summary(row, schedule),
        () => undefined,
      ),
    ),
  );
  // A definition that was removed a moment ago.
  return { items: items.filter((item) => item !== undefined), ...(rows.length === limit && { next: rows.at(-1)!.name }) };
}

export async function getSchedule(
  deps: Deps,
  caller: Caller,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<ScheduleView> {
  const row = await ownSchedule(deps, caller, name);
  const schedule = await scheduleOf(deps, row);
  const recent = await deps.store.schedules.cycles(caller.app, name, {}, { limit: RECENT });
  const from = row.decidedUntil !== undefined && row.decidedUntil > now() ? row.decidedUntil : now();
  return {
    ...summary(row, schedule),
    schedule,
    upcoming: nextFires(schedule, from, count, `${row.app}/${name}`),
    recent: recent.map(cycleView),
    workflowId: scheduleWorkflowId(row.app, name),
  };
}

export interface ListCyclesArgs {
  readonly name: string;
  readonly state?: readonly CycleState[] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Also those of a schedule that was removed. */
export async function listCycles(deps: Deps, caller: Caller, args: ListCyclesArgs): Promise<{ items: CycleView[]; next?: string }> {
  const { name, state, limit, cursor } = args;
  const page = { limit, ...(cursor !== undefined && { before: cursor }) };
  const rows = await deps.store.schedules.cycles(caller.app, name, state === undefined ? {} : { state }, page);
  if (rows.length === 0 && (await deps.store.schedules.schedule(caller.app, name)) === undefined) await ownSchedule(deps, caller, name);
  return { items: rows.map(cycleView), ...(rows.length === limit && { next: rows.at(-1)!.cycle }) };
}

export interface PreviewArgs {
  readonly schedule: Schedule;
  readonly name?: string | undefined;
  readonly from?: Instant | undefined;
  readonly count: number;
}

export async function previewSchedule(
  _deps: Deps,
  caller: Caller,
  { schedule, name = '', from = now(), count }: PreviewArgs,
): Promise<SchedulePreview> {
  return await Promise.resolve({ words: describeSchedule(schedule), upcoming: nextFires(schedule, from, count, `${caller.app}/${name}`) });
}

export interface SwitchArgs {
  readonly name: string;
  readonly id?: string | undefined;
  readonly note?: string | undefined;
}
export interface Switched {
  readonly effect: 'done' | 'pending';
  readonly schedule: ScheduleSummary;
}

export const pauseSchedule = (deps: Deps, caller: Caller, args: SwitchArgs): Promise<Switched> => turn(deps, caller, 'pause', args);

/** CONFLICT where the document says that it is paused: an edit of that resumes it. */
export async function resumeSchedule(deps: Deps, caller: Caller, args: SwitchArgs): Promise<Switched> {
  const schedule = await scheduleOf(deps, await ownSchedule(deps, caller, args.name));
  if (schedule.pause !== undefined)
    throw new LongshoreError('CONFLICT', `Schedule "${args.name}" is paused by its document: apply it without \`pause\` to resume it.`);
  return await turn(deps, caller, 'resume', args);
}

async function turn(deps: Deps, caller: Caller, to: 'pause' | 'resume', { name, id = randomUUID(), note }: SwitchArgs): Promise<Switched> {
  const row = await ownSchedule(deps, caller, name);
  await signalSchedule(deps, row, to, { id, by: byOf(caller), ...(note !== undefined && { note }) });
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const since = await ownSchedule(deps, caller, name);
    const done = (since.hold !== undefined) === (to === 'pause') && (to === 'resume' || since.hold?.note === (note ?? ''));
    if (done || performance.now() > until) return { effect: done ? 'done' : 'pending', schedule: summary(since, await scheduleOf(deps, since)) };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Starts at once, whatever goes on: overlap is for what starts by itself. INVALID for a cycle that the schedule does not plan; as createJob's. */
export async function triggerSchedule(
  deps: Deps,
  caller: Caller,
  { name, cycle }: { readonly name: string; readonly cycle?: Instant | undefined },
): Promise<CycleView> {
  const row = await ownSchedule(deps, caller, name);
  const ref: ScheduleRef = { app: row.app, name, kind: row.kind };
  const schedule = await scheduleOf(deps, row);
  const at = cycle ?? now();
  const [known] = await deps.store.schedules.cyclesAt(row.app, name, [at]);
  const planned = known ?? cycleAt(schedule, at, cycle !== undefined);
  if (planned === undefined) throw invalid([fieldError(['cycle'], `is not a cycle of the schedule${nearest(schedule, at)}`, at)]);
  const { planned: local, dataDate, zone } = planned;
  const waiting = { cycle: at, fireAt: at, planned: local, dataDate, zone };
  const id = known?.state === 'STARTED' ? known.id! : await startCycle(deps, caller, ref, waiting);
  await deps.store.schedules.started(ref, waiting, { cycle: at, id }, new Date().toISOString(), { by: byOf(caller) });
  const [started] = await deps.store.schedules.cyclesAt(row.app, name, [at]);
  return cycleView(started!);
}

function nearest(schedule: Schedule, at: Instant): string {
  const [next] = nextFires(schedule, formatInstant(parseInstant(at)), 1);
  return next === undefined ? '' : `; the next one is ${next.cycle}`;
}
