// How a job's workflow is started and found again: id, memo, search attributes.
import type { JobInput, JobMemo } from '../specs/execution.ts';
import { QUEUES } from '../specs/identity.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { attributesOf } from '../specs/search-attributes.ts';
import type { Deps } from './deps.ts';
import { keywords, startOnce } from './start-workflow.ts';

/** What every start of a job's workflow carries, the first one and a rerun's. */
export function startOptions(job: { workflowId: string; jobId: string; app: string; digest: string; spec: JobSpec }) {
  const { spec } = job;
  const memo: JobMemo = { jobId: job.jobId, digest: job.digest };
  return {
    workflowId: job.workflowId,
    taskQueue: QUEUES.scheduler,
    memo: { ...memo },
    staticSummary: `${spec.name}: ${spec.type} on ${spec.cluster}`,
    typedSearchAttributes: keywords(attributesOf(job.app, spec, 'CREATED')),
  };
}

/** Starts the workflow. Returns the memo of the job that was there before, or undefined when it is new. */
export const startJob = (deps: Deps, input: JobInput, workflowId: string): Promise<JobMemo | undefined> =>
  startOnce<JobMemo>(deps, WORKFLOW_TYPES.job, input, startOptions({ ...input, workflowId }));
