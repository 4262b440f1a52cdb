// Schedules: how far each has come. The cycles themselves are in cycles.ts.
import type { Selectable } from 'kysely';
import type { ScheduledKind, ScheduleHold, ScheduleRef } from '../../specs/schedule-run.ts';
import type { Decision, ScheduleRow, Schedules } from '../schedules-contract.ts';
import { countOld, cyclesAt, insertCycles, listCycles, openCycles, pruneCycles, startedCycle, waitingCycles } from './cycles.ts';
import type { SchedulesTable } from './schedule-tables.ts';
import type { Queries, Sql } from './sql.ts';
import { filled, fromJson, now, toJson } from './values.ts';

export function sqlSchedules({ db, write }: Sql): Schedules {
  return {
    saved: (schedule, since) => write((trx) => saved(trx, schedule, since)),
    removed: (schedule, at, reason) => write((trx) => removed(trx, schedule, at, reason)),

    async schedule(app, name) {
      const row = await db.selectFrom('schedules').selectAll().where('app', '=', app).where('name', '=', name).executeTakeFirst();
      return row && fromRow(row);
    },

    async schedules(app, { after, limit }) {
      let query = db.selectFrom('schedules').selectAll().where('ended_at', 'is', null).orderBy('name').orderBy('app').limit(limit);
      if (app !== undefined) query = query.where('app', '=', app);
      if (after !== undefined) query = query.where((e) => e(e.refTuple('name', 'app'), '>', e.tuple(after.name, after.app)));
      return (await query.execute()).map(fromRow);
    },

    open: (app, name) => openCycles(db, write, app, name),
    decided: (decision) => write((trx) => decided(trx, decision)),
    started: (schedule, cycle, start, at, more = {}) => write((trx) => startedCycle(trx, schedule, cycle, start, at, more)),
    cycles: (app, name, filter, page) => listCycles(db, app, name, filter, page),
    cyclesAt: (app, name, cycles) => cyclesAt(db, app, name, cycles),

    async wakeable(limit) {
      const rows = await db
        .selectFrom('schedules as s')
        .select(['s.app', 's.name', 's.kind'])
        .where('s.awaits', '=', 1)
        .where('s.ended_at', 'is', null)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('cycles as c')
                .leftJoin('jobs as j', (join) => join.onRef('j.job_id', '=', 'c.object_id').on('c.kind', '=', 'Job'))
                .leftJoin('runs as r', (join) => join.onRef('r.run_id', '=', 'c.object_id').on('c.kind', '=', 'Dag'))
                .select('c.cycle')
                .whereRef('c.app', '=', 's.app')
                .whereRef('c.name', '=', 's.name')
                .where('c.open', '=', 1)
                .where((w) =>
                  w.or([
                    w.and([w('j.job_id', 'is not', null), w('j.ended_at', 'is', null)]),
                    w.and([w('r.run_id', 'is not', null), w('r.ended_at', 'is', null)]),
                  ]),
                ),
            ),
          ),
        )
        .limit(limit)
        .execute();
      return rows.map(({ app, name, kind }) => ({ app, name, kind: kind as ScheduledKind }));
    },

    pruneCycles: (before, dryRun = false) => (dryRun ? countOld(db, before) : write((trx) => pruneCycles(trx, before))),
  };
}

async function saved(trx: Queries, { app, name, kind }: ScheduleRef, since: string): Promise<void> {
  const anew = {
    kind,
    version: 0,
    since,
    saved_at: null,
    decided_until: null,
    next_wake_at: null,
    hold: null,
    awaits: 0,
    ended_at: null,
    updated_at: now(),
  };
  await trx
    .insertInto('schedules')
    .values({ app, name, ...anew })
    .onConflict((c) => c.columns(['app', 'name']).doUpdateSet(anew).where('schedules.ended_at', 'is not', null))
    .execute();
}

async function removed(trx: Queries, { app, name }: Omit<ScheduleRef, 'kind'>, at: string, reason: string): Promise<void> {
  await trx
    .updateTable('schedules')
    .set({ ended_at: at, next_wake_at: null, awaits: 0, updated_at: at })
    .where('app', '=', app)
    .where('name', '=', name)
    .where('ended_at', 'is', null)
    .execute();
  await trx
    .updateTable('cycles')
    .set({ state: 'SKIPPED', code: 'REMOVED', reason, decided_at: at })
    .where('app', '=', app)
    .where('name', '=', name)
    .where('state', '=', 'WAITING')
    .execute();
}

async function decided(trx: Queries, decision: Decision) {
  const { app, name, kind, version, savedAt, decidedUntil, nextWakeAt, hold, awaits, at } = decision;
  const told = {
    version,
    saved_at: savedAt,
    decided_until: decidedUntil,
    next_wake_at: nextWakeAt ?? null,
    hold: toJson(hold),
    awaits: awaits ? 1 : 0,
    updated_at: at,
  };
  await trx
    .insertInto('schedules')
    .values({ app, name, kind, since: '', ended_at: null, ...told })
    // One that was removed meanwhile stays so.
    .onConflict((c) => c.columns(['app', 'name']).doUpdateSet(told).where('schedules.ended_at', 'is', null))
    .execute();
  await insertCycles(trx, decision);
  return await waitingCycles(trx, decision);
}

const fromRow = (row: Selectable<SchedulesTable>): ScheduleRow => ({
  app: row.app,
  name: row.name,
  kind: row.kind as ScheduledKind,
  version: row.version,
  since: row.since,
  updatedAt: row.updated_at,
  ...filled({
    savedAt: row.saved_at,
    decidedUntil: row.decided_until,
    nextWakeAt: row.next_wake_at,
    hold: fromJson(row.hold) as ScheduleHold | undefined,
    endedAt: row.ended_at,
  }),
});
