// Lists of jobs that stay fast at a million rows: every branch walks one index in the order of job ids and stops at the limit.
import type { SelectQueryBuilder } from 'kysely';
import type { JobFilter } from '../contract.ts';
import { STATUSES, type Status } from '../../specs/status.ts';
import type { Queries } from './sql.ts';
import type { JobsTable, Tables } from './tables.ts';
import { idOf } from './values.ts';

export interface JobPage {
  /** A job id: older ones only. */
  readonly before?: string;
  /** A job id: newer ones only. */
  readonly after?: string;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

/** Rows that match, in the order of job ids. Several statuses are a branch each, because no index gives two of them in order. */
export async function listJobs(db: Queries, filter: JobFilter, page: JobPage): Promise<JobsTable[]> {
  const bounds = await idsBetween(db, filter);
  if (bounds === 'none') return [];
  const within = { ...page, ...bounds };
  const statuses = filter.status ?? [];
  const branches = statuses.length < STATUSES.length && statuses.length > 0 ? [...new Set(statuses)] : [undefined];
  const [first, ...others] = branches.map((status) => db.selectFrom(branch(db, filter, within, status).as('branch')).selectAll());
  const ids = others.reduce((all, one) => all.unionAll(one), first!);
  return db
    .selectFrom(ids.as('ids'))
    .innerJoin('jobs', 'jobs.job_id', 'ids.job_id')
    .selectAll('jobs')
    .orderBy('ids.job_id', page.order)
    .limit(page.limit)
    .execute();
}

interface Bounds {
  readonly lowest?: string;
  readonly highest?: string;
}

/**
 * The ids between `since` and `until`, by the index on creation time. Ids rise with creation time, so they bound the walk;
 * the times themselves are compared as well.
 */
async function idsBetween(db: Queries, { since, until }: JobFilter): Promise<Bounds | 'none'> {
  const edge = async (operator: '>=' | '<', time: string): Promise<string | undefined> => {
    const direction = operator === '>=' ? 'asc' : 'desc';
    const row = await db
      .selectFrom('jobs')
      .select('job_id')
      .where('created_at', operator, time)
      .orderBy('created_at', direction)
      .orderBy('job_id', direction)
      .limit(1)
      .executeTakeFirst();
    return row && String(row.job_id);
  };
  const lowest = since === undefined ? undefined : await edge('>=', since);
  const highest = until === undefined ? undefined : await edge('<', until);
  if ((since !== undefined && lowest === undefined) || (until !== undefined && highest === undefined)) return 'none';
  return { ...(lowest === undefined ? {} : { lowest }), ...(highest === undefined ? {} : { highest }) };
}

type Ids = SelectQueryBuilder<Tables, 'jobs', { job_id: JobsTable['job_id'] }>;

function branch(db: Queries, filter: JobFilter, page: JobPage & Bounds, status: Status | undefined): Ids {
  const { label } = filter;
  // A label leads the walk by its own index, which has the job ids in order, too.
  const from =
    label === undefined
      ? db.selectFrom('jobs')
      : (db
          .selectFrom('job_labels')
          .innerJoin('jobs', 'jobs.job_id', 'job_labels.job_id')
          .where('job_labels.name', '=', label.name)
          .where('job_labels.value', '=', label.value) as unknown as SelectQueryBuilder<Tables, 'jobs', object>);
  const id = label === undefined ? 'jobs.job_id' : ('job_labels.job_id' as 'jobs.job_id');

  const equal = {
    'jobs.app': filter.app,
    'jobs.status': status,
    'jobs.cluster': filter.cluster,
    'jobs.queue': filter.queue,
    'jobs.type': filter.type,
    'jobs.name': filter.name,
    'jobs.group_name': filter.group,
  };
  let query = from
    .select(`${id} as job_id` as 'jobs.job_id')
    .orderBy(id, page.order)
    .limit(page.limit) as Ids;
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) query = query.where(column as keyof typeof equal, '=', value);
  const limits = [
    ['<', page.before],
    ['>', page.after],
    ['>=', page.lowest],
    ['<=', page.highest],
  ] as const;
  for (const [operator, value] of limits) if (value !== undefined) query = query.where(id, operator, idOf(value));
  if (filter.since !== undefined) query = query.where('jobs.created_at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('jobs.created_at', '<', filter.until);
  return query;
}
