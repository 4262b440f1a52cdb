// What is over 16 KB travels by digest: config and env of a spec move into the ArtifactStore, and come back for views.
import { buffer } from 'node:stream/consumers';
import type { CarriedSpec } from '../specs/execution.ts';
import { MAX_INLINE_BYTES, type JobSpec } from '../specs/job.schema.ts';
import type { ArtifactStore } from '../store/artifacts.ts';

/** The spec as Temporal carries it; `most`: how many bytes of config and env stay in it. */
export async function carrySpec(spec: JobSpec, artifacts: ArtifactStore, most: number = MAX_INLINE_BYTES): Promise<CarriedSpec> {
  const bytes = Buffer.from(JSON.stringify({ config: spec.config, env: spec.env }));
  if (bytes.length <= most) return spec;
  const payload = await artifacts.put(bytes);
  return { ...spec, config: {}, env: {}, payload };
}

/** The spec as its author sees it. Throws NOT_FOUND when the payload is gone. */
export async function fullSpec(carried: CarriedSpec, artifacts: ArtifactStore): Promise<JobSpec> {
  const { payload, cycle: _cycle, ...spec } = carried;
  if (payload === undefined) return spec;
  const parts = JSON.parse((await buffer(await artifacts.get(payload.sha256))).toString()) as Pick<JobSpec, 'config' | 'env'>;
  // What a change added to the carried spec later stands over the payload.
  return { ...spec, config: { ...parts.config, ...spec.config }, env: { ...parts.env, ...spec.env } };
}
