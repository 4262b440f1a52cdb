// The first tables, and the installation's mark: a random 128-bit id that every started thing carries.
import { randomBytes } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { Tables } from '../sql/tables.ts';

/** Job ids and positions are `integer` here, which in SQLite holds 64 bits; a dialect whose integer is shorter needs its bigint. */
export const initial = { up };

async function up(db: Kysely<Tables>): Promise<void> {
  await configuration(db);
  await executions(db);
  await admission(db);
  await accounts(db);
  const mark = randomBytes(16).toString('hex');
  await db.insertInto('meta').values({ name: 'mark', value: mark }).execute();
}

async function configuration(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('definitions')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('spec', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('definitions_pk', ['kind', 'app', 'name', 'version'])
    .execute();
  await db.schema
    .createTable('definition_heads')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('removed_at', 'text')
    .addColumn('removed_by', 'text')
    .addPrimaryKeyConstraint('definition_heads_pk', ['kind', 'app', 'name'])
    .execute();
  await db.schema.createIndex('definition_heads_name').on('definition_heads').columns(['kind', 'name', 'app']).execute();
}

async function executions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('jobs')
    .addColumn('job_id', 'integer', (c) => c.primaryKey())
    .addColumn('workflow_id', 'text', (c) => c.notNull().unique())
    .addColumn('run_id', 'text')
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('cluster', 'text', (c) => c.notNull())
    .addColumn('queue', 'text', (c) => c.notNull())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('priority', 'integer', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('code', 'text')
    .addColumn('blame', 'text')
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('kill_requested', 'text')
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('seq', 'integer', (c) => c.notNull())
    .execute();
  await jobIndexes(db);
  await db.schema
    .createTable('job_inputs')
    .addColumn('job_id', 'integer', (c) => c.primaryKey().references('jobs.job_id').onDelete('cascade'))
    .addColumn('input', 'text', (c) => c.notNull())
    .addColumn('patch', 'text')
    .addColumn('attempt_patch', 'text')
    .execute();
  await db.schema
    .createTable('job_labels')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addColumn('job_id', 'integer', (c) => c.notNull().references('jobs.job_id').onDelete('cascade'))
    .addPrimaryKeyConstraint('job_labels_pk', ['name', 'value', 'job_id'])
    .execute();
  await db.schema.createIndex('job_labels_job').on('job_labels').column('job_id').execute();
  await db.schema
    .createTable('attempts')
    .addColumn('job_id', 'integer', (c) => c.notNull().references('jobs.job_id').onDelete('cascade'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('key', 'text')
    .addColumn('worker_id', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('blame', 'text')
    .addColumn('reason', 'text')
    .addColumn('handle', 'text')
    .addColumn('observation', 'text')
    .addColumn('timings', 'text')
    .addColumn('outputs', 'text')
    .addColumn('exit_code', 'integer')
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('attempts_pk', ['job_id', 'attempt'])
    .execute();
  await db.schema.createIndex('attempts_key').on('attempts').column('key').execute();
  await db.schema
    .createTable('events')
    .addColumn('position', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('job_id', 'integer', (c) => c.notNull().references('jobs.job_id').onDelete('cascade'))
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addUniqueConstraint('events_job', ['job_id', 'seq'])
    .execute();
  await db.schema.createIndex('events_app').on('events').columns(['app', 'position']).execute();
}

/** Lists are newest first, so every index ends in the job id; jobs_app holds all filters, for combinations that no other index is made for. */
async function jobIndexes(db: Kysely<Tables>): Promise<void> {
  const indexes = {
    jobs_app: ['app', 'job_id', 'status', 'cluster', 'queue', 'type', 'group_name', 'name'],
    jobs_app_status: ['app', 'status', 'job_id'],
    jobs_app_cluster: ['app', 'cluster', 'status', 'job_id'],
    jobs_status: ['status', 'job_id'],
    jobs_cluster: ['cluster', 'job_id'],
    jobs_queue: ['queue', 'job_id'],
    jobs_type: ['type', 'job_id'],
    jobs_name: ['name', 'job_id'],
    jobs_group: ['group_name', 'job_id'],
    jobs_created: ['created_at', 'job_id'],
    jobs_ended: ['ended_at', 'job_id'],
  } as const;
  for (const [name, columns] of Object.entries(indexes))
    await db.schema
      .createIndex(name)
      .on('jobs')
      .columns([...columns])
      .execute();
}

async function admission(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('leases')
    .addColumn('arrival', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('job_id', 'text', (c) => c.notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('cluster', 'text', (c) => c.notNull())
    .addColumn('queue', 'text', (c) => c.notNull())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('priority', 'integer', (c) => c.notNull())
    .addColumn('workers', 'text', (c) => c.notNull())
    .addColumn('arrived_at', 'text', (c) => c.notNull())
    .addColumn('granted_at', 'text')
    .addColumn('taken_at', 'text')
    .addColumn('worker_id', 'text')
    .addCheckConstraint('leases_state', sql`state in ('waiting', 'granted', 'taken')`)
    .execute();
  const queueKey = ['cluster', 'queue', 'app', 'group_name', 'priority'] as const;
  await db.schema
    .createIndex('leases_queue_key')
    .on('leases')
    .columns(['state', ...queueKey, 'arrival', 'arrived_at'])
    .execute();
  await db.schema.createIndex('leases_queue').on('leases').columns(['cluster', 'queue', 'state', 'priority', 'arrival']).execute();
  await db.schema.createIndex('leases_app').on('leases').columns(['app', 'state', 'priority', 'arrival']).execute();
  await db.schema
    .createTable('queue_keys')
    .addColumn('cluster', 'text', (c) => c.notNull())
    .addColumn('queue', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('priority', 'integer', (c) => c.notNull())
    .addColumn('served_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('queue_keys_pk', [...queueKey])
    .execute();
}

async function accounts(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute();
  await db.schema
    .createTable('workers')
    .addColumn('worker_id', 'text', (c) => c.primaryKey())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('seen_at', 'text', (c) => c.notNull())
    .addColumn('offline', 'integer', (c) => c.notNull())
    .addColumn('slots', 'integer', (c) => c.notNull())
    .addColumn('running', 'integer', (c) => c.notNull())
    .addColumn('load', 'real', (c) => c.notNull())
    .addColumn('free_memory', 'bigint', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('audit')
    .addColumn('position', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('at', 'text', (c) => c.notNull())
    .addColumn('by', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('object', 'text', (c) => c.notNull())
    .addColumn('detail', 'text')
    .addColumn('hash', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('audit_app').on('audit').columns(['app', 'position']).execute();
  await db.schema
    .createTable('signing_keys')
    .addColumn('app', 'text', (c) => c.primaryKey())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('dead_letters')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('job_id', 'text', (c) => c.notNull())
    .addColumn('app', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('error', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('dead_letters_app').on('dead_letters').columns(['app', 'at']).execute();
  await db.schema.createIndex('dead_letters_at').on('dead_letters').column('at').execute();
}
