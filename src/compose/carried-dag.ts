// A pinned DAG inside Temporal: itself up to 16 KB, else by its digest in the ArtifactStore.
import { buffer } from 'node:stream/consumers';
import type { DagSpec } from '../specs/dag.schema.ts';
import { MAX_INLINE_BYTES } from '../specs/job.schema.ts';
import type { CarriedDag } from '../specs/run.ts';
import type { ArtifactStore } from '../store/artifacts.ts';

export async function carryDag(spec: DagSpec, artifacts: ArtifactStore): Promise<CarriedDag> {
  const bytes = Buffer.from(JSON.stringify(spec));
  return bytes.length <= MAX_INLINE_BYTES ? { spec } : await artifacts.put(bytes);
}

/** NOT_FOUND when retention has taken it. */
export async function fullDag(carried: CarriedDag, artifacts: ArtifactStore): Promise<DagSpec> {
  return 'spec' in carried ? carried.spec : (JSON.parse((await buffer(await artifacts.get(carried.sha256))).toString()) as DagSpec);
}
