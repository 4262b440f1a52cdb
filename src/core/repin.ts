// What a rerun changes: parameters, or the version of the DAG; both are checked as at creation.
import type { DagSpec } from '../specs/dag.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { CarriedDag } from '../specs/run.ts';
import type { RunDetail } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { carryDag, readDag, runParams } from './pin-dag.ts';
import type { Params } from './run-views.ts';

export interface Repinned {
  /** All of them. */
  readonly params: Params;
  /** The DAG, where it is another version. */
  readonly carried?: CarriedDag;
  readonly version?: number;
}

/**
 * Undefined where nothing changes. Parameters that are not given keep their values, as far as the other version still has them; a new one has
 * its default.
 */
export async function repin(
  deps: Deps,
  caller: Caller,
  run: RunDetail,
  spec: DagSpec,
  changes: { readonly params?: Params | undefined; readonly version?: number | undefined },
): Promise<Repinned | undefined> {
  const { params: given = {}, version } = changes;
  if (changes.params === undefined && (version === undefined || version === run.version)) return undefined;
  const isOther = version !== undefined && version !== run.version;
  if (isOther && run.version === undefined) {
    throw new LongshoreError('CONFLICT', `Run ${run.runId} was made from a spec that came with its request: it has no versions.`, {
      advice: `Store the DAG and run it by its name: longshore apply -f FILE, then longshore run ${run.dag}. Runs made by name can change their version.`,
    });
  }
  const target = isOther ? (await readDag(deps, caller.app, { ref: `${run.dag}@${version}` })).spec : spec;
  const kept = Object.entries(run.input.params).filter(([name]) => Object.hasOwn(target.parameters, name));
  const params = runParams(target, { ...Object.fromEntries(kept), ...given }, run.input);
  return isOther ? { params, carried: await carryDag(target, deps.artifacts), version } : { params };
}
