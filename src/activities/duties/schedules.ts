// Sees to it that each definition with a schedule has its workflow, which knows its newest version; and wakes schedules that wait for an end.
import { WORKFLOW_TYPES } from '../../specs/messages.ts';
import { SCHEDULE_SIGNALS, scheduleStart, scheduleWorkflowId, type ScheduledKind, type ScheduleRef } from '../../specs/schedule-run.ts';
import type { Definition } from '../../store/contract.ts';
import type { ScheduleRow } from '../../store/schedules-contract.ts';
import type { SchedulerDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';

type Deps = Pick<SchedulerDeps, 'store' | 'client' | 'logger'>;

const RECONCILE_EVERY_MS = 60_000;
const WAKE_EVERY_MS = 500;
/** Every schedule is asked after in so many rounds, whatever the store says of it: its workflow may have been terminated. */
const ASK_ALL_EVERY = 10;
const PAGE = 200;
const AT_ONCE = 8;
/** A schedule that should have looked so long ago is asked after. */
const LATE_MS = 30_000;
/** A wake-up is told again after so long, then after twice that …: each signal is an event in the schedule's history. */
const AGAIN_MS = { first: 2_000, most: 60_000 };
const KINDS: readonly ScheduledKind[] = ['Job', 'Dag'];

/** What the workflow is to be told, if anything: to look, or only to be there. */
function wants(row: ScheduleRow | undefined, version: number, all: boolean): 'wake' | 'start' | undefined {
  if (row === undefined || row.version !== version) return 'wake';
  const late = row.nextWakeAt !== undefined && Date.now() - Date.parse(row.nextWakeAt) > LATE_MS;
  return all || late ? 'start' : undefined;
}

export function startSchedules({ store, client, logger }: Deps): Loop {
  let round = 0;

  async function ensure(ref: ScheduleRef, want: 'wake' | 'start'): Promise<void> {
    if (want === 'wake') await client.workflow.signalWithStart(WORKFLOW_TYPES.schedule, { ...scheduleStart(ref), signal: SCHEDULE_SIGNALS.wake });
    else await client.workflow.start(WORKFLOW_TYPES.schedule, { ...scheduleStart(ref), workflowIdConflictPolicy: 'USE_EXISTING' });
  }

  async function ofDefinition({ kind, app, name, version, createdAt, spec }: Definition, all: boolean, seen: Set<string>): Promise<void> {
    if (spec['schedule'] === undefined) return;
    const ref = { kind: kind as ScheduledKind, app, name };
    seen.add(`${app}/${name}`);
    const before = await store.schedules.schedule(app, name);
    // Whoever stored the definition has died before it wrote that.
    if (before === undefined || before.endedAt !== undefined) await store.schedules.saved(ref, createdAt);
    const want = wants(before?.endedAt === undefined ? before : undefined, version, all);
    if (want !== undefined) await ensure(ref, want);
  }

  const reconcile = async (): Promise<void> => {
    const all = round++ % ASK_ALL_EVERY === 0;
    const seen = new Set<string>();
    for (const kind of KINDS)
      for await (const definitions of pagesOf(kind))
        await forEachLimited(definitions, AT_ONCE, async (definition) => await ofDefinition(definition, all, seen));
    // Schedules whose definition has none any more end themselves when they look.
    for await (const rows of pagesOfRows())
      await forEachLimited(
        rows.filter(({ app, name }) => !seen.has(`${app}/${name}`)),
        AT_ONCE,
        async (row) => await ensure(row, 'wake'),
      );
  };

  async function* pagesOf(kind: ScheduledKind): AsyncGenerator<Definition[]> {
    let after: string | undefined;
    do {
      const page = await store.definitions.list(kind, undefined, { limit: PAGE, ...(after !== undefined && { after }) });
      yield page;
      after = page.length >= PAGE ? page.at(-1)!.name : undefined;
    } while (after !== undefined);
  }

  async function* pagesOfRows(): AsyncGenerator<ScheduleRow[]> {
    let after: ScheduleRow | undefined;
    do {
      const page = await store.schedules.schedules(undefined, { limit: PAGE, ...(after !== undefined && { after }) });
      yield page;
      after = page.length === PAGE ? page.at(-1) : undefined;
    } while (after !== undefined);
  }

  return startLoop(RECONCILE_EVERY_MS, reconcile, (error) => logger.warn({ err: error }, 'schedules cannot be looked after'));
}

const idOf = ({ app, name }: ScheduleRef): string => scheduleWorkflowId(app, name);

/** Tells schedules that what they wait for has ended; again until they have heard it. */
export function startScheduleWaker({ store, client, logger }: Deps): Loop {
  let told = new Map<string, { nextAt: number; waitMs: number }>();
  const round = async (): Promise<void> => {
    const wakeable = await store.schedules.wakeable(PAGE);
    const now = Date.now();
    told = new Map(wakeable.flatMap((ref) => (told.has(idOf(ref)) ? [[idOf(ref), told.get(idOf(ref))!]] : [])));
    const due = wakeable.filter((ref) => (told.get(idOf(ref))?.nextAt ?? 0) <= now);
    await forEachLimited(due, AT_ONCE, async (ref) => {
      const waitMs = Math.min((told.get(idOf(ref))?.waitMs ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.most);
      told.set(idOf(ref), { nextAt: now + waitMs, waitMs });
      await client.workflow.signalWithStart(WORKFLOW_TYPES.schedule, { ...scheduleStart(ref), signal: SCHEDULE_SIGNALS.wake });
    });
  };
  return startLoop(WAKE_EVERY_MS, round, (error) => logger.warn({ err: error }, 'schedules cannot be woken'));
}
