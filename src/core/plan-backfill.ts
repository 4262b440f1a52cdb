// Which cycles a backfill is about, and what would happen to each as things stand.
import { cyclesBetween, fateOf } from '../schedules/backfill.ts';
import { withDownstream } from '../schedules/downstream.ts';
import { readWaits } from '../schedules/feeds.ts';
import { nextFires } from '../schedules/next-fires.ts';
import type { BackfillCycle, BackfillSettings, BackfillTarget, CycleObject } from '../specs/backfill.ts';
import type { BackfillPlan } from '../specs/backfill-views.schema.ts';
import { dagSpecSchema } from '../specs/dag.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import { didYouMean } from '../specs/near.ts';
import { formatInstant, instantFrom } from '../specs/schedule-time.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { Definition } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { runParams } from './pin-dag.ts';
import { runCycle } from '../schedules/cycle.ts';

/** Most cycles of one backfill: hourly ones of five years. */
const MOST_CYCLES = 50_000;
/** Most that a dry run shows one by one. */
const MOST_SHOWN = 1_000;

export interface Planned {
  readonly target: BackfillTarget;
  readonly version: number;
  /** In the order of their turns. */
  readonly cycles: readonly BackfillCycle[];
}

/** NOT_FOUND where no Job or Dag of this name has a schedule; INVALID where the range holds no cycle, or too many. */
export async function planBackfill(deps: Deps, caller: Caller, name: string, settings: BackfillSettings): Promise<Planned> {
  const definition = await scheduled(deps, caller.app, name);
  const schedule = definition.spec['schedule'] as unknown as Schedule;
  const { from, until, order } = settings;
  if (schedule.after !== undefined)
    throw invalid([fieldError(['name'], 'has a schedule with `after`: its cycles follow from ends and cannot be planned', name)]);
  if (instantFrom(from, schedule.timezone) > instantFrom(until, schedule.timezone, 'last'))
    throw invalid([fieldError(['until'], `is before ${from}`, until)]);
  const cycles = between(schedule, settings);
  if (!cycles.some(({ skip }) => skip === undefined))
    throw invalid([fieldError(['from'], `${words(settings)} hold no cycle to run${nearest(schedule, from)}`, from)]);
  const kind = definition.kind as BackfillTarget['kind'];
  requireParams(
    definition,
    settings,
    schedule,
    cycles.find(({ skip }) => skip === undefined)!,
  );
  const own = order === 'oldest' ? cycles : cycles.toReversed();
  const target = { app: caller.app, name, kind };
  return { target, version: definition.version, cycles: settings.downstream === true ? await downstream(deps, target, settings, own) : own };
}

const words = ({ from, until }: BackfillSettings): string => `${from} to ${until}`;

function between(schedule: Schedule, settings: BackfillSettings): BackfillCycle[] {
  try {
    return cyclesBetween(schedule, settings, Date.now(), MOST_CYCLES);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([fieldError(['until'], error.message, settings.until)]);
  }
}

function nearest(schedule: Schedule, from: string): string {
  const next = nextFires(schedule, formatInstant(instantFrom(from, schedule.timezone)), 1).find(({ decision }) => decision === 'start');
  if (next === undefined) return '';
  return Date.parse(next.cycle) > Date.now() ? `; the next one, ${next.cycle}, is still to come` : `; the next one is ${next.cycle}`;
}

async function scheduled({ store }: Deps, app: string, name: string): Promise<Definition> {
  const found = [await store.definitions.get('Dag', app, name), await store.definitions.get('Job', app, name)].filter((one) => one !== undefined);
  const definition = found.find(({ spec }) => spec['schedule'] !== undefined);
  if (definition !== undefined) return definition;
  const [without] = found;
  if (without !== undefined) throw new LongshoreError('NOT_FOUND', `${without.kind} "${name}" of app "${app}" has no schedule, and so no cycles.`);
  const others = await store.schedules.schedules(app, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((other) => other.name),
  );
  throw new LongshoreError('NOT_FOUND', `App "${app}" has no schedule "${name}"${near}.`);
}

/** Said now, and not at the first cycle. */
function requireParams({ kind, spec }: Definition, { params }: BackfillSettings, schedule: Schedule, first: BackfillCycle): void {
  if (params === undefined) return;
  if (kind === 'Job') throw invalid([fieldError(['params'], 'must be left out: a Job has no parameters')]);
  const cycle = runCycle(schedule, first);
  const dag = dagSpecSchema.parse(spec);
  runParams(dag, params, { runId: '1', app: '', dag: dag.name, createdAt: first.cycle, by: '', cycle });
}

/** With the cycles of DAGs that wait for these. */
async function downstream(
  deps: Deps,
  { app, name, kind }: BackfillTarget,
  { order, until }: BackfillSettings,
  own: readonly BackfillCycle[],
): Promise<BackfillCycle[]> {
  if (kind === 'Job') throw invalid([fieldError(['downstream'], 'must be left out: nodes wait for cycles of Dags')]);
  try {
    return withDownstream(await readWaits(deps.store, app), name, own, { order, now: Date.now(), most: MOST_CYCLES });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([fieldError(['until'], error.message, until)]);
  }
}

/** What would happen, as things stand. */
export async function planView({ store }: Deps, { target, cycles }: Planned, settings: BackfillSettings): Promise<BackfillPlan> {
  const shown: BackfillPlan['cycles'] = [];
  // The cycles of one definition follow each other.
  for (const [name, some] of Map.groupBy(cycles, (one) => one.name ?? target.name)) {
    const objects = await store.backfills.objects(
      { ...target, name },
      some.map(({ cycle }) => cycle),
    );
    const byCycle = new Map(objects.map((object) => [object.cycle, object]));
    shown.push(...some.map(({ after: _after, ...cycle }) => planned(target.kind, settings, { ...cycle, name }, byCycle.get(cycle.cycle))));
  }
  const count = (does: string): number => shown.filter((one) => one.does === does).length;
  return {
    dryRun: true,
    counts: { start: count('start'), rerun: count('rerun'), skip: count('skip') },
    cycles: shown.slice(0, MOST_SHOWN),
    left: Math.max(0, shown.length - MOST_SHOWN),
  };
}

function planned(
  kind: BackfillTarget['kind'],
  { existing }: BackfillSettings,
  { skip, ...cycle }: BackfillCycle & { readonly name: string },
  object: CycleObject | undefined,
): BackfillPlan['cycles'][number] {
  if (skip !== undefined) return { ...cycle, does: 'skip', reason: skip.reason };
  const fate = fateOf(kind, existing, object);
  return {
    ...cycle,
    does: fate.do,
    ...(object !== undefined && { ...(kind === 'Job' ? { job: object.id } : { run: object.id }), status: object.status }),
    ...(fate.do === 'skip' && { reason: fate.reason }),
  };
}
