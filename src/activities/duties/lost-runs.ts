// Runs whose workflow is closed without an end: what the store tells of them must not stay open for ever.
import { WorkflowNotFoundError } from '@temporalio/common';
import { RUN_SIGNALS, type NodeChange, type RunEvent, type RunKillMessage } from '../../specs/run.ts';
import type { NodeRow, RunRow } from '../../store/contract.ts';
import type { SchedulerDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';
import { ownerOf } from '../owner.ts';

const EVERY_MS = 60_000;
/** Rows looked at in one round; the next one goes on behind them. */
const PAGE = 500;
const AT_ONCE = 8;

export function startLostRuns(deps: LostRunsDeps): Loop {
  let after: string | undefined;
  const round = async (): Promise<void> => {
    after = await endLostRuns(deps, after);
  };
  return startLoop(EVERY_MS, round, (error) => deps.logger.warn({ err: error }, 'lost runs cannot be looked for'));
}

type LostRunsDeps = Pick<SchedulerDeps, 'store' | 'client' | 'logger'>;

/** Looks at a page of runs that have not ended; returns where the next one begins. Their jobs are ended by the sweeps of their clusters. */
export async function endLostRuns(deps: LostRunsDeps, after: string | undefined): Promise<string | undefined> {
  const page = await deps.store.runs.unfinished({ limit: PAGE, ...(after !== undefined && { after }) });
  await forEachLimited(page, AT_ONCE, async (row) => {
    const owner = await ownerOf(deps.client, row.workflowId);
    if (owner === 'broken' || owner === 'missing') await killChildren(deps, row);
    if (owner === 'broken') await endLostRun(deps, row, { outcome: 'KILLED', reason: 'its workflow was terminated in Temporal' });
    if (owner === 'missing') await endLostRun(deps, row, { outcome: 'FAILED', reason: 'Temporal no longer knows this run' });
  });
  return page.length === PAGE ? page.at(-1)!.runId : undefined;
}

/** Kills the child runs of a run whose workflow is lost: nobody is left whom they could tell their ends. Whether there are any under way. */
export async function killChildren({ store, client }: Pick<LostRunsDeps, 'store' | 'client'>, { runId }: RunRow): Promise<boolean> {
  let found = false;
  for (const { childRun } of await store.runs.nodes(runId)) {
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
  { store, logger }: Pick<LostRunsDeps, 'store' | 'logger'>,
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
