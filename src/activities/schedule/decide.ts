// Decides the cycles that are due, once each: what is decided is in the store before the workflow learns of it, and what was decided
// before, by a try whose answer was lost, stays so.
import { crashPoint } from '../../crash-points.ts';
import { dueOverVersions, withAtMost } from '../../schedules/versions.ts';
import type { CyclesAnswer, CyclesQuestion } from '../../specs/schedule-run.ts';
import type { Store } from '../../store/contract.ts';
import { planOf } from './plan.ts';

/** The local activity. It throws only what may pass: the store. */
export async function decideCycles(store: Pick<Store, 'definitions' | 'schedules'>, question: CyclesQuestion): Promise<CyclesAnswer> {
  const { app, name, kind, now, limit, room, dropped, awaits, settle } = question;
  const row = await store.schedules.schedule(app, name);
  const plan = await planOf(store, question, row);
  if ('over' in plan) return { over: true, reason: plan.over };
  const { open, lastEnd } = await store.schedules.open(app, name);
  const hold = question.hold ?? (plan.anew ? row?.hold : undefined);
  const versions =
    hold === undefined ? plan.versions : plan.versions.map((version) => ({ ...version, schedule: paused(version.schedule, hold.note) }));
  const answer = dueOverVersions({
    id: `${app}/${name}`,
    versions,
    lastDecided: plan.lastDecided,
    savedAt: plan.savedAt,
    now: question.asOf ?? now,
    limit,
    settle,
    runs: { running: open.length > 0, ...(lastEnd !== undefined && { lastEnd }) },
  });
  const { version, decidedUntil, more, nextWakeAt, ...due } = withAtMost(answer, room, plan.lastDecided);
  const cycles = due.cycles.map(({ code, reason, decision, version: _version, ...cycle }) =>
    decision === 'start' ? cycle : { ...cycle, skip: { code: code!, reason: reason! } },
  );
  const { schedule } = plan.versions.find((one) => one.version === version)!;
  crashPoint('cycles.before-decided');
  const starts = await store.schedules.decided({
    app,
    name,
    kind,
    version,
    savedAt: plan.savedAt,
    decidedUntil,
    awaits,
    at: new Date().toISOString(),
    cycles,
    dropped,
    ...(nextWakeAt !== undefined && { nextWakeAt }),
    ...(hold !== undefined && { hold }),
    ...(!plan.anew && question.decidedUntil !== undefined && { toldUntil: question.decidedUntil }),
  });
  crashPoint('cycles.after-decided');
  return {
    over: false,
    version,
    savedAt: plan.savedAt,
    decidedUntil,
    more,
    starts,
    skipped: cycles.filter((cycle) => 'skip' in cycle).length,
    overlap: schedule.overlap,
    after: schedule.after !== undefined,
    paused: schedule.pause !== undefined,
    open,
    ...(nextWakeAt !== undefined && { nextWakeAt }),
    ...(hold !== undefined && { hold }),
  };
}

const paused = <S extends { pause?: { note: string } | undefined }>(schedule: S, note: string): S => ({
  ...schedule,
  pause: schedule.pause ?? { note },
});
