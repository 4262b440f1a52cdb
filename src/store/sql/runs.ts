// Runs: the projection of executions of DAGs, and the archive of those that have ended.
import { expressionBuilder } from 'kysely';
import type { RunEvent, RunInput } from '../../specs/run.ts';
import type { Status } from '../../specs/status.ts';
import { crashPoint } from '../../crash-points.ts';
import type { RunDetail, Runs } from '../contract.ts';
import { appendEntry } from './audit.ts';
import { endedRuns, jobKeysOf, removeRuns, runReferences } from './ended-runs.ts';
import { insertRun, nodeRows, recordRun } from './record-run.ts';
import { listRuns } from './run-list.ts';
import { changedInput, type RunChanges } from './run-projection.ts';
import { toNode, toRun } from './run-rows.ts';
import type { RunsTable } from './run-tables.ts';
import type { Queries, Sql } from './sql.ts';
import type { Tables } from './tables.ts';
import { filled, fromJson, idOf } from './values.ts';

export function sqlRuns({ db, write }: Sql): Runs {
  return {
    created: (input, workflowId, audit) =>
      write(async (trx) => {
        await insertRun(trx, input, workflowId);
        if (audit !== undefined) await appendEntry(trx, audit);
      }),

    async record(record) {
      await write((trx) => recordRun(trx, record));
      crashPoint('record-run.after-commit');
    },

    async run(runId) {
      const row = await withInput(db).where('runs.run_id', '=', idOf(runId)).executeTakeFirst();
      return row && toDetail(row);
    },

    async byWorkflowId(workflowId) {
      const row = await withInput(db).where('runs.workflow_id', '=', workflowId).executeTakeFirst();
      return row && toDetail(row);
    },

    runs: async (filter, page) => (await listRuns(db, filter, { ...page, order: 'desc' })).map(toRun),

    async nodes(runId, names) {
      if (names !== undefined) return (await nodeRows(db, idOf(runId), names)).map(toNode);
      return (await db.selectFrom('run_nodes').selectAll().where('run_id', '=', idOf(runId)).execute()).map(toNode);
    },

    async jobCounts(runId) {
      const rows = await db
        .selectFrom('jobs')
        .leftJoin('run_nodes', (on) => on.onRef('run_nodes.run_id', '=', 'jobs.run').onRef('run_nodes.node', '=', 'jobs.node'))
        .select((e) => ['jobs.node', 'jobs.status', e.fn.countAll().as('all'), e.fn.sum(isFinal).as('final')])
        .where('jobs.run', '=', idOf(runId))
        .where((e) => e.or([e('jobs.item', 'is', null), e('run_nodes.items', 'is', null), e(itemIndex, '<', e.ref('run_nodes.items'))]))
        .groupBy(['jobs.node', 'jobs.status'])
        .execute();
      return rows.map(({ node, status, all, final }) => {
        return { node: node!, status: status as Status, count: Number(all) - Number(final), final: Number(final) > 0 };
      });
    },

    async events(runId, after, limit) {
      const query = db.selectFrom('run_events').select('event').where('run_id', '=', idOf(runId)).where('seq', '>', after);
      return (await query.orderBy('seq').limit(limit).execute()).map(({ event }) => JSON.parse(event) as RunEvent);
    },

    async ofCycles(app, dag, cycles) {
      if (cycles.length === 0) return [];
      const query = db.selectFrom('runs').selectAll().where('app', '=', app).where('dag', '=', dag).where('cycle_at', 'in', cycles);
      return (await query.orderBy('cycle_at').execute()).map(toRun);
    },

    unfinished: async (page) => (await listRuns(db, { status: ['WAITING', 'RUNNING'] }, { ...page, order: 'asc' })).map(toRun),

    ended: (before, page) => endedRuns(db, before, page),
    jobKeys: (runId) => jobKeysOf(db, runId),
    references: (page) => runReferences(db, page),
    remove: (runIds) => removeRuns(write, runIds),
  };
}

const withInput = (db: Queries) =>
  db
    .selectFrom('runs')
    .innerJoin('run_inputs', 'run_inputs.run_id', 'runs.run_id')
    .selectAll('runs')
    .select(['run_inputs.input', 'run_inputs.changes']);

function toDetail(row: RunsTable & { input: string; changes: string | null }): RunDetail {
  const input = changedInput(JSON.parse(row.input) as RunInput, (fromJson(row.changes) as RunChanges | undefined) ?? {});
  return { ...toRun(row), input, ...filled({ temporalRunId: row.temporal_run_id }) };
}

const ofJobs = expressionBuilder<Tables, 'jobs'>();

const isFinal = ofJobs.case().when('jobs.item', '=', 'final').then(1).else(0).end();

/** The job after the items is below them all. */
const itemIndex = ofJobs.case().when('jobs.item', '=', 'final').then(-1).else(ofJobs.cast<number>('jobs.item', 'integer')).end();
