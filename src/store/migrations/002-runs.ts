// Runs of DAGs: their rows, inputs, nodes and events; which place in a run a job has; and one count of positions for the events of both.
import { sql, type Kysely } from 'kysely';
import type { Tables } from '../sql/tables.ts';

export const runs = { up };

async function up(db: Kysely<Tables>): Promise<void> {
  await places(db);
  await positions(db);
  await executions(db);
  await indexes(db);
}

/** A job without a run has nulls, so that no row of a job is written anew. */
async function places(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('owner', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('run', 'integer').execute();
  await db.schema.alterTable('jobs').addColumn('node', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('item', 'text').execute();
}

/**
 * The newest position of any event. It is counted in a row of its own, because two tables share it, and because who writes holds that row
 * until the commit: so events are committed in the order of their positions, and a reader that goes on from the newest one misses none.
 */
async function positions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('positions')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('newest', 'bigint', (c) => c.notNull())
    .execute();
  // Well above every position that was ever given: events behind the newest that is left may have been pruned.
  await sql`insert into positions (name, newest) select 'events', coalesce(max(position) + 1000000, 0) from events`.execute(db);
}

async function executions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('run_id', 'integer', (c) => c.primaryKey())
    .addColumn('workflow_id', 'text', (c) => c.notNull().unique())
    .addColumn('temporal_run_id', 'text')
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('dag', 'text', (c) => c.notNull())
    .addColumn('version', 'integer')
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text')
    .addColumn('cycle_at', 'text')
    .addColumn('cycle', 'text')
    .addColumn('parent', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text')
    .addColumn('reason', 'text')
    .addColumn('paused', 'integer', (c) => c.notNull())
    .addColumn('kill_requested', 'text')
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('seq', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('run_inputs')
    .addColumn('run_id', 'integer', (c) => c.primaryKey().references('runs.run_id').onDelete('cascade'))
    .addColumn('input', 'text', (c) => c.notNull())
    .addColumn('changes', 'text')
    .execute();
  await db.schema
    .createTable('run_nodes')
    .addColumn('run_id', 'integer', (c) => c.notNull().references('runs.run_id').onDelete('cascade'))
    .addColumn('node', 'text', (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('code', 'text')
    .addColumn('job_id', 'integer')
    .addColumn('child_run', 'text')
    .addColumn('items', 'integer')
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .addPrimaryKeyConstraint('run_nodes_pk', ['run_id', 'node'])
    .execute();
  await db.schema
    .createTable('run_events')
    .addColumn('position', 'integer', (c) => c.primaryKey())
    .addColumn('run_id', 'integer', (c) => c.notNull().references('runs.run_id').onDelete('cascade'))
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addUniqueConstraint('run_events_run', ['run_id', 'seq'])
    .execute();
}

/** Lists are newest first, so an index has the id after what it is asked for; what follows the id is for filters that have no index of their own. */
async function indexes(db: Kysely<Tables>): Promise<void> {
  const jobs = {
    jobs_run: ['run', 'job_id', 'status', 'node', 'item', 'app', 'cluster', 'queue', 'type', 'group_name', 'name'],
  } as const;
  const runs = {
    runs_app: ['app', 'run_id', 'status', 'outcome', 'dag', 'cycle_at'],
    runs_app_status: ['app', 'status', 'run_id'],
    runs_dag: ['app', 'dag', 'run_id', 'status', 'outcome', 'cycle_at'],
    runs_dag_cycle: ['app', 'dag', 'cycle_at', 'run_id'],
    runs_name: ['dag', 'run_id', 'status', 'outcome', 'cycle_at'],
    runs_status: ['status', 'run_id'],
    runs_outcome: ['outcome', 'run_id'],
    runs_created: ['created_at', 'run_id'],
    runs_ended: ['ended_at', 'run_id'],
  } as const;
  for (const [table, named] of Object.entries({ jobs, runs }))
    for (const [name, columns] of Object.entries(named))
      await db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
        .execute();
}
