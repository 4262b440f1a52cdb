// How many jobs there are: counted over all of their rows, so one answer serves every scrape of a few seconds.
import type { Executions } from '../store/contract.ts';
import { fresh } from './fresh.ts';

const FRESH_MS = 5_000;

export type JobCounts = Awaited<ReturnType<Executions['counts']>>;
/** Of one app, or of all. */
export type Counts = (app: string | undefined) => Promise<JobCounts>;

export function createCounts(executions: Executions): Counts {
  // No app has an empty name.
  const count = fresh(FRESH_MS, async (app) => await executions.counts(app === '' ? undefined : app));
  return async (app = '') => await count(app);
}
