// What a backfill does with one cycle, for the scheduler: as its app, with what that is granted.
import { hasCode } from '../specs/errors.ts';
import type { BackfillSettings, BackfillTurn } from '../specs/backfill.ts';
import type { WaitingCycle } from '../specs/schedule-run.ts';
import type { BackfillRow } from '../store/backfills-contract.ts';
import type { Caller, Deps } from './deps.ts';
import { killJob } from './kill-job.ts';
import { killRun } from './kill-run.ts';
import { rerunJob } from './rerun-job.ts';
import { rerunRun } from './rerun-run.ts';
import { mayPass, ownCaller, refusalOf, startCycle } from './start-cycle.ts';

const callerOf = ({ app, id }: BackfillRow): Caller => ownCaller(app, 'backfill', id);

/** Those of the DAG that it is of: one that comes after it has its own. */
const paramsOf = ({ name: own, settings }: BackfillRow, name: string): BackfillSettings['params'] => (name === own ? settings.params : undefined);

/** A start that can never be is an answer, what may pass is thrown. */
export async function startForBackfill(
  deps: Deps,
  backfill: BackfillRow,
  { name, ...cycle }: WaitingCycle & { readonly name: string },
): Promise<BackfillTurn> {
  const { app, kind } = backfill;
  try {
    return { id: await startCycle(deps, callerOf(backfill), { app, kind, name }, cycle, paramsOf(backfill, name)) };
  } catch (error) {
    if (mayPass(error)) throw error;
    return { refused: refusalOf(error) };
  }
}

/** Once for each backfill and cycle. What somebody else has rerun meanwhile is this cycle's, too: its end counts. */
export async function rerunForBackfill(
  deps: Deps,
  backfill: BackfillRow,
  { name, cycle, id, round }: { readonly name: string; readonly cycle: string; readonly id: string; readonly round: number },
): Promise<BackfillTurn> {
  const message = { id: `backfill:${backfill.id}:${cycle}`, reason: `backfill ${backfill.id}` };
  const { existing } = backfill.settings;
  const params = paramsOf(backfill, name);
  try {
    if (backfill.kind === 'Job') await rerunJob(deps, callerOf(backfill), { jobId: id, attempt: round, ...message });
    else
      await rerunRun(deps, callerOf(backfill), { runId: id, generation: round, mode: existing === 'rerun' ? 'all' : 'failed', params, ...message });
    return { id };
  } catch (error) {
    if (hasCode(error, 'CONFLICT') && (await hasBegun(deps, backfill, id, round))) return { id };
    if (mayPass(error)) throw error;
    return { refused: refusalOf(error) };
  }
}

async function hasBegun({ store }: Deps, { kind }: BackfillRow, id: string, round: number): Promise<boolean> {
  const now = kind === 'Job' ? (await store.executions.job(id))?.attempt : (await store.runs.run(id))?.generation;
  return now !== undefined && now > round;
}

/** A kill that comes again, or after the end, does nothing. */
export async function killForBackfill(deps: Deps, backfill: BackfillRow, id: string): Promise<void> {
  const message = { id: `backfill-kill:${backfill.id}`, reason: `backfill ${backfill.id} was killed` };
  try {
    if (backfill.kind === 'Job') await killJob(deps, callerOf(backfill), { jobId: id, ...message });
    else await killRun(deps, callerOf(backfill), { runId: id, ...message });
  } catch (error) {
    // It is gone, or nobody can kill it any more: whether it has ended is what counts.
    if (mayPass(error)) throw error;
    deps.logger.warn({ err: error, app: backfill.app, backfill: backfill.id, id }, 'what a backfill has started cannot be killed');
  }
}
