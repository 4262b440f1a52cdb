// What a job asks of the workflow in which it runs: its own, or that of the run whose node it is.
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { JobInput } from '../../specs/execution.ts';
import type { Status } from '../../specs/status.ts';
import type { Surroundings } from '../course.ts';
import { asking } from '../local.ts';
import { showAttributes } from './attributes.ts';
import { currentDetails } from './details.ts';
import type { JobRun } from './job.run.ts';

export interface JobHost extends Surroundings {
  /** Under which the store and its webhooks know the job. */
  readonly address: string;
  /** Its place in the workflow, as part of its attempt keys; empty in a workflow of its own. */
  readonly path: string;
  /** A status that Temporal's search should know. */
  show(status: Status): void;
  /** After each happening. */
  changed(job: JobRun): void;
  /** It has something to record. */
  pushed(job: JobRun): void;
}

/** A workflow that is the job's alone: its recorder has a loop of its own, and nothing else is under way. */
export const ownWorkflow = ({ historyBudget = Infinity }: Pick<JobInput, 'historyBudget'>): JobHost => ({
  address: workflowInfo().workflowId,
  path: '',
  asking,
  steps: { underWay: 0 },
  /** Whether the run should make place for a new one, because its history grows. */
  renewWanted: () => {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > historyBudget;
  },
  held: () => false,
  hurried: () => false,
  show: (status) => showAttributes({ LongshoreStatus: status }),
  changed: ({ state }) => setCurrentDetails(currentDetails(state)),
  pushed: () => undefined,
});
