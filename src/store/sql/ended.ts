// What prune asks: which jobs have ended, and what jobs refer to. A page costs two queries, however many jobs there are.
import type { JobInput, Outputs } from '../../specs/execution.ts';
import type { EndedJob, Executions } from '../contract.ts';
import type { ExpressionBuilder } from 'kysely';
import { changesOf } from './spec-changes.ts';
import type { Queries } from './sql.ts';
import type { Tables } from './tables.ts';
import { idOf } from './values.ts';

export async function endedJobs(db: Queries, ...[{ from, before, run }, { after, limit }]: Parameters<Executions['ended']>): Promise<EndedJob[]> {
  let query = db.selectFrom('jobs').select(['job_id', 'ended_at']).where('ended_at', '<', before).orderBy('ended_at').orderBy('job_id').limit(limit);
  if (run === false) query = query.where(isAlone);
  if (from !== undefined) query = query.where('ended_at', '>=', from);
  if (after !== undefined)
    query = query.where((e) => e(e.refTuple('ended_at', 'job_id'), '>', e.tuple(after.endedAt as string | null, idOf(after.jobId))));
  const rows = await query.execute();
  const keys = await perJob(db, rows, 'key');
  return rows.map(({ job_id, ended_at }) => ({ jobId: String(job_id), endedAt: ended_at!, keys: keys.get(String(job_id)) ?? [] }));
}

/** Whether a job goes by its own age: it is in no run, or in one that is gone. */
export const isAlone = (e: ExpressionBuilder<Tables, 'jobs'>) =>
  e.or([e('jobs.run', 'is', null), e.not(e.exists(e.selectFrom('runs').select('run_id').whereRef('runs.run_id', '=', 'jobs.run')))]);

export async function references(db: Queries, ...[{ before, limit }]: Parameters<Executions['references']>): ReturnType<Executions['references']> {
  let query = db.selectFrom('job_inputs').selectAll().orderBy('job_id', 'desc').limit(limit);
  if (before !== undefined) query = query.where('job_id', '<', idOf(before));
  const rows = await query.execute();
  const outputs = await perJob(db, rows, 'outputs');
  return rows.map((row) => {
    const jobId = String(row.job_id);
    const told = (outputs.get(jobId) ?? []).map((text) => JSON.parse(text) as Outputs);
    return { jobId, spec: (JSON.parse(row.input) as JobInput).spec, changes: changesOf(row), outputs: told };
  });
}

/** A column of the attempts of these jobs, by job, where it has a value. */
export async function perJob(
  db: Queries,
  jobs: readonly { job_id: bigint | number | string }[],
  column: 'key' | 'outputs',
): Promise<Map<string, string[]>> {
  const values = new Map<string, string[]>();
  if (jobs.length === 0) return values;
  const ids = jobs.map(({ job_id }) => BigInt(job_id));
  const query = db
    .selectFrom('attempts')
    .select(['job_id', `${column} as value`])
    .where('job_id', 'in', ids)
    .where(column, 'is not', null);
  for (const { job_id, value } of await query.orderBy('attempt').execute()) {
    const id = String(job_id);
    values.set(id, [...(values.get(id) ?? []), value!]);
  }
  return values;
}
