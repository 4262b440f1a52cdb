// Outputs of all jobs of a run. Their values are here; a file is read by its job.
import type { RunOutputView } from '../specs/run-views.schema.ts';
import type { Caller, Deps } from './deps.ts';
import { outputView } from './job-outputs.ts';
import { ownRun } from './own-run.ts';
import { before } from './read-runs.ts';

export interface RunOutputsArgs {
  readonly runId: string;
  readonly node?: string | undefined;
  /** Most jobs to look at. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** Outputs of the newest attempts of a page of jobs, newest job first. */
export async function runOutputs(deps: Deps, caller: Caller, args: RunOutputsArgs): Promise<{ items: RunOutputView[]; next?: string }> {
  const { runId, node, limit, cursor } = args;
  const { app } = await ownRun(deps, caller, runId);
  const jobs = await deps.store.executions.jobs({ app, run: runId, ...(node !== undefined && { node }) }, { limit, ...before(cursor) });
  const items: RunOutputView[] = [];
  for (const job of jobs) {
    const outputs = (await deps.store.executions.attempts(job.jobId)).at(-1)?.outputs ?? {};
    for (const [name, output] of Object.entries(outputs)) {
      items.push({ node: job.node ?? '', item: job.item, jobId: job.jobId, ...outputView(name, output) });
    }
  }
  return { items, ...(jobs.length === limit && { next: jobs.at(-1)!.jobId }) };
}
