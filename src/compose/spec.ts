// Makes the final spec of a job: parsed, patched, and no larger than what Temporal and the store carry.
import { LongshoreError } from '../specs/errors.ts';
import { MAX_SPEC_BYTES, jobSpecSchema, type JobPatch, type JobSpec } from '../specs/job.schema.ts';
import { applyPatch } from '../specs/patch.ts';
import { parse } from '../specs/validate.ts';
import type { JobDetail } from '../store/contract.ts';
import { fullSpec } from './carried-spec.ts';
import type { ComposeDeps } from './deps.ts';

/** Parses a spec, applies a patch and parses the result again; `at` is where the spec stands in the request. */
export function composeSpec(raw: unknown, patch: JobPatch | undefined, at: string[] = []): JobSpec {
  const spec = parse(jobSpecSchema, raw, at);
  const final = patch === undefined ? spec : parse(jobSpecSchema, applyPatch(spec, patch), at);
  const bytes = Buffer.byteLength(JSON.stringify(final));
  if (bytes > MAX_SPEC_BYTES) {
    throw new LongshoreError('TOO_LARGE', `The spec has ${bytes} bytes; at most ${MAX_SPEC_BYTES} are allowed. Put big inputs into a file.`);
  }
  return final;
}

/** The whole spec with which a job's next attempt would start: with all changes so far and those of a request. */
export async function nextSpec(deps: Pick<ComposeDeps, 'artifacts'>, job: JobDetail, patch?: JobPatch): Promise<JobSpec> {
  return composeSpec(await fullSpec(applyPatch(job.spec, job.patch), deps.artifacts), patch);
}
