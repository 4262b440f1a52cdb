// A message that is sent again, because its answer was lost, may find the job or the run where it brought it: then it is answered as before, not refused.
import type { JobResult } from '../specs/execution.ts';
import { SNAPSHOT_QUERY, type JobSnapshot } from '../specs/messages.ts';
import type { RunResult, RunSnapshot } from '../specs/run.ts';
import { hasCode } from '../specs/errors.ts';
import type { Deps } from './deps.ts';
import { ask, isNotFound } from './temporal.ts';

/** An open workflow answers only while a scheduler is alive. */
const PATIENCE_MS = 2_000;

/** Whether the workflow of the job, or of the run, has taken a message with this id. False without an id, and where nobody can tell. */
export async function wasApplied(deps: Deps, workflowId: string, id: string | undefined): Promise<boolean> {
  if (id === undefined) return false;
  try {
    return (await appliedIds(deps, workflowId)).includes(id);
  } catch (error) {
    if (isNotFound(error) || hasCode(error, 'TEMPORAL_UNAVAILABLE')) return false;
    throw error;
  }
}

async function appliedIds(deps: Deps, workflowId: string): Promise<readonly string[]> {
  const { temporal } = deps;
  const handle = temporal.workflow.getHandle(workflowId);
  const { status } = await ask(temporal, () => handle.describe());
  if (status.name === 'COMPLETED') return resultIds((await ask(temporal, () => handle.result())) as JobResult | RunResult);
  if (status.name !== 'RUNNING') return [];
  return (await ask(temporal, () => handle.query<JobSnapshot | RunSnapshot | undefined>(SNAPSHOT_QUERY), PATIENCE_MS))?.appliedIds ?? [];
}

/** A run keeps them with what its rerun takes up. */
function resultIds(result: JobResult | RunResult): readonly string[] {
  const ids: unknown = 'appliedIds' in result ? result.appliedIds : result.carried['appliedIds'];
  return Array.isArray(ids) ? (ids as string[]) : [];
}
