// Runs whose workflow is closed without an end: what the store tells of them must not stay open for ever.
import type { NodeChange, RunEvent } from '../../specs/run.ts';
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
    if (owner === 'broken') await endLostRun(deps, row, { outcome: 'KILLED', reason: 'its workflow was terminated in Temporal' });
    if (owner === 'missing') await endLostRun(deps, row, { outcome: 'FAILED', reason: 'Temporal no longer knows this run' });
  });
  return page.length === PAGE ? page.at(-1)!.runId : undefined;
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
