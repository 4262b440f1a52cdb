// Lists of runs that stay fast at a hundred thousand rows: every branch walks one index in the order of run ids and stops at the limit.
import type { RunFilter } from '../contract.ts';
import { RUN_OUTCOMES, RUN_STATUSES } from '../../specs/dag.ts';
import { idsBetween, type Bounds } from './id-bounds.ts';
import type { RunsTable } from './run-tables.ts';
import type { Queries } from './sql.ts';
import { idOf } from './values.ts';

export interface RunPage {
  /** A run id: older ones only. */
  readonly before?: string;
  /** A run id: newer ones only. */
  readonly after?: string;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

/** Rows that match, in the order of run ids. Several statuses or outcomes are a branch each, because no index gives two of them in order. */
export async function listRuns(db: Queries, filter: RunFilter, page: RunPage): Promise<RunsTable[]> {
  const bounds = await idsBetween(db, 'runs', filter);
  const branches = bounds === 'none' ? [] : branchesOf(filter);
  if (bounds === 'none' || branches.length === 0) return [];
  const [first, ...others] = branches.map((ended) => db.selectFrom(branch(db, filter, { ...page, ...bounds }, ended).as('branch')).selectAll());
  const ids = others.reduce((all, one) => all.unionAll(one), first!);
  return db
    .selectFrom(ids.as('ids'))
    .innerJoin('runs', 'runs.run_id', 'ids.run_id')
    .selectAll('runs')
    .orderBy('ids.run_id', page.order)
    .limit(page.limit)
    .execute();
}

type Branch = { readonly column: 'status' | 'outcome'; readonly value: string } | undefined;

/** An outcome is a run's in FINISH alone, so it leads where it is asked for. */
function branchesOf({ status = [], outcome = [] }: RunFilter): Branch[] {
  const statuses = [...new Set(status)];
  const outcomes = [...new Set(outcome)];
  if (outcomes.length > 0 && statuses.length > 0 && !statuses.includes('FINISH')) return [];
  if (outcomes.length > 0 && outcomes.length < RUN_OUTCOMES.length) return outcomes.map((value) => ({ column: 'outcome', value }));
  if (outcomes.length > 0) return [{ column: 'status', value: 'FINISH' }];
  if (statuses.length > 0 && statuses.length < RUN_STATUSES.length) return statuses.map((value) => ({ column: 'status', value }));
  return [undefined];
}

function branch(db: Queries, filter: RunFilter, page: RunPage & Bounds, ended: Branch) {
  let query = db.selectFrom('runs').select('run_id').orderBy('run_id', page.order).limit(page.limit);
  if (filter.app !== undefined) query = query.where('app', '=', filter.app);
  if (filter.dag !== undefined) query = query.where('dag', '=', filter.dag);
  if (ended !== undefined) query = query.where(ended.column, '=', ended.value);
  const limits = [
    ['<', page.before],
    ['>', page.after],
    ['>=', page.lowest],
    ['<=', page.highest],
  ] as const;
  for (const [operator, value] of limits) if (value !== undefined) query = query.where('run_id', operator, idOf(value));
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('created_at', '<', filter.until);
  if (filter.cycleFrom !== undefined) query = query.where('cycle_at', '>=', filter.cycleFrom);
  if (filter.cycleUntil !== undefined) query = query.where('cycle_at', '<=', filter.cycleUntil);
  if (filter.parent === false) query = query.where('parent', 'is', null);
  return query;
}
