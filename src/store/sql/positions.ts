// Positions of events: one count for jobs and runs, so that who reads on from the newest position misses neither.
import type { Change } from '../contract.ts';
import type { Queries } from './sql.ts';
import type { Id } from './tables.ts';

const COUNT = 'events';

/** As many new positions, in order; nobody else gets any until the transaction ends. */
export async function takePositions(trx: Queries, count: number): Promise<number[]> {
  const { newest } = await trx
    .updateTable('positions')
    .set((e) => ({ newest: e('newest', '+', count) }))
    .where('name', '=', COUNT)
    .returning('newest')
    .executeTakeFirstOrThrow();
  return Array.from({ length: count }, (_, i) => newest - count + 1 + i);
}

export async function newestPosition(db: Queries): Promise<number> {
  return (await db.selectFrom('positions').select('newest').where('name', '=', COUNT).executeTakeFirstOrThrow()).newest;
}

/** Which jobs and runs have changed after a position, in order. */
export async function changesAfter(db: Queries, after: number, limit: number): Promise<Change[]> {
  const jobs = db
    .selectFrom('events')
    .innerJoin('jobs', 'jobs.job_id', 'events.job_id')
    .select(['events.position', 'events.app', 'jobs.run as run_id'])
    .select((e) => e.ref('events.job_id').$castTo<Id | null>().as('job_id'))
    .where('events.position', '>', after)
    .orderBy('events.position')
    .limit(limit);
  const runs = db
    .selectFrom('run_events')
    .select(['position', 'app'])
    .select((e) => [e.ref('run_id').$castTo<Id | null>().as('run_id'), e.lit(null).$castTo<Id | null>().as('job_id')])
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit);
  const both = db
    .selectFrom(jobs.as('of_jobs'))
    .selectAll()
    .unionAll(db.selectFrom(runs.as('of_runs')).selectAll());
  const rows = await db.selectFrom(both.as('both')).selectAll().orderBy('position').limit(limit).execute();
  return rows.map(({ position, app, job_id, run_id }) => ({
    position,
    ...(job_id !== null && { jobId: String(job_id) }),
    ...(run_id !== null && { runId: String(run_id) }),
    app,
  }));
}
