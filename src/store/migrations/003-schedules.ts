// Schedules: how far each has come, and the cycles that were decided.
import type { Kysely } from 'kysely';
import type { Tables } from '../sql/tables.ts';

export const schedules = { up };

async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('schedules')
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('since', 'text', (c) => c.notNull())
    .addColumn('saved_at', 'text')
    .addColumn('decided_until', 'text')
    .addColumn('next_wake_at', 'text')
    .addColumn('hold', 'text')
    .addColumn('awaits', 'integer', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('schedules_pk', ['app', 'name'])
    .execute();
  await db.schema
    .createTable('cycles')
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('cycle', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('fire_at', 'text', (c) => c.notNull())
    .addColumn('planned', 'text', (c) => c.notNull())
    .addColumn('zone', 'text', (c) => c.notNull())
    .addColumn('data_date', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('reason', 'text')
    .addColumn('object_id', 'integer')
    .addColumn('open', 'integer', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('started_by', 'text')
    .addColumn('decided_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addPrimaryKeyConstraint('cycles_pk', ['app', 'name', 'cycle'])
    .execute();
  const indexes = {
    schedules: { schedules_name: ['name', 'app'], schedules_awaits: ['awaits', 'app', 'name'] },
    cycles: {
      cycles_state: ['app', 'name', 'state', 'cycle'],
      cycles_open: ['app', 'name', 'open', 'cycle'],
      cycles_decided: ['decided_at', 'open'],
    },
  } as const;
  for (const [table, named] of Object.entries(indexes))
    for (const [name, columns] of Object.entries(named))
      await db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
        .execute();
}
