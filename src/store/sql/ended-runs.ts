// What prune asks of runs, and does with them: a run goes with its jobs.
import type { RunInput } from '../../specs/run.ts';
import type { Runs } from '../contract.ts';
import { perJob } from './ended.ts';
import type { RunChanges } from './run-projection.ts';
import type { Queries, Sql } from './sql.ts';
import { fromJson, idOf } from './values.ts';

/** Jobs that go in one transaction, so that nobody waits long for it. */
const JOBS = 200;

export async function endedRuns(db: Queries, ...[before, { after, limit }]: Parameters<Runs['ended']>): ReturnType<Runs['ended']> {
  let query = db.selectFrom('runs').select(['run_id', 'ended_at']).where('ended_at', '<', before).orderBy('ended_at').orderBy('run_id').limit(limit);
  if (after !== undefined)
    query = query.where((e) => e(e.refTuple('ended_at', 'run_id'), '>', e.tuple(after.endedAt as string | null, idOf(after.runId))));
  return (await query.execute()).map(({ run_id, ended_at }) => ({ runId: String(run_id), endedAt: ended_at! }));
}

export async function jobKeysOf(db: Queries, runId: string): ReturnType<Runs['jobKeys']> {
  const rows = await db.selectFrom('jobs').select('job_id').where('run', '=', idOf(runId)).orderBy('job_id').execute();
  const keys = await perJob(db, rows, 'key');
  return rows.map(({ job_id }) => ({ jobId: String(job_id), keys: keys.get(String(job_id)) ?? [] }));
}

export async function runReferences(db: Queries, ...[{ before, limit }]: Parameters<Runs['references']>): ReturnType<Runs['references']> {
  let query = db.selectFrom('run_inputs').selectAll().orderBy('run_id', 'desc').limit(limit);
  if (before !== undefined) query = query.where('run_id', '<', idOf(before));
  return (await query.execute()).map(({ run_id, input, changes }) => {
    const changed = (fromJson(changes) as RunChanges | undefined)?.spec;
    return { runId: String(run_id), specs: [(JSON.parse(input) as RunInput).spec, ...(changed === undefined ? [] : [changed])] };
  });
}

/**
 * Whether a run goes is decided with its row; its jobs, which may be very many, follow. One whose run is gone counts as a job without a run, so
 * that what an interrupted removal leaves behind goes by its own age.
 */
export async function removeRuns(write: Sql['write'], runIds: readonly string[]): Promise<void> {
  if (runIds.length === 0) return;
  const ids = runIds.map(idOf);
  const gone = await write((trx) =>
    trx.deleteFrom('runs').where('run_id', 'in', ids).where('ended_at', 'is not', null).returning('run_id').execute(),
  );
  for (const { run_id } of gone) {
    const someJobs = (trx: Queries) => trx.selectFrom('jobs').select('job_id').where('run', '=', BigInt(run_id)).limit(JOBS);
    for (let left = BigInt(JOBS); left === BigInt(JOBS);)
      left = (await write((trx) => trx.deleteFrom('jobs').where('job_id', 'in', someJobs(trx)).executeTakeFirst())).numDeletedRows;
  }
}
