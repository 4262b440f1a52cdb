// Opens an activity: everything the steps need of one attempt, made from the activity's input alone, so that a restart needs no cache.
import { StepError } from '../specs/errors.ts';
import type { AttemptInput } from '../specs/activities.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { Attempt } from '../adapters/contract.ts';
import type { Container, JobType } from '../jobtypes/contract.ts';
import { workspacePaths } from '../jobtypes/workspace.ts';
import type { Cluster, Clusters } from './clusters.ts';
import type { WorkerDeps } from './deps.ts';
import { fetchFile } from './files.ts';
import { shorten } from './failure.ts';
import { loadSpec } from './spec.ts';

/** Dependencies of the lifecycle's activities: the process's, and the adapters that it has made. */
export interface LifecycleDeps extends WorkerDeps {
  readonly clusters: Clusters;
}

/** One attempt, opened: what adapter and job type are called with. */
export interface Opened {
  readonly cluster: Cluster;
  readonly attempt: Attempt;
  readonly jobType: JobType;
  readonly container: Container<unknown>;
  /** What the job type's initialize returned. */
  readonly context: unknown;
}

/** What the adapter is called with: no job type, no payload by digest; enough for describe, stop and logs. */
export async function openAttempt(deps: LifecycleDeps, input: AttemptInput): Promise<{ cluster: Cluster; attempt: Attempt }> {
  const cluster = await deps.clusters.get(input.cluster);
  const { payload: _, ...spec } = input.spec;
  return { cluster, attempt: makeAttempt(deps, input, spec) };
}

const makeAttempt = (deps: LifecycleDeps, input: AttemptInput, spec: JobSpec): Attempt => ({
  ref: input.attempt,
  spec,
  cluster: input.cluster,
  workspace: workspacePaths(deps.host.dataDir, input.attempt.key),
});

/** The step Initialize: loads the whole spec, reads the job type's configuration and calls its hook. */
export async function initialize(deps: LifecycleDeps, input: AttemptInput, signal: AbortSignal): Promise<Opened> {
  const cluster = await deps.clusters.get(input.cluster);
  const spec = await loadSpec(deps.artifacts, input.spec);
  const attempt = makeAttempt(deps, input, spec);
  const jobType = deps.jobTypes.get(spec.type);
  const config = jobType.config.safeParse(spec.config);
  if (!config.success) {
    const [issue] = config.error.issues;
    const place = ['config', ...(issue?.path ?? [])].join('.');
    throw new StepError('INITIALIZE_FAILED', shorten(`${place}: ${issue?.message ?? 'not valid'}`, 500));
  }
  const container: Container<unknown> = {
    ...attempt,
    config: config.data,
    fetch: (file, to) =>
      fetchFile({ artifacts: deps.artifacts, config: deps.config, here: cluster.adapter.collect === undefined }, attempt.workspace, file, to, signal),
    signal,
  };
  return { cluster, attempt, jobType, container, context: await jobType.initialize?.(container) };
}
