// A job in a run has no workflow of its own: what is said to it goes to its run, which knows it by node and item.
import { LongshoreError } from '../specs/errors.ts';
import { RUN_SIGNALS } from '../specs/run.ts';
import type { JobDetail, JobRow, RunDetail } from '../store/contract.ts';
import type { Deps } from './deps.ts';
import { awaitEffect, type Accepted } from './effect.ts';
import { signalRun } from './run-start.ts';

/** A job's row that says where in a run it stands. */
export type NodeJob = JobDetail & { readonly run: string; readonly node: string };

export const isNodeJob = (row: JobDetail): row is NodeJob => row.run !== undefined && row.node !== undefined;

/** The run of a job; CONFLICT where retention has taken it. */
async function runOf(deps: Deps, { jobId, run }: NodeJob): Promise<RunDetail> {
  const row = await deps.store.runs.run(run);
  if (row === undefined) throw new LongshoreError('CONFLICT', `Job ${jobId} belongs to run ${run}, which is gone.`);
  return row;
}

/** Sends a message about this job to its run, and waits until the job's row shows the effect. A run that is closed is opened by it. */
export async function tellRun(
  deps: Deps,
  job: NodeJob,
  name: 'kill' | 'rerun' | 'resolve' | 'modify',
  message: { readonly id: string; readonly by: string },
  seen: (row: JobRow) => boolean,
): Promise<Accepted> {
  const run = await runOf(deps, job);
  const place = name === 'rerun' ? { mode: 'nodes', nodes: [job.node] } : { node: job.node };
  const about = { ...place, ...(job.item !== undefined && { item: job.item }) };
  await signalRun(deps, run, { name: RUN_SIGNALS[name], message: { ...message, ...about }, opens: true });
  return await awaitEffect(deps, job, job.jobId, seen);
}
