// Every use case that names a run begins here: another app's run does not exist for the caller.
import { LongshoreError } from '../specs/errors.ts';
import type { RunDetail } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';

/** The row of a run of the caller's app; NOT_FOUND else. */
export async function ownRun(deps: Deps, caller: Caller, id: string): Promise<RunDetail> {
  const row = await deps.store.runs.run(id);
  if (row === undefined || row.app !== caller.app) throw new LongshoreError('NOT_FOUND', `App "${caller.app}" has no run ${id}.`);
  return row;
}
