// `apply`: a document becomes a new version, or stays the newest one when nothing in it changed.
import type { z } from 'zod';
import { digestOf } from '../specs/canonical.ts';
import { MAX_CLUSTER_BYTES, appSpecSchema, clusterSpecSchema, type ClusterSpec, type Kind } from '../specs/documents.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { Json } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { DefinitionView } from '../specs/views.schema.ts';
import { scheduleSchema } from '../specs/schedule.schema.ts';
import { definitionView, scopeOf } from './definitions.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { composeDag } from '../compose/dag.ts';
import { checkSpec, registered } from '../compose/check.ts';
import { composeSpec } from '../compose/spec.ts';
import { isScheduled, reflectSchedule, requireOneSchedule } from './schedule-workflow.ts';
import { fieldError, invalid, parse } from '../specs/validate.ts';

export interface PutDefinitionArgs {
  readonly kind: Kind;
  readonly name: string;
  /** The document; `kind` in it is optional, `name` must be the one above. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Only if this is the newest version; 0: only if there is none. */
  readonly ifVersion?: number | undefined;
}

const SCHEMAS: Record<Exclude<Kind, 'Job' | 'Dag'>, z.ZodType> = { App: appSpecSchema, Cluster: clusterSpecSchema };

/** Errors: as createJob's for a Job and for each job of a Dag; INVALID, UNKNOWN_TYPE, TOO_LARGE; VERSION_CONFLICT. */
export async function putDefinition(deps: Deps, caller: Caller, args: PutDefinitionArgs): Promise<DefinitionView> {
  const spec = await checkDefinition(deps, caller, args);
  const { definitions } = deps.store;
  const scope = scopeOf(args.kind, caller);
  const before = await definitions.get(args.kind, scope, args.name);
  if (isScheduled(args.kind)) await requireOneSchedule(deps, { kind: args.kind, app: scope, name: args.name }, spec);
  const stored = await definitions.put(
    { kind: args.kind, app: scope, name: args.name, digest: digestOf(spec), spec, createdBy: byOf(caller) },
    args.ifVersion,
  );
  if (isScheduled(args.kind)) await reflectSchedule(deps, { kind: args.kind, app: scope, name: args.name }, before, stored);
  return definitionView(stored, before?.version === stored.version);
}

/** The document as it would be stored. Errors: as putDefinition's. */
export const checkDefinition = async (
  deps: Deps,
  caller: Caller,
  args: Omit<PutDefinitionArgs, 'ifVersion'>,
): Promise<Readonly<Record<string, Json>>> => (await check(deps, caller, args.kind, bare(args))) as Readonly<Record<string, Json>>;

/** The document without `kind`, with the name that the address has. */
function bare({ kind, name, spec: { kind: given = kind, ...spec } }: Omit<PutDefinitionArgs, 'ifVersion'>): Record<string, unknown> {
  if (given !== kind) throw invalid([fieldError(['kind'], `must be ${kind} here`, given)]);
  if (spec['name'] !== undefined && spec['name'] !== name)
    throw invalid([fieldError(['name'], `must be "${name}", as in the address`, spec['name'])]);
  return { ...spec, name };
}

async function check(deps: Deps, caller: Caller, kind: Kind, raw: Record<string, unknown>): Promise<unknown> {
  if (kind === 'Job') {
    const { schedule, ...rest } = raw;
    const spec: JobSpec = composeSpec(rest, undefined);
    await checkSpec(deps, caller.app, spec);
    return schedule === undefined ? spec : { ...spec, schedule: parse(scheduleSchema, schedule, ['schedule']) };
  }
  if (kind === 'Dag') return await composeDag(deps, caller.app, raw);
  const spec = parse(SCHEMAS[kind], raw);
  if (kind === 'Cluster') checkCluster(deps, spec as ClusterSpec);
  return spec;
}

function checkCluster(deps: Deps, spec: ClusterSpec): void {
  parse(registered(deps.adapters, spec.type, ['type']).config, spec.config, ['config']);
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > MAX_CLUSTER_BYTES)
    throw new LongshoreError('TOO_LARGE', `The cluster has ${bytes} bytes of JSON; at most ${MAX_CLUSTER_BYTES} are allowed.`);
  const local = localFiles(spec.config, ['config']);
  if (local.length > 0)
    throw invalid(local.map(({ path, value }) => fieldError(path, 'must not be a file of your machine: a cluster has no uploads', value)));
}

function localFiles(value: unknown, path: (string | number)[]): { path: (string | number)[]; value: string }[] {
  if (typeof value === 'string') return value.startsWith('./') ? [{ path, value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => localFiles(member, [...path, key]));
}
