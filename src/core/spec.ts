// Makes the final spec of a job: parsed, patched, and checked against job type, cluster, grants and files. Nothing is left to find
// out after creation that could have been said here.
import { clusterSpecSchema, type ClusterSpec } from '../specs/documents.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import { MAX_SPEC_BYTES, jobSpecSchema, type JobPatch, type JobSpec } from '../specs/job.schema.ts';
import { applyPatch } from '../specs/patch.ts';
import type { ForbiddenSetting, JobType } from '../jobtypes/contract.ts';
import type { JobDetail } from '../store/contract.ts';
import { fullSpec } from './carried-spec.ts';
import type { Deps } from './deps.ts';
import { requireGrants } from './grants.ts';
import { didYouMean } from '../specs/near.ts';
import { wrongFiles } from './spec-files.ts';
import { fieldError, invalid, parse } from './validate.ts';

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
export async function nextSpec(deps: Deps, job: JobDetail, patch?: JobPatch): Promise<JobSpec> {
  return composeSpec(await fullSpec(applyPatch(job.spec, job.patch), deps.artifacts), patch);
}

/** Throws unless this app may run this spec: UNKNOWN_TYPE, FORBIDDEN, PAIR_UNSUPPORTED, CONF_FORBIDDEN or INVALID. */
export async function checkSpec(deps: Deps, app: string, spec: JobSpec, at: string[] = []): Promise<void> {
  const jobType = registered(deps.jobTypes, spec.type, [...at, 'type']);
  parse(jobType.config, spec.config, [...at, 'config']);
  await requireGrants(deps, app, spec);
  const cluster = await clusterOf(deps, spec.cluster, at);
  requirePair(deps, cluster, jobType);
  requireAllowed(cluster, jobType, spec);
  const wrong = await wrongFiles(jobType.config, spec.config, [...at, 'config'], deps.artifacts);
  if (wrong.length > 0) throw invalid(wrong);
}

/** The registered type; UNKNOWN_TYPE with its place and what was meant. */
export function registered<T extends { readonly type: string }>(registry: { types(): readonly T[] }, type: string, path: string[]): T {
  const all = registry.types();
  const found = all.find((candidate) => candidate.type === type);
  if (found !== undefined) return found;
  const names = all.map((candidate) => candidate.type);
  const message = `is not a registered type${didYouMean(type, names)}; there are ${names.join(', ')}`;
  throw new LongshoreError('UNKNOWN_TYPE', `${type}: ${message}.`, { errors: [fieldError(path, message, type)] });
}

async function clusterOf(deps: Deps, name: string, at: string[]): Promise<ClusterSpec> {
  const definition = await deps.store.definitions.get('Cluster', '', name);
  if (definition !== undefined) return parse(clusterSpecSchema, definition.spec);
  const others = await deps.store.definitions.list('Cluster', undefined, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((d) => d.name),
  );
  throw invalid([fieldError([...at, 'cluster'], `is not a configured cluster${near}`, name)]);
}

function requirePair(deps: Deps, cluster: ClusterSpec, jobType: { type: string; template: string }): void {
  if (deps.adapters.get(cluster.type).templates.includes(jobType.template)) return;
  const clusters = deps.adapters.types().flatMap((adapter) => (adapter.templates.includes(jobType.template) ? [adapter.type] : []));
  throw new LongshoreError(
    'PAIR_UNSUPPORTED',
    `Jobs of type "${jobType.type}" do not run on clusters of type "${cluster.type}"; they run on: ${clusters.join(', ') || 'none'}.`,
  );
}

/** Settings that the job type or the cluster's administrator forbids, wherever they stand: environment, configuration, or a map inside it. */
function requireAllowed(cluster: ClusterSpec, jobType: JobType, spec: JobSpec): void {
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
