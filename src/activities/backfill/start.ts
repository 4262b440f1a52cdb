// Starts the cycles of a backfill, by the use cases that a caller would use. What is going to be done with a cycle is in the store before it
// is done, so that a try whose answer was lost is done again as the same, and not judged by what it has made itself.
import { crashPoint } from '../../crash-points.ts';
import { fateOf } from '../../schedules/backfill.ts';
import type { BackfillRef, BackfillStart, BackfillTarget, BackfillTurn, CycleKey, Fate, StartBackfill } from '../../specs/backfill.ts';
import type { OpenCycle } from '../../specs/schedule-run.ts';
import type { BackfillCycleRow, BackfillRow } from '../../store/backfills-contract.ts';
import type { SchedulerDeps } from '../deps.ts';

type Deps = Pick<SchedulerDeps, 'store' | 'backfills' | 'logger'>;

/** What has begun is told after so long: the activity has a timeout, and a rerun may take two seconds to show. */
const LONGEST_MS = 20_000;

export async function startBackfillCycles(deps: Deps, { app, id, cycles, slots, giveUp }: StartBackfill): Promise<BackfillStart[]> {
  const backfill = await deps.store.backfills.backfill(id);
  if (backfill === undefined || backfill.app !== app || backfill.endedAt !== undefined) return [];
  const until = performance.now() + LONGEST_MS;
  const done: BackfillStart[] = [];
  let begun = 0;
  for (const key of cycles) {
    if (begun === slots || performance.now() > until) break;
    let start: BackfillStart | undefined;
    try {
      start = await startOne(deps, backfill, key, giveUp);
    } catch (error) {
      if (done.length === 0) throw error;
      deps.logger.warn({ app, backfill: id, cycle: key, err: error }, 'a cycle cannot be started yet');
      break;
    }
    if (start === undefined) continue;
    done.push(start);
    if ('id' in start) begun++;
    if ('refused' in start && backfill.settings.failFast) break;
  }
  return done;
}

async function startOne(deps: Deps, backfill: BackfillRow, key: CycleKey, giveUp: string | undefined): Promise<BackfillStart | undefined> {
  const { backfills } = deps.store;
  const row = await backfills.cycle(backfill.id, key);
  if (row === undefined) return undefined;
  if (row.state !== 'WAITING') return startOf(row);
  const fate = decidedBefore(row) ?? (await decide(deps, backfill, row));
  crashPoint('backfill.before-start');
  const start: BackfillStart =
    fate.do === 'skip'
      ? { cycle: key, skipped: fate.reason }
      : giveUp === undefined
        ? { cycle: key, ...(await begin(deps, backfill, row, fate)) }
        : { cycle: key, refused: giveUp };
  crashPoint('backfill.after-start');
  const at = new Date().toISOString();
  // Of the schedule it is a cycle like any other, but for overlap: the schedule goes on beside a backfill.
  if (fate.do === 'start' && 'id' in start)
    await deps.store.schedules.started(targetOf(backfill, row), waitingOf(row), { cycle: row.cycle, id: start.id }, at, {
      by: `backfill ${backfill.id}`,
      aside: true,
    });
  await backfills.started(backfill.id, start, at);
  return start;
}

const targetOf = ({ app, kind }: BackfillRow, { name }: BackfillCycleRow): BackfillTarget => ({ app, kind, name });
const waitingOf = ({ cycle, planned, zone, dataDate }: BackfillCycleRow) => ({ cycle, fireAt: cycle, planned, zone, dataDate });

/** By a try whose answer was lost. */
function startOf({ key: cycle, state, id, reason = '' }: BackfillCycleRow): BackfillStart {
  if (state === 'STARTED' || state === 'ENDED') return { cycle, id: id! };
  return state === 'SKIPPED' ? { cycle, skipped: reason } : { cycle, refused: reason };
}

function decidedBefore({ action, id, round = 0 }: BackfillCycleRow): Exclude<Fate, { do: 'skip' }> | undefined {
  if (action === undefined) return undefined;
  return action === 'start' ? { do: 'start' } : { do: 'rerun', id: id!, round };
}

async function decide({ store }: Deps, backfill: BackfillRow, row: BackfillCycleRow): Promise<Fate> {
  const [object] = await store.backfills.objects(targetOf(backfill, row), [row.cycle]);
  const fate = fateOf(backfill.kind, backfill.settings.existing, object);
  if (fate.do !== 'skip') await store.backfills.deciding(backfill.id, row.key, fate);
  return fate;
}

const begin = (deps: Deps, backfill: BackfillRow, row: BackfillCycleRow, fate: Exclude<Fate, { do: 'skip' }>): Promise<BackfillTurn> =>
  fate.do === 'start'
    ? deps.backfills.start(backfill, { ...waitingOf(row), name: row.name })
    : deps.backfills.rerun(backfill, { name: row.name, cycle: row.cycle, id: fate.id, round: fate.round });

/** Durable when it returns; the ends come later. */
export async function killBackfillCycles(deps: Deps, { app, id, open }: BackfillRef & { readonly open: readonly OpenCycle[] }): Promise<void> {
  const backfill = await deps.store.backfills.backfill(id);
  if (backfill === undefined || backfill.app !== app) return;
  for (const { id: object } of open) await deps.backfills.kill(backfill, object);
}
