// Whether an app may run a job, and whether it can run at all: job type, cluster, grants, forbidden settings and files. Nothing is left to find
// out after creation that could have been said here.
import type { ForbiddenSetting, JobType } from '../jobtypes/contract.ts';
import { clusterSpecSchema, type ClusterSpec } from '../specs/documents.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import { didYouMean } from '../specs/near.ts';
import { fieldError, invalid, parse } from '../specs/validate.ts';
import type { CheckDeps } from './deps.ts';
import { requireGrants, type Rights } from './grants.ts';
import { wrongFiles } from './spec-files.ts';

type Path = readonly (string | number)[];

/** Throws unless this app may run this spec: UNKNOWN_TYPE, FORBIDDEN, PAIR_UNSUPPORTED, CONF_FORBIDDEN or INVALID. */
export async function checkSpec(deps: CheckDeps, app: string, spec: JobSpec, at: Path = []): Promise<void> {
  parse(registered(deps.jobTypes, spec.type, [...at, 'type']).config, spec.config, [...at, 'config']);
  await checkPlace(deps, app, spec, at);
}

/** What decides what a job may do, and never has an expression but in the values of `env` and `config`. */
export type Placed = Rights & Pick<JobSpec, 'type' | 'env' | 'config'>;

/** All of `checkSpec` but the schema of the configuration: also of a job whose values are computed when it runs. */
export async function checkPlace(deps: CheckDeps, app: string, spec: Placed, at: Path = []): Promise<void> {
  const jobType = registered(deps.jobTypes, spec.type, [...at, 'type']);
  await requireGrants(deps, app, spec);
  const cluster = await clusterOf(deps, spec.cluster, at);
  requirePair(deps, cluster, jobType);
  requireAllowed(cluster, jobType, spec);
  const wrong = await wrongFiles(jobType.config, spec.config, [...at, 'config'], deps.artifacts);
  if (wrong.length > 0) throw invalid(wrong);
}

/** The registered type; UNKNOWN_TYPE with its place and what was meant. */
export function registered<T extends { readonly type: string }>(registry: { types(): readonly T[] }, type: string, path: Path): T {
  const all = registry.types();
  const found = all.find((candidate) => candidate.type === type);
  if (found !== undefined) return found;
  const names = all.map((candidate) => candidate.type);
  const message = `is not a registered type${didYouMean(type, names)}; there are ${names.join(', ')}`;
  throw new LongshoreError('UNKNOWN_TYPE', `${type}: ${message}.`, { errors: [fieldError(path, message, type)] });
}

async function clusterOf(deps: CheckDeps, name: string, at: Path): Promise<ClusterSpec> {
  const definition = await deps.store.definitions.get('Cluster', '', name);
  if (definition !== undefined) return parse(clusterSpecSchema, definition.spec);
  const others = await deps.store.definitions.list('Cluster', undefined, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((d) => d.name),
  );
  throw invalid([fieldError([...at, 'cluster'], `is not a configured cluster${near}`, name)]);
}

/** Throws INVALID unless jobs of this cluster live on workers, so that there is one for each. */
export async function requireWorkers(deps: CheckDeps, cluster: string, at: Path = []): Promise<void> {
  const { type } = await clusterOf(deps, cluster, at);
  if (deps.adapters.get(type).hostBound) return;
  throw invalid([
    fieldError([...at, 'cluster'], `must be one whose jobs live on workers: a broadcast runs on each of them, and type ${type} has none`, cluster),
  ]);
}

function requirePair(deps: CheckDeps, cluster: ClusterSpec, jobType: { type: string; template: string }): void {
  if (deps.adapters.get(cluster.type).templates.includes(jobType.template)) return;
  const clusters = deps.adapters.types().flatMap((adapter) => (adapter.templates.includes(jobType.template) ? [adapter.type] : []));
  throw new LongshoreError(
    'PAIR_UNSUPPORTED',
    `Jobs of type "${jobType.type}" do not run on clusters of type "${cluster.type}"; they run on: ${clusters.join(', ') || 'none'}.`,
  );
}

/** Settings that the job type or the cluster's administrator forbids, wherever they stand: environment, configuration, or a map inside it. */
function requireAllowed(cluster: ClusterSpec, jobType: JobType, spec: Placed): void {
  const names = [...new Set([...Object.keys(spec.env), ...keysIn(spec.config)])];
  refuse(jobType.forbidden, names, `Jobs of type "${jobType.type}" cannot set`);
  refuse(cluster.engines[spec.type]?.forbidden, names, `Cluster "${cluster.name}" forbids`);
}

function refuse(rules: readonly ForbiddenSetting[] = [], names: readonly string[], refusal: string): void {
  for (const { name, use, description } of rules) {
    const hit = names.find((candidate) => (name.endsWith('*') ? candidate.startsWith(name.slice(0, -1)) : candidate === name));
    if (hit !== undefined) throw new LongshoreError('CONF_FORBIDDEN', `${refusal} ${hit} (${description}): use ${use}.`);
  }
}

function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => (Array.isArray(value) ? keysIn(member) : [key, ...keysIn(member)]));
}
