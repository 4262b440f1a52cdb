// DAGs as most tests write them: with the job types and the defaults of the real ones.
import { checkDag, type Known } from '../../src/dags/check.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import { dagSpecSchema, type DagSpec, type DagSpecInput } from '../../src/specs/dag.schema.ts';
import { jobSpecSchema, type JobSpec, type JobSpecInput } from '../../src/specs/job.schema.ts';

const types = createJobTypeRegistry().types();

/** Stored jobs by reference, and parameters of stored DAGs. */
export interface Stored {
  readonly jobs?: Readonly<Record<string, JobSpecInput>>;
  readonly dags?: Readonly<Record<string, DagSpecInput['parameters']>>;
}

function knowing({ jobs = {}, dags = {} }: Stored = {}): Known {
  const specs = new Map<string, JobSpec>(Object.entries(jobs).map(([ref, job]) => [ref, jobSpecSchema.parse(job)]));
  return {
    configOf: (type) => types.find((jobType) => jobType.type === type)?.config,
    jobOf: (ref) => specs.get(ref),
    parametersOf: (ref) => (dags[ref] === undefined ? undefined : dagOf({ parameters: dags[ref] }).parameters),
  };
}

const dagOf = (dag: Partial<DagSpecInput>): DagSpec => dagSpecSchema.parse({ name: 'flights', nodes: {}, ...dag });

/** Mistakes as `path: message`. */
export const mistakes = (dag: Partial<DagSpecInput>, stored?: Stored): string[] =>
  checkDag(dagOf(dag), knowing(stored)).map(({ path, message }) => `${path}: ${message}`);
