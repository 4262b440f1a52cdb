// The job of a node before its expressions are computed: merged with what it leaves out, and the places where values go.
import { placesOf, type Place } from '../expressions/contexts.ts';
import type { TemplateError } from '../expressions/template.ts';
import { inlineJob } from '../specs/dag-job.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { jobSpecSchema, type JobPatch, type JobSpec, type JobSpecInput } from '../specs/job.schema.ts';
import { applyPatch } from '../specs/patch.ts';
import { isStored, valueAt, type Path, type Surroundings, type Written } from './written.ts';

export interface Draft {
  readonly job: JobSpecInput;
  readonly places: readonly Place[];
  /** Expressions where none may stand, with pointers into `job`. */
  readonly errors: readonly TemplateError[];
  /** Where in the document a place of the job was written. */
  readonly locate: (path: Path) => Path;
}

/**
 * Undefined where it is a stored job that is not known here. A stored job is as it is: only what `with` gives it has expressions, because its
 * own text has none when it runs by itself.
 */
export function draftOf(dag: Pick<DagSpec, 'defaults'>, node: string, { job, path }: Written, { configOf, jobOf }: Surroundings): Draft | undefined {
  if (!isStored(job)) {
    const merged = inlineJob(dag, node, job);
    const locate = (at: Path): Path =>
      valueAt(job, at) === undefined && valueAt(dag.defaults, at) !== undefined ? ['defaults', ...at] : [...path, ...at];
    return { job: merged, ...expressionsOf(merged, configOf), locate };
  }
  const stored = jobOf(job.ref);
  if (stored === undefined) return undefined;
  const merged: JobSpec = applyPatch(stored, job.with);
  const { places, errors } = expressionsOf(merged, configOf);
  const given = (at: Path): boolean => isGiven(job.with ?? {}, at);
  return {
    job: merged,
    places: places.filter((place) => given(place.path)),
    errors: errors.filter((error) => given(pathOf(error.path))),
    locate: (at) => (given(at) ? [...path, 'with', ...at] : [...path, 'ref']),
  };
}

function expressionsOf(job: JobSpecInput, configOf: Surroundings['configOf']): { places: readonly Place[]; errors: readonly TemplateError[] } {
  const { config = {}, ...own } = job;
  const schema = configOf(job.type);
  const parts = [placesOf(own, jobSpecSchema), ...(schema === undefined ? [] : [placesOf(config, schema, { at: ['config'] })])];
  return { places: parts.flatMap(({ places }) => places), errors: parts.flatMap(({ errors }) => errors) };
}

const MERGED: readonly (string | number)[] = ['config', 'env', 'secrets', 'labels'];

/** Whether a place of a merged job is what the patch says, and not what the job had before. */
function isGiven(patch: JobPatch, [field, key]: Path): boolean {
  const value = field === undefined ? undefined : valueAt(patch, [field]);
  return value !== undefined && (!MERGED.includes(field!) || key === undefined || valueAt(value, [key]) !== undefined);
}

/** The path of a JSON pointer. */
export const pathOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
