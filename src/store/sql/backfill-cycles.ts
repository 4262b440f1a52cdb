// The cycles of backfills: their turns, what was decided of each, and the jobs and runs that they have.
import type { SelectQueryBuilder } from 'kysely';
import type { BackfillCycle, BackfillStart, BackfillTarget, CycleObject, Fate } from '../../specs/backfill.ts';
import { jobWorkflowId } from '../../specs/identity.ts';
import { cycleRequestId, type OpenCycle } from '../../specs/schedule-run.ts';
import type { BackfillCounts, BackfillCycleRow, BackfillCycleState } from '../backfills-contract.ts';
import type { Queries } from './sql.ts';
import type { Tables } from './tables.ts';
import { filled, idOf } from './values.ts';

/** SQLite takes some 30,000 values in a statement. */
const ROWS_AT_ONCE = 500;

const chunks = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / ROWS_AT_ONCE) }, (_, at) => all.slice(at * ROWS_AT_ONCE, (at + 1) * ROWS_AT_ONCE));

export async function insertCycles(
  trx: Queries,
  { id, name: own }: { readonly id: string; readonly name: string },
  cycles: readonly BackfillCycle[],
): Promise<void> {
  const rows = cycles.map(({ cycle, planned, zone, dataDate, skip, name = own, after }, place) => ({
    backfill_id: idOf(id),
    place,
    key: name === own ? cycle : `${name}@${cycle}`,
    name,
    after: after ?? null,
    cycle,
    planned,
    zone,
    data_date: dataDate,
    state: skip === undefined ? 'WAITING' : 'SKIPPED',
    action: null,
    round: null,
    object_id: null,
    status: null,
    reason: skip?.reason ?? null,
    started_at: null,
    ended_at: null,
  }));
  for (const some of chunks(rows)) await trx.insertInto('backfill_cycles').values(some).execute();
}

/** Each with its job or run as that is now. */
const withObjects = (db: Queries) =>
  db
    .selectFrom('backfill_cycles as c')
    .innerJoin('backfills as b', 'b.id', 'c.backfill_id')
    .leftJoin('jobs as j', (join) => join.onRef('j.job_id', '=', 'c.object_id').on('b.kind', '=', 'Job'))
    .leftJoin('runs as r', (join) => join.onRef('r.run_id', '=', 'c.object_id').on('b.kind', '=', 'Dag'))
    .selectAll('c')
    .select(['j.status as job_status', 'r.status as run_status', 'r.outcome as run_outcome', 'j.ended_at as job_end', 'r.ended_at as run_end']);

/**
 * Narrows a query of `backfill_cycles as c` to those whose end was announced and not noted: of a rerun that of a later round. A job or run whose
 * row is not there yet goes on.
 */
export const hasEnded = <O>(cycles: SelectQueryBuilder<Tables & { c: Tables['backfill_cycles'] }, 'c', O>) =>
  cycles
    .where('c.state', '=', 'STARTED')
    .where((e) =>
      e.or([
        e.exists(
          e
            .selectFrom('jobs as oj')
            .innerJoin('backfills as ob', 'ob.id', 'c.backfill_id')
            .select('oj.job_id')
            .whereRef('oj.job_id', '=', 'c.object_id')
            .where('ob.kind', '=', 'Job')
            .where('oj.ended_at', 'is not', null)
            .whereRef('oj.attempt', '>', 'c.round'),
        ),
        e.exists(
          e
            .selectFrom('runs as ru')
            .innerJoin('backfills as ob', 'ob.id', 'c.backfill_id')
            .select('ru.run_id')
            .whereRef('ru.run_id', '=', 'c.object_id')
            .where('ob.kind', '=', 'Dag')
            .where('ru.ended_at', 'is not', null)
            .whereRef('ru.generation', '>', 'c.round'),
        ),
      ]),
    );

/** Notes the ends that were announced. */
export async function noteEnds(trx: Queries, id: string): Promise<void> {
  const ended = await hasEnded(trx.selectFrom('backfill_cycles as c')).select('c.key').where('c.backfill_id', '=', idOf(id)).execute();
  for (const { key } of ended) {
    const row = await withObjects(trx).where('c.backfill_id', '=', idOf(id)).where('c.key', '=', key).executeTakeFirstOrThrow();
    await trx
      .updateTable('backfill_cycles')
      .set({ state: 'ENDED', status: row.run_outcome ?? row.job_status ?? row.run_status, ended_at: row.job_end ?? row.run_end })
      .where('backfill_id', '=', idOf(id))
      .where('key', '=', key)
      .execute();
  }
}

export async function openOf(db: Queries, id: string): Promise<OpenCycle[]> {
  const rows = await db
    .selectFrom('backfill_cycles')
    .select(['key', 'object_id'])
    .where('backfill_id', '=', idOf(id))
    .where('state', '=', 'STARTED')
    .orderBy('place')
    .execute();
  return rows.map(({ key, object_id }) => ({ cycle: key, id: String(object_id) }));
}

/** Those whose turn may come: all that they come after have ended. */
export async function waitingOf(db: Queries, id: string, limit: number): Promise<string[]> {
  const { first } = await db
    .selectFrom('backfill_cycles')
    .select((e) => e.fn.min('place').as('first'))
    .where('backfill_id', '=', idOf(id))
    .where('state', 'in', ['WAITING', 'STARTED'])
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('backfill_cycles')
    .select('key')
    .where('backfill_id', '=', idOf(id))
    .where('state', '=', 'WAITING')
    .where((e) => e.or([e('after', 'is', null), e('after', '<', first)]))
    .orderBy('place')
    .limit(limit)
    .execute();
  return rows.map(({ key }) => key);
}

export async function countCycles(db: Queries, id: string): Promise<BackfillCounts> {
  const rows = await db
    .selectFrom('backfill_cycles')
    .select(['state', 'status', (e) => e.fn.countAll().as('count')])
    .where('backfill_id', '=', idOf(id))
    .groupBy(['state', 'status'])
    .execute();
  const of = (state: BackfillCycleState, fits: (status: string | null) => boolean = () => true): number =>
    rows.reduce((sum, row) => sum + (row.state === state && fits(row.status) ? Number(row.count) : 0), 0);
  return {
    waiting: of('WAITING'),
    started: of('STARTED'),
    succeeded: of('ENDED', (status) => status === 'SUCCEED'),
    failed: of('ENDED', (status) => status !== 'SUCCEED'),
    skipped: of('SKIPPED'),
    refused: of('REFUSED'),
  };
}

export async function listCycles(
  db: Queries,
  id: string,
  { state }: { state?: readonly BackfillCycleState[] },
  { after, limit }: { after?: number; limit: number },
): Promise<BackfillCycleRow[]> {
  let query = withObjects(db).where('c.backfill_id', '=', idOf(id)).orderBy('c.place').limit(limit);
  if (state !== undefined) query = query.where('c.state', 'in', state);
  if (after !== undefined) query = query.where('c.place', '>', after);
  return (await query.execute()).map(fromRow);
}

export async function cycleOf(db: Queries, id: string, key: string): Promise<BackfillCycleRow | undefined> {
  const row = await withObjects(db).where('c.backfill_id', '=', idOf(id)).where('c.key', '=', key).executeTakeFirst();
  return row && fromRow(row);
}

/** By the id that any start of the cycle has. */
export async function objectsOf(db: Queries, { app, name, kind }: BackfillTarget, cycles: readonly string[]): Promise<CycleObject[]> {
  const found: CycleObject[] = [];
  for (const some of chunks(cycles)) {
    if (kind === 'Job') {
      const ids = new Map(some.map((cycle) => [jobWorkflowId(app, '', cycleRequestId(name, cycle)), cycle]));
      const rows = await db
        .selectFrom('jobs')
        .select(['workflow_id', 'job_id', 'attempt', 'status', 'ended_at'])
        .where('workflow_id', 'in', [...ids.keys()])
        .execute();
      for (const { workflow_id, job_id, attempt, status, ended_at } of rows)
        found.push({ cycle: ids.get(workflow_id)!, id: String(job_id), round: attempt, status, ended: ended_at !== null });
    } else {
      const rows = await db
        .selectFrom('runs')
        .select(['cycle_at', 'run_id', 'generation', 'status', 'outcome', 'ended_at'])
        .where('app', '=', app)
        .where('dag', '=', name)
        .where('cycle_at', 'in', some)
        .execute();
      for (const { cycle_at, run_id, generation, status, outcome, ended_at } of rows)
        found.push({ cycle: cycle_at!, id: String(run_id), round: generation, status: outcome ?? status, ended: ended_at !== null });
    }
  }
  return found;
}

export async function deciding(trx: Queries, id: string, key: string, fate: Exclude<Fate, { do: 'skip' }>): Promise<void> {
  await trx
    .updateTable('backfill_cycles')
    .set({ action: fate.do, ...(fate.do === 'rerun' ? { round: fate.round, object_id: idOf(fate.id) } : { round: 0 }) })
    .where('backfill_id', '=', idOf(id))
    .where('key', '=', key)
    .where('state', '=', 'WAITING')
    .where('action', 'is', null)
    .execute();
}

export async function startedOf(trx: Queries, id: string, start: BackfillStart, at: string): Promise<void> {
  const became =
    'id' in start
      ? { state: 'STARTED', object_id: idOf(start.id), started_at: at }
      : 'skipped' in start
        ? { state: 'SKIPPED', reason: start.skipped }
        : { state: 'REFUSED', reason: start.refused };
  await trx
    .updateTable('backfill_cycles')
    .set(became)
    .where('backfill_id', '=', idOf(id))
    .where('key', '=', start.cycle)
    .where('state', '=', 'WAITING')
    .execute();
}

export async function skipWaiting(trx: Queries, id: string, reason: string): Promise<void> {
  await trx
    .updateTable('backfill_cycles')
    .set({ state: 'SKIPPED', reason: `not started: ${reason}` })
    .where('backfill_id', '=', idOf(id))
    .where('state', '=', 'WAITING')
    .execute();
}

type Joined = Awaited<ReturnType<ReturnType<typeof withObjects>['executeTakeFirstOrThrow']>>;

const fromRow = (row: Joined): BackfillCycleRow => ({
  place: row.place,
  key: row.key,
  name: row.name,
  cycle: row.cycle,
  planned: row.planned,
  zone: row.zone,
  dataDate: row.data_date,
  state: row.state as BackfillCycleState,
  ...filled({
    action: row.action as 'start' | 'rerun' | null,
    round: row.round,
    id: row.object_id === null ? null : String(row.object_id),
    status: row.status ?? (row.state === 'STARTED' ? (row.job_status ?? row.run_status) : null),
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }),
});
