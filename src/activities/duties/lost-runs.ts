// Runs whose workflow is closed without an end are looked for: what the store tells of them must not stay open for ever.
import type { SchedulerDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';
import { ownerOf } from '../owner.ts';
import { endLostRun, killChildren } from '../run/lost-run.ts';

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
