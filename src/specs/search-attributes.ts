// The six fixed Keyword search attributes; more are never added, because each one is a cost of every Temporal installation.
import type { RunOutcome, RunStatus } from './dag.ts';
import type { JobSpec } from './job.schema.ts';
import type { Status } from './status.ts';

/** Names of the search attributes that every job and run carries. */
export const SEARCH_ATTRIBUTES = [
  'LongshoreStatus',
  'LongshoreApp',
  'LongshoreCluster',
  'LongshoreQueue',
  'LongshoreJobType',
  'LongshoreDag',
] as const;

/** Values by name; those left out are not touched. */
export type SearchAttributes = { readonly [Name in (typeof SEARCH_ATTRIBUTES)[number]]?: string };

/** What they say of a job. */
export const attributesOf = (
  app: string,
  { cluster, queue, type }: Pick<JobSpec, 'cluster' | 'queue' | 'type'>,
  status: Status,
): SearchAttributes => ({
  LongshoreStatus: status,
  LongshoreApp: app,
  LongshoreCluster: cluster,
  LongshoreQueue: queue,
  LongshoreJobType: type,
});

/** What they say of a run: its status, in FINISH its outcome. */
export const runAttributesOf = ({ app, dag }: { readonly app: string; readonly dag: string }, status: RunStatus | RunOutcome): SearchAttributes => ({
  LongshoreStatus: status,
  LongshoreApp: app,
  LongshoreDag: dag,
});
