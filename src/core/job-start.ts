// How a job's workflow is started and found again: id, memo, search attributes, and what AlreadyStarted means.
import { TypedSearchAttributes, SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { guardStands } from '../crash-points.ts';
import type { JobInput, JobMemo } from '../specs/execution.ts';
import { QUEUES } from '../specs/identity.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { attributesOf } from '../specs/search-attributes.ts';
import type { Deps } from './deps.ts';
import { ask, isAlreadyStarted } from './temporal.ts';

/** What every start of a job's workflow carries, the first one and a rerun's. */
export function startOptions(job: { workflowId: string; jobId: string; app: string; digest: string; spec: JobSpec }) {
  const { spec } = job;
  const memo: JobMemo = { jobId: job.jobId, digest: job.digest };
  return {
    workflowId: job.workflowId,
    taskQueue: QUEUES.scheduler,
    memo: { ...memo },
    staticSummary: `${spec.name}: ${spec.type} on ${spec.cluster}`,
    typedSearchAttributes: new TypedSearchAttributes(
      Object.entries(attributesOf(job.app, spec, 'CREATED')).map(([name, value]) => ({
        key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
        value,
      })),
    ),
  };
}

/** Starts the workflow, once for ever under its id. Returns the memo of the job that was there before, or undefined when it is new. */
export async function startJob(deps: Deps, input: JobInput, workflowId: string): Promise<JobMemo | undefined> {
  try {
    await ask(deps.temporal, () =>
      deps.temporal.workflow.start(WORKFLOW_TYPES.job, {
        ...startOptions({ ...input, workflowId }),
        args: [input],
        workflowIdReusePolicy: guardStands('reject-duplicate') ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
        requestEagerStart: deps.eagerStart ?? false,
      }),
    );
    return undefined;
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
    const { memo } = await ask(deps.temporal, () => deps.temporal.workflow.getHandle(workflowId).describe());
    return memo as unknown as JobMemo;
  }
}
