// Brings back the part of a spec that travelled by digest, because it was too big for Temporal's history.
import { z } from 'zod';
import { buffer } from 'node:stream/consumers';
import { StepError, hasCode } from '../specs/errors.ts';
import type { CarriedSpec } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { RunCycle } from '../specs/run.ts';
import type { ArtifactStore } from '../store/artifacts.ts';

const payloadSchema = z.strictObject({ config: z.record(z.string(), z.json()), env: z.record(z.string(), z.string()) });

/** The whole spec. ARTIFACT_MISSING when its payload is gone. */
export async function loadSpec(artifacts: ArtifactStore, carried: CarriedSpec): Promise<JobSpec> {
  const { cycle, ...rest } = carried;
  const spec = await wholeSpec(artifacts, rest);
  return cycle === undefined ? spec : { ...spec, env: { ...spec.env, ...cycleVariables(cycle) } };
}

/** What a payload is told of the cycle that its job stands for. */
const cycleVariables = ({ at, planned, dataDate }: RunCycle): Record<string, string> => ({
  LONGSHORE_CYCLE: at,
  LONGSHORE_PLANNED_TIME: planned,
  LONGSHORE_DATA_DATE: dataDate,
});

async function wholeSpec(artifacts: ArtifactStore, carried: Omit<CarriedSpec, 'cycle'>): Promise<JobSpec> {
  const { payload, ...spec } = carried;
  if (payload === undefined) return spec;
  try {
    const content = await buffer(await artifacts.get(payload.sha256));
    const { config, env } = payloadSchema.parse(JSON.parse(content.toString('utf8')));
    // What a patch added to the carried spec later stands over the payload.
    return { ...spec, config: { ...config, ...spec.config }, env: { ...env, ...spec.env } };
  } catch (cause) {
    if (hasCode(cause, 'NOT_FOUND'))
      throw new StepError('ARTIFACT_MISSING', `the spec's payload ${payload.sha256} is not in the artifact store`, { cause });
    throw new StepError('INITIALIZE_FAILED', `the spec's payload ${payload.sha256} cannot be read`, { cause, retryable: true });
  }
}
