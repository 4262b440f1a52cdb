// One job, and lists of jobs: always of the caller's app only.
import { jobWorkflowId } from '../specs/identity.ts';
import { JOB_ID } from '../specs/patterns.ts';
import type { JobSummary, JobView } from '../specs/views.schema.ts';
import type { JobFilter } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { ownJob, viewOf } from './own-job.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import { jobSummary } from './views.ts';

export interface ListJobsArgs extends Omit<JobFilter, 'app'> {
  /** The one job that this request id made. */
  readonly requestId?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export async function getJob(deps: Deps, caller: Caller, args: { readonly jobId: string }): Promise<JobView> {
  return await viewOf(deps, await ownJob(deps, caller, args.jobId));
}

/** Newest first. */
export async function listJobs(deps: Deps, caller: Caller, args: ListJobsArgs): Promise<{ items: JobSummary[]; next?: string }> {
  const { requestId, limit, cursor, ...filter } = args;
  if (requestId !== undefined) {
    const row = await deps.store.executions.byWorkflowId(jobWorkflowId(caller.app, '', requestId));
    return { items: row === undefined ? [] : [jobSummary(row)] };
  }
  if (cursor !== undefined && !JOB_ID.test(cursor)) throw invalid([fieldError(['cursor'], 'must be `next` of the page before', cursor)]);
  const rows = await deps.store.executions.jobs({ ...filter, app: caller.app }, { limit, ...(cursor !== undefined && { before: cursor }) });
  return { items: rows.map(jobSummary), ...(rows.length === limit && { next: rows.at(-1)!.jobId }) };
}
