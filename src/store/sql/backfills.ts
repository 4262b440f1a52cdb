// Backfills: what was asked for, how each stands, and which of them should look. Their cycles are in backfill-cycles.ts.
import type { Selectable } from 'kysely';
import type { BackfillAnswer, BackfillKill, BackfillQuestion, BackfillSettings, BackfillState } from '../../specs/backfill.ts';
import type { ScheduledKind, ScheduleHold } from '../../specs/schedule-run.ts';
import type { BackfillRow, Backfills, NewBackfill } from '../backfills-contract.ts';
import {
  countCycles,
  cycleOf,
  deciding,
  hasEnded,
  insertCycles,
  listCycles,
  noteEnds,
  objectsOf,
  openOf,
  skipWaiting,
  startedOf,
  waitingOf,
} from './backfill-cycles.ts';
import type { BackfillsTable } from './backfill-tables.ts';
import type { Queries, Sql } from './sql.ts';
import { filled, fromJson, idOf, toJson } from './values.ts';

export function sqlBackfills({ db, write }: Sql): Backfills {
  return {
    created: (backfill, cycles) =>
      write(async (trx) => {
        const known = backfill.requestId === undefined ? undefined : await ofRequest(trx, backfill.app, backfill.requestId);
        if (known !== undefined) return known;
        await insert(trx, backfill);
        await insertCycles(trx, backfill, cycles);
        return (await rowOf(trx, backfill.id))!;
      }),
    backfill: (id) => rowOf(db, id),
    byRequestId: (app, requestId) => ofRequest(db, app, requestId),

    async backfills(app, { name }, { before, limit }) {
      let query = db.selectFrom('backfills').selectAll().where('app', '=', app).orderBy('id', 'desc').limit(limit);
      if (name !== undefined) query = query.where('name', '=', name);
      if (before !== undefined) query = query.where('id', '<', idOf(before));
      return (await query.execute()).map(fromRow);
    },

    counts: (id) => countCycles(db, id),
    cycles: (id, filter, page) => listCycles(db, id, filter, page),
    cycle: (id, key) => cycleOf(db, id, key),
    objects: (target, cycles) => objectsOf(db, target, cycles),
    looked: (question, at) => write((trx) => looked(trx, question, at)),
    deciding: (id, key, fate) => write((trx) => deciding(trx, id, key, fate)),
    started: (id, start, at) => write((trx) => startedOf(trx, id, start, at)),

    ended: (id, state, reason, at) =>
      write(async (trx) => {
        await trx
          .updateTable('backfills')
          .set({ state, reason, ended_at: at, updated_at: at })
          .where('id', '=', idOf(id))
          .where('ended_at', 'is', null)
          .execute();
        await skipWaiting(trx, id, reason);
      }),

    async wakeable(before, limit) {
      const told = await hasEnded(db.selectFrom('backfill_cycles as c')).select('c.backfill_id').distinct().limit(limit).execute();
      const rows = await db
        .selectFrom('backfills as b')
        .select(['b.app', 'b.id'])
        .where('b.ended_at', 'is', null)
        .where((e) =>
          e.or([
            e(
              'b.id',
              'in',
              told.map(({ backfill_id }) => backfill_id),
            ),
            e.and([
              e('b.updated_at', '<', before),
              e('b.hold', 'is', null),
              e.not(
                e.exists(
                  e.selectFrom('backfill_cycles as c').select('c.cycle').whereRef('c.backfill_id', '=', 'b.id').where('c.state', '=', 'STARTED'),
                ),
              ),
            ]),
          ]),
        )
        .limit(limit)
        .execute();
      return rows.map(({ app, id }) => ({ app, id: String(id) }));
    },

    async prune(before, dryRun = false) {
      if (!dryRun) {
        const { numDeletedRows } = await write((trx) => trx.deleteFrom('backfills').where('ended_at', '<', before).executeTakeFirstOrThrow());
        return Number(numDeletedRows);
      }
      const { count } = await db
        .selectFrom('backfills')
        .select((e) => e.fn.countAll().as('count'))
        .where('ended_at', '<', before)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}

async function insert(trx: Queries, backfill: NewBackfill): Promise<void> {
  const { id, app, name, kind, version, requestId, digest, settings, createdBy, createdAt } = backfill;
  await trx
    .insertInto('backfills')
    .values({
      id: idOf(id),
      app,
      name,
      kind,
      version,
      request_id: requestId ?? null,
      digest,
      settings: JSON.stringify(settings),
      state: 'RUNNING',
      reason: null,
      hold: null,
      kill: null,
      created_by: createdBy,
      created_at: createdAt,
      updated_at: createdAt,
      ended_at: null,
    })
    .execute();
}

async function rowOf(db: Queries, id: string): Promise<BackfillRow | undefined> {
  const row = await db.selectFrom('backfills').selectAll().where('id', '=', idOf(id)).executeTakeFirst();
  return row && fromRow(row);
}

async function ofRequest(db: Queries, app: string, requestId: string): Promise<BackfillRow | undefined> {
  const row = await db.selectFrom('backfills').selectAll().where('app', '=', app).where('request_id', '=', requestId).executeTakeFirst();
  return row && fromRow(row);
}

async function looked(trx: Queries, { app, id, hold, kill, limit }: BackfillQuestion, at: string): Promise<BackfillAnswer> {
  await trx
    .updateTable('backfills')
    .set({ updated_at: at, ...(hold !== undefined && { hold: toJson(hold) }), ...(kill !== undefined && { kill: toJson(kill) }) })
    .where('id', '=', idOf(id))
    .where('ended_at', 'is', null)
    .execute();
  const row = await rowOf(trx, id);
  if (row === undefined || row.app !== app) return { over: true, reason: `there is no backfill ${id}` };
  if (row.endedAt !== undefined) return { over: true, reason: row.reason ?? row.state };
  await noteEnds(trx, id);
  const waiting = await waitingOf(trx, id, limit + 1);
  const { failed, refused, waiting: left } = await countCycles(trx, id);
  return {
    over: false,
    parallelism: row.settings.parallelism,
    failFast: row.settings.failFast,
    open: await openOf(trx, id),
    failed: failed + refused,
    waiting: waiting.slice(0, limit),
    more: left > Math.min(waiting.length, limit),
    ...(row.hold !== undefined && { hold: row.hold }),
    ...(row.kill !== undefined && { kill: row.kill }),
  };
}

const fromRow = (row: Selectable<BackfillsTable>): BackfillRow => ({
  id: String(row.id),
  app: row.app,
  name: row.name,
  kind: row.kind as ScheduledKind,
  version: row.version,
  digest: row.digest,
  settings: JSON.parse(row.settings) as BackfillSettings,
  state: row.state as BackfillState,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  ...filled({
    requestId: row.request_id,
    reason: row.reason,
    hold: fromJson(row.hold) as ScheduleHold | undefined,
    kill: fromJson(row.kill) as BackfillKill | undefined,
    endedAt: row.ended_at,
  }),
});
