// Backfills, and what becomes of each of their cycles.
import type { Kysely } from 'kysely';
import type { Tables } from '../sql/tables.ts';

export const backfills = { up };

async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('backfills')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('request_id', 'text')
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('hold', 'text')
    .addColumn('kill', 'text')
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .execute();
  await db.schema
    .createTable('backfill_cycles')
    .addColumn('backfill_id', 'integer', (c) => c.notNull().references('backfills.id').onDelete('cascade'))
    .addColumn('place', 'integer', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('after', 'integer')
    .addColumn('cycle', 'text', (c) => c.notNull())
    .addColumn('planned', 'text', (c) => c.notNull())
    .addColumn('zone', 'text', (c) => c.notNull())
    .addColumn('data_date', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('action', 'text')
    .addColumn('round', 'integer')
    .addColumn('object_id', 'integer')
    .addColumn('status', 'text')
    .addColumn('reason', 'text')
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .addPrimaryKeyConstraint('backfill_cycles_pk', ['backfill_id', 'place'])
    .execute();
  await db.schema.createIndex('backfill_cycles_key').unique().on('backfill_cycles').columns(['backfill_id', 'key']).execute();
  await db.schema.createIndex('backfill_cycles_state').on('backfill_cycles').columns(['state', 'backfill_id', 'place']).execute();
  await db.schema.createIndex('backfills_request').unique().on('backfills').columns(['app', 'request_id']).execute();
  await db.schema.createIndex('backfills_app').on('backfills').columns(['app', 'id']).execute();
  await db.schema.createIndex('backfills_ended').on('backfills').columns(['ended_at', 'updated_at']).execute();
}
