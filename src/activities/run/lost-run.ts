// A run that lost its workflow: its end is written for it, and what it has begun elsewhere is stopped.
import { WorkflowNotFoundError } from '@temporalio/common';
import { RUN_SIGNALS, type NodeChange, type RunEvent, type RunKillMessage } from '../../specs/run.ts';
import type { NodeRow, RunRow } from '../../store/contract.ts';
import type { SchedulerDeps } from '../deps.ts';

/**
 * Kills the child runs of a run whose workflow is lost: nobody is left whom they could tell their ends. Whether there are any under way. None, where
 * the run has come further than `before`: then they are those of an execution that goes on.
 */
export async function killChildren({ store, client }: Pick<SchedulerDeps, 'store' | 'client'>, before: RunRow): Promise<boolean> {
  const { runId } = before;
  const nodes = await store.runs.nodes(runId);
  if ((await store.runs.run(runId))?.seq !== before.seq) return false;
  let found = false;
  for (const { childRun } of nodes) {
    const child = childRun === undefined ? undefined : await store.runs.run(childRun);
    if (child === undefined || child.status === 'FINISH') continue;
    found = true;
    const { workflowId, generation } = child;
    const message: RunKillMessage = { id: `${workflowId}/lost/${generation}`, by: 'longshore', reason: `the workflow of run ${runId} was lost` };
    try {
      await client.workflow.getHandle(workflowId).signal(RUN_SIGNALS.kill, message);
    } catch (error) {
      // It is closed: its end is on its way to the store, or it is lost itself.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return found;
}

/** Writes the end of a run that its workflow can no longer write, unless the run has come further than `before`. */
export async function endLostRun(
  { store, logger }: Pick<SchedulerDeps, 'store' | 'logger'>,
  before: RunRow,
  how: Pick<RunEvent, 'outcome' | 'reason'>,
): Promise<void> {
  const row = await store.runs.run(before.runId);
  // Somebody wrote meanwhile: a rerun, or the same look of another scheduler.
  if (row === undefined || row.seq !== before.seq) return;
  logger.warn({ runId: row.runId, reason: how.reason }, 'a run has lost its workflow');
  const open = (await store.runs.nodes(row.runId)).filter(({ status }) => status === 'job' || status === 'WAITING');
  const { seq, generation, workflowId, temporalRunId = '', input } = row;
  const event: RunEvent = {
    ...how,
    seq: seq + 1,
    at: new Date().toISOString(),
    type: 'status',
    status: 'FINISH',
    generation,
    nodes: open.map(cutOff),
  };
  await store.runs.record({ input, workflowId, temporalRunId, events: [event] });
}

/** What was under way counts as killed, and what was not will not be run. */
function cutOff({ updatedAt: _at, startedAt: _from, endedAt: _to, reason: _why, ...node }: NodeRow): NodeChange {
  return node.status === 'job'
    ? { ...node, phase: 'killed', status: 'KILLED', code: 'TERMINATED', reason: 'the workflow of its run was lost' }
    : { ...node, phase: 'dropped', status: 'SKIPPED', reason: 'the workflow of its run was lost' };
}
