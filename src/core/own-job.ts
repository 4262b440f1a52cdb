// Every use case that names a job begins here: another app's job does not exist for the caller.
import { LongshoreError } from '../specs/errors.ts';
import type { CarriedSpec } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { JobView } from '../specs/views.schema.ts';
import type { JobDetail, JobRow } from '../store/contract.ts';
import { fullSpec } from '../compose/carried-spec.ts';
import type { Caller, Deps } from './deps.ts';
import { jobView } from './views.ts';

/** For the timelines of a view; a job has about ten for each attempt. */
const MOST_EVENTS = 1_000;

/** The row of a job of the caller's app; NOT_FOUND else. */
export async function ownJob(deps: Deps, caller: Caller, id: string): Promise<JobDetail> {
  const row = await deps.store.executions.job(id);
  if (row === undefined || row.app !== caller.app) throw new LongshoreError('NOT_FOUND', `App "${caller.app}" has no job ${id}.`);
  return row;
}

/** The job with its attempts, what a running one says now, and its whole spec; config and env are empty where retention has taken them. */
export async function viewOf(deps: Deps, row: JobDetail): Promise<JobView> {
  const [attempts, events, spec, live] = await Promise.all([
    deps.store.executions.attempts(row.jobId),
    deps.store.executions.events(row.jobId, 0, MOST_EVENTS),
    specOf(deps, row.spec),
    deps.live.of(row, () => handleOf(deps, row)),
  ]);
  return jobView(row, spec, { attempts, events, cycle: row.spec.cycle }, live);
}

/** The id of the newest attempt's handle, as its watcher knows the job by. */
export async function handleOf({ store }: Deps, { jobId }: Pick<JobRow, 'jobId'>): Promise<string | undefined> {
  return (await store.executions.attempts(jobId)).at(-1)?.handle?.id;
}

async function specOf(deps: Deps, carried: CarriedSpec): Promise<JobSpec> {
  try {
    return await fullSpec(carried, deps.artifacts);
  } catch (error) {
    deps.logger.warn({ err: error }, 'the payload of a spec cannot be read');
    const { payload: _payload, cycle: _cycle, ...spec } = carried;
    return spec;
  }
}
