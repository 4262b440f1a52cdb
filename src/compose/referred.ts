// The stored jobs and DAGs that a DAG refers to, looked up once each.
import type { Known } from '../dags/check.ts';
import { jobRefs, type Path } from '../dags/written.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { LongshoreError, type FieldError } from '../specs/errors.ts';
import { jobSpecSchema, type JobSpec } from '../specs/job.schema.ts';
import { fieldError } from '../specs/validate.ts';
import type { Definition } from '../store/contract.ts';
import type { CheckDeps } from './deps.ts';
import { readRef } from './ref.ts';

export interface Referred extends Known {
  /** References that lead nowhere, or back to the DAG itself. */
  readonly errors: readonly FieldError[];
  /** `name@version` of a reference. */
  readonly jobVersion: (ref: string) => string;
  readonly dagVersion: (ref: string) => string;
}

/** The stored jobs of a pinned DAG by reference. NOT_FOUND when one is gone. */
export async function storedJobs(deps: CheckDeps, app: string, { nodes }: DagSpec): Promise<ReadonlyMap<string, JobSpec>> {
  const jobs = new Map<string, JobSpec>();
  for (const { ref } of jobRefs(nodes)) {
    if (!jobs.has(ref)) jobs.set(ref, jobSpecSchema.parse((await readRef(deps, app, ref)).spec));
  }
  return jobs;
}

/** More DAGs inside one another than this are not followed. */
const MOST_DAGS = 1_000;

export async function referred(deps: CheckDeps, app: string, dag: DagSpec): Promise<Referred> {
  const errors: FieldError[] = [];
  const jobs = new Map<string, Definition>();
  const dags = new Map<string, Definition>();
  const look = async (found: Map<string, Definition>, kind: 'Job' | 'Dag', ref: string, path: Path): Promise<void> => {
    if (found.has(ref)) return;
    try {
      found.set(ref, await readRef(deps, app, ref, kind));
    } catch (error) {
      if (!(error instanceof LongshoreError) || error.code !== 'NOT_FOUND') throw error;
      errors.push(fieldError(path, error.message, ref));
    }
  };
  for (const { ref, path } of jobRefs(dag.nodes)) await look(jobs, 'Job', ref, path);
  for (const [name, { dag: child }] of Object.entries(dag.nodes)) {
    if (child === undefined) continue;
    const path: Path = ['nodes', name, 'dag', 'ref'];
    // Without a version it will be the newest one, which is this very document.
    if (child.ref === dag.name) errors.push(fieldError(path, 'is this DAG itself, which would never end', child.ref));
    else await look(dags, 'Dag', child.ref, path);
    const found = dags.get(child.ref);
    if (found !== undefined && (await leadsTo(deps, app, dag.name, found))) {
      errors.push(fieldError(path, `leads back to DAG "${dag.name}", which would never end`, child.ref));
    }
  }
  const specs = new Map([...jobs].map(([ref, { spec }]) => [ref, jobSpecSchema.parse(spec)]));
  return {
    errors,
    jobVersion: (ref) => versioned(jobs, ref),
    dagVersion: (ref) => versioned(dags, ref),
    configOf: (type) => deps.jobTypes.types().find((jobType) => jobType.type === type)?.config,
    jobOf: (ref): JobSpec | undefined => specs.get(ref),
    parametersOf: (ref) => (dags.get(ref)?.spec as unknown as DagSpec | undefined)?.parameters,
  };
}

function versioned(found: ReadonlyMap<string, Definition>, ref: string): string {
  const definition = found.get(ref);
  return definition === undefined ? ref : `${definition.name}@${definition.version}`;
}

/** Whether a stored DAG refers, by way of others, to the newest version of this name. */
async function leadsTo(deps: CheckDeps, app: string, name: string, from: Definition): Promise<boolean> {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined && seen.size < MOST_DAGS; next = open.pop()) {
    const id = `${next.name}@${next.version}`;
    if (seen.has(id)) continue;
    seen.add(id);
    for (const { dag } of Object.values((next.spec as unknown as DagSpec).nodes)) {
      if (dag === undefined) continue;
      if (dag.ref === name) return true;
      const [other = '', version] = dag.ref.split('@');
      const found = await deps.store.definitions.get('Dag', app, other, version === undefined ? undefined : Number(version));
      if (found !== undefined) open.push(found);
    }
  }
  return false;
}
