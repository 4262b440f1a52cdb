// The cycles of schedules: each decided once, however often that is told.
import type { Kysely, Selectable } from 'kysely';
import type { SkipCode } from '../../specs/schedule.ts';
import type { CycleStart, OpenCycle, ScheduledKind, ScheduleRef, WaitingCycle } from '../../specs/schedule-run.ts';
import type { CycleRow, CycleState, Decision } from '../schedules-contract.ts';
import type { CyclesTable } from './schedule-tables.ts';
import type { Queries, Sql } from './sql.ts';
import type { Tables } from './tables.ts';
import { filled, idOf } from './values.ts';

/** SQLite takes some 30,000 values in a statement. */
const ROWS_AT_ONCE = 500;

const plan = ({ cycle, fireAt, planned, zone, dataDate }: WaitingCycle) => ({ cycle, fire_at: fireAt, planned, zone, data_date: dataDate });

/** The cycles of a decision, and those that are dropped by it. */
export async function insertCycles(trx: Queries, { app, name, kind, at, cycles, dropped }: Decision): Promise<void> {
  const rows = cycles.map((cycle) => ({
    app,
    name,
    kind,
    ...plan(cycle),
    state: cycle.skip === undefined ? 'WAITING' : 'SKIPPED',
    code: cycle.skip?.code ?? null,
    reason: cycle.skip?.reason ?? null,
    object_id: null,
    open: 0,
    started_at: null,
    started_by: null,
    decided_at: at,
    ended_at: null,
  }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await trx
      .insertInto('cycles')
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .onConflict((c) => c.columns(['app', 'name', 'cycle']).doNothing())
      .execute();
  for (const { cycle, code, reason } of dropped)
    await trx
      .updateTable('cycles')
      .set({ state: 'SKIPPED', code, reason, decided_at: at })
      .where('app', '=', app)
      .where('name', '=', name)
      .where('cycle', '=', cycle)
      .where('state', '=', 'WAITING')
      .execute();
}

export async function waitingCycles(trx: Queries, { app, name, toldUntil, decidedUntil }: Decision): Promise<WaitingCycle[]> {
  let query = trx
    .selectFrom('cycles')
    .select(['cycle', 'fire_at', 'planned', 'zone', 'data_date'])
    .where('app', '=', app)
    .where('name', '=', name)
    .where('state', '=', 'WAITING')
    .where('cycle', '<=', decidedUntil)
    .orderBy('cycle');
  if (toldUntil !== undefined) query = query.where('cycle', '>', toldUntil);
  const rows = await query.execute();
  return rows.map((row) => ({ cycle: row.cycle, fireAt: row.fire_at, planned: row.planned, zone: row.zone, dataDate: row.data_date }));
}

/** Each row with its job or run as that is now. */
const withObjects = (db: Queries, app: string, name: string) =>
  db
    .selectFrom('cycles as c')
    .leftJoin('jobs as j', (join) => join.onRef('j.job_id', '=', 'c.object_id').on('c.kind', '=', 'Job'))
    .leftJoin('runs as r', (join) => join.onRef('r.run_id', '=', 'c.object_id').on('c.kind', '=', 'Dag'))
    .selectAll('c')
    .select(['j.status as job_status', 'r.status as run_status', 'r.outcome as run_outcome', 'j.ended_at as job_end', 'r.ended_at as run_end'])
    .where('c.app', '=', app)
    .where('c.name', '=', name);

/** An open cycle whose job or run has ended, or is gone, is not open any more. */
export async function openCycles(
  db: Kysely<Tables>,
  write: Sql['write'],
  app: string,
  name: string,
): Promise<{ open: OpenCycle[]; lastEnd?: string }> {
  const rows = await withObjects(db, app, name).where('c.open', '=', 1).orderBy('c.cycle').execute();
  const isOpen = (row: (typeof rows)[number]): boolean => (row.job_status ?? row.run_status) !== null && (row.job_end ?? row.run_end) === null;
  const ended = rows.filter((row) => !isOpen(row));
  if (ended.length > 0)
    await write(async (trx) => {
      for (const row of ended)
        await trx
          .updateTable('cycles')
          .set({ open: 0, ended_at: row.job_end ?? row.run_end ?? row.started_at })
          .where('app', '=', app)
          .where('name', '=', name)
          .where('cycle', '=', row.cycle)
          .execute();
    });
  const last = await db
    .selectFrom('cycles')
    .select('ended_at')
    .where('app', '=', app)
    .where('name', '=', name)
    .where('state', '=', 'STARTED')
    .where('ended_at', 'is not', null)
    .orderBy('cycle', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    open: rows.filter(isOpen).map(({ cycle, object_id }) => ({ cycle, id: String(object_id) })),
    ...(last !== undefined && { lastEnd: last.ended_at! }),
  };
}

export async function startedCycle(
  trx: Queries,
  { app, name, kind }: ScheduleRef,
  cycle: WaitingCycle,
  start: CycleStart,
  at: string,
  { by, aside = false }: { readonly by?: string; readonly aside?: boolean },
): Promise<void> {
  const became =
    'id' in start
      ? { state: 'STARTED', object_id: idOf(start.id), open: aside ? 0 : 1, started_at: at, started_by: by ?? null, code: null, reason: null }
      : { state: 'REFUSED', object_id: null, open: 0, started_at: null, started_by: null, code: null, reason: start.refused };
  const row = { app, name, kind, ...plan(cycle), ...became, decided_at: at, ended_at: null };
  await trx
    .insertInto('cycles')
    .values(row)
    // What has started stays as it is: its end may have been seen.
    .onConflict((c) => c.columns(['app', 'name', 'cycle']).doUpdateSet(became).where('cycles.state', '!=', 'STARTED'))
    .execute();
}

export async function listCycles(
  db: Queries,
  app: string,
  name: string,
  { state }: { state?: readonly CycleState[] },
  { before, limit }: { before?: string; limit: number },
): Promise<CycleRow[]> {
  let query = withObjects(db, app, name).orderBy('c.cycle', 'desc').limit(limit);
  if (state !== undefined) query = query.where('c.state', 'in', state);
  if (before !== undefined) query = query.where('c.cycle', '<', before);
  return (await query.execute()).map(fromRow);
}

export async function cyclesAt(db: Queries, app: string, name: string, cycles: readonly string[]): Promise<CycleRow[]> {
  if (cycles.length === 0) return [];
  return (await withObjects(db, app, name).where('c.cycle', 'in', cycles).orderBy('c.cycle').execute()).map(fromRow);
}

/** How many pruneCycles would remove. */
export async function countOld(db: Queries, before: string): Promise<number> {
  const { count } = await db
    .selectFrom('cycles')
    .select((e) => e.fn.countAll().as('count'))
    .where('decided_at', '<', before)
    .where('open', '=', 0)
    .where('state', '!=', 'WAITING')
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function pruneCycles(trx: Queries, before: string): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('cycles')
    .where('decided_at', '<', before)
    .where('open', '=', 0)
    .where('state', '!=', 'WAITING')
    .executeTakeFirst();
  return Number(numDeletedRows);
}

interface Objects {
  readonly job_status: string | null;
  readonly run_status: string | null;
  readonly run_outcome: string | null;
  readonly job_end: string | null;
  readonly run_end: string | null;
}

const fromRow = (row: Selectable<CyclesTable> & Objects): CycleRow => ({
  kind: row.kind as ScheduledKind,
  cycle: row.cycle,
  fireAt: row.fire_at,
  planned: row.planned,
  zone: row.zone,
  dataDate: row.data_date,
  state: row.state as CycleState,
  decidedAt: row.decided_at,
  ...filled({
    code: row.code as SkipCode | null,
    reason: row.reason,
    id: row.object_id === null ? null : String(row.object_id),
    startedAt: row.started_at,
    by: row.started_by,
    status: row.job_status ?? row.run_status,
    outcome: row.run_outcome,
    endedAt: row.job_end ?? row.run_end ?? (row.job_status === null && row.run_status === null ? row.ended_at : null),
  }),
});
