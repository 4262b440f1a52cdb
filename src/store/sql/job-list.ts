// Lists of jobs that stay fast at a million rows: every branch walks one index in the order of job ids and stops at the limit.
import type { SelectQueryBuilder } from 'kysely';
import type { JobFilter } from '../contract.ts';
import { isEnd, STATUSES, type Status } from '../../specs/status.ts';
import { idsBetween, type Bounds } from './id-bounds.ts';
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
  const bounds = await idsBetween(db, 'jobs', filter);
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
    'jobs.node': filter.node,
  };
  let query = from
    .select(`${id} as job_id` as 'jobs.job_id')
    .orderBy(id, page.order)
    .limit(page.limit) as Ids;
  const led = isLedByRun(filter, status);
  for (const [column, value] of Object.entries(equal) as [keyof typeof equal, string | undefined][]) {
    // Through a function no other index can be chosen than that of the run, which holds all of these columns.
    if (value !== undefined) query = query.where((e) => e(led ? e.fn.coalesce(column, e.val('')) : e.ref(column), '=', value));
  }
  if (filter.run === false) query = query.where('jobs.run', 'is', null);
  else if (filter.run !== undefined) query = query.where('jobs.run', '=', idOf(filter.run));
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

/** A run has few jobs, whatever else is asked of them. Without a run there may be few or very many, but few that have not ended. */
const isLedByRun = ({ run, label }: JobFilter, status: Status | undefined): boolean =>
  label === undefined && (typeof run === 'string' || (run === false && (status === undefined || isEnd(status))));
