// The DAG of a new run, and of a rerun with another version: checked or read, pinned, its parameters given their values.
import { composeDag, pinDag } from '../compose/dag.ts';
import { readRef } from '../compose/ref.ts';
import { paramValues } from '../dags/params.ts';
import { runValues } from '../dags/run-values.ts';
import { digestOf } from '../specs/canonical.ts';
import { dagSpecSchema, type DagSpec } from '../specs/dag.schema.ts';
import type { Json } from '../specs/execution.ts';
import type { RunInput } from '../specs/run.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { Deps } from './deps.ts';

export { carryDag } from '../compose/carried-dag.ts';

type Params = Readonly<Record<string, Json>>;

/** The DAG of a request: exactly one of `ref` (name or name@version of a stored one) and `spec`. */
export interface DagSource {
  readonly ref?: string | undefined;
  readonly spec?: unknown;
}

/** A DAG whose references have versions. `version`: of the stored definition; absent where the spec came with the request. */
export interface PinnedDag {
  readonly spec: DagSpec;
  readonly version?: number;
}

/** Errors: INVALID, NOT_FOUND, and of a spec what createJob says of a job. */
export async function readDag(deps: Deps, app: string, { ref, spec }: DagSource): Promise<PinnedDag> {
  if ((ref === undefined) === (spec === undefined)) throw invalid([fieldError(['ref'], 'exactly one of ref and spec must be given', ref)]);
  if (ref === undefined) return { spec: await pinDag(deps, app, await composeDag(deps, app, spec, ['spec']), ['spec']) };
  const { spec: stored, version } = await readRef(deps, app, ref, 'Dag');
  return { spec: await pinDag(deps, app, dagSpecSchema.parse(stored)), version };
}

/**
 * Every parameter with its value: as given, else its default. `run`: what defaults may read of it. INVALID, with pointers below /params, for
 * what is missing, unknown or of another type.
 */
export function runParams(dag: DagSpec, given: Params, run: Parameters<typeof runValues>[0]): Params {
  const result = paramValues(dag.parameters, given, runValues(run));
  if (!result.ok) throw invalid(result.errors);
  return result.params;
}

/** Of what the caller asked for, so that the same request has the same digest: of a stored DAG its name and version, of parameters those given. */
export const runDigest = ({ spec, version }: PinnedDag, given: Params, cycle?: RunInput['cycle']): string =>
  digestOf({ dag: version === undefined ? spec : `${spec.name}@${version}`, params: given, cycle: cycle?.at });
