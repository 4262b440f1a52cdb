// Executions: the projection of what Temporal knows, and the archive of what has ended.
import type { JobEvent, JobInput } from '../../specs/execution.ts';
import { isEnd, STATUSES, type Status } from '../../specs/status.ts';
import { crashPoint } from '../../crash-points.ts';
import { applyPatch } from '../../specs/patch.ts';
import type { Executions, JobDetail } from '../contract.ts';
import { appendEntry } from './audit.ts';
import { endedJobs, isAlone, references } from './ended.ts';
import { listJobs } from './job-list.ts';
import { toAttempt, toJob } from './job-rows.ts';
import { changesAfter, newestPosition } from './positions.ts';
import { insertJob, recordEvents } from './record.ts';
import { changesOf } from './spec-changes.ts';
import type { Queries, Sql } from './sql.ts';
import type { JobsTable } from './tables.ts';
import { filled, idOf } from './values.ts';

/** In `meta`. */
const LOGS_PRUNED = 'logs pruned';

const UNENDED = STATUSES.filter((status) => !isEnd(status));

export function sqlExecutions({ db, write, onRecorded }: Sql): Executions {
  return {
    created: (input, workflowId, audit) =>
      write(async (trx) => {
        await insertJob(trx, input, workflowId);
        if (audit !== undefined) await appendEntry(trx, audit);
      }),

    async record(request) {
      await write((trx) => recordEvents(trx, request));
      crashPoint('record.after-commit');
    },

    async job(jobId) {
      const row = await withInput(db).where('jobs.job_id', '=', idOf(jobId)).executeTakeFirst();
      return row && toDetail(row, JSON.parse(row.input) as JobInput);
    },

    async byWorkflowId(workflowId) {
      const row = await withInput(db).where('jobs.workflow_id', '=', workflowId).executeTakeFirst();
      if (row === undefined) return undefined;
      const input = JSON.parse(row.input) as JobInput;
      return { ...toDetail(row, input), input, ...filled({ runId: row.run_id }) };
    },

    async attempts(jobId) {
      const rows = await db.selectFrom('attempts').selectAll().where('job_id', '=', idOf(jobId)).orderBy('attempt').execute();
      return rows.map(toAttempt);
    },

    jobs: async (filter, page) => (await listJobs(db, filter, { ...page, order: 'desc' })).map(toJob),

    async events(jobId, after, limit) {
      const query = db.selectFrom('events').select('event').where('job_id', '=', idOf(jobId)).where('seq', '>', after);
      return (await query.orderBy('seq').limit(limit).execute()).map(({ event }) => JSON.parse(event) as JobEvent);
    },

    async feed(app, after, limit) {
      let query = db.selectFrom('events').selectAll().where('position', '>', after).orderBy('position').limit(limit);
      if (app !== undefined) query = query.where('app', '=', app);
      const rows = await query.execute();
      return rows.map((row) => ({ ...(JSON.parse(row.event) as JobEvent), position: row.position, jobId: String(row.job_id), app: row.app }));
    },

    head: () => newestPosition(db),
    changes: (after, limit) => changesAfter(db, after, limit),

    onRecorded,

    async unfinished(page) {
      const rows = await listJobs(db, { status: UNENDED }, { ...page, order: 'asc' });
      const keys = await currentKeys(
        db,
        rows.map((row) => BigInt(row.job_id)),
      );
      return rows.map((row) => ({ ...toJob(row), ...filled({ key: keys.get(`${row.job_id}/${row.attempt}`), runId: row.run_id }) }));
    },

    async attemptByKey(key) {
      const row = await db
        .selectFrom('attempts')
        .innerJoin('jobs', 'jobs.job_id', 'attempts.job_id')
        .select(['attempts.job_id', 'attempts.attempt', 'attempts.status', 'jobs.workflow_id', 'jobs.attempt as current'])
        .where('attempts.key', '=', key)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { job_id, workflow_id, attempt, status, current } = row;
      return { jobId: String(job_id), workflowId: workflow_id, attempt, status: status as Status, currentAttempt: current };
    },

    async counts(app) {
      let query = db
        .selectFrom('jobs')
        .select((e) => ['app', 'cluster', 'status', e.fn.countAll().as('count')])
        .groupBy(['app', 'cluster', 'status']);
      if (app !== undefined) query = query.where('app', '=', app);
      const rows = await query.execute();
      return rows.map((row) => ({ ...row, status: row.status as Status, count: Number(row.count) }));
    },

    ended: (within, page) => endedJobs(db, within, page),
    references: (page) => references(db, page),

    logsPruned: async () => (await db.selectFrom('meta').select('value').where('name', '=', LOGS_PRUNED).executeTakeFirst())?.value,

    markLogsPruned: (value) =>
      write(async (trx) => {
        await trx
          .insertInto('meta')
          .values({ name: LOGS_PRUNED, value })
          .onConflict((c) => c.column('name').doUpdateSet({ value }))
          .execute();
      }),

    remove: (jobIds) =>
      write(async (trx) => {
        const query = trx.deleteFrom('jobs').where('ended_at', 'is not', null).where(isAlone);
        if (jobIds.length > 0) await query.where('job_id', 'in', jobIds.map(idOf)).execute();
      }),
  };
}

const withInput = (db: Queries) =>
  db
    .selectFrom('jobs')
    .innerJoin('job_inputs', 'job_inputs.job_id', 'jobs.job_id')
    .selectAll('jobs')
    .select(['job_inputs.input', 'job_inputs.patch', 'job_inputs.attempt_patch']);

function toDetail(row: JobsTable & { patch: string | null; attempt_patch: string | null }, { spec }: JobInput): JobDetail {
  const changes = changesOf(row);
  return { ...toJob(row), ...changes, spec: applyPatch(spec, changes.attemptPatch) };
}

async function currentKeys(db: Queries, ids: readonly bigint[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('attempts').select(['job_id', 'attempt', 'key']).where('job_id', 'in', ids).execute();
  return new Map(rows.filter((row) => row.key !== null).map((row) => [`${row.job_id}/${row.attempt}`, row.key!]));
}
