// What of a node's job is wrong although some of its values are not known yet: what is computed is left out, and checked when it runs.
import type { z } from 'zod';
import type { Place } from '../expressions/contexts.ts';
import { checkTemplates, isComputed } from '../expressions/fill.ts';
import type { Declarations } from '../expressions/types.ts';
import type { FieldError } from '../specs/errors.ts';
import { explain } from '../specs/explain.ts';
import { jobSpecSchema } from '../specs/job.schema.ts';
import { fieldError } from '../specs/validate.ts';
import { pathOf, type Draft } from './draft.ts';
import { expressionError } from './words.ts';
import type { Path } from './written.ts';

type Issue = z.core.$ZodIssue;

/** Mistakes of the job and of its expressions, each at the place in the document where it was written. */
export function jobErrors({ job, places, errors, locate }: Draft, config: z.ZodType | undefined, declarations: () => Declarations): FieldError[] {
  const wrong = places.length === 0 ? errors : [...errors, ...checkTemplates(job, places, declarations()).errors];
  return [
    ...schemaErrors(jobSpecSchema, job, places, []).map(({ path, message, value }) => fieldError(locate(path), message, value)),
    ...(config === undefined
      ? []
      : schemaErrors(config, job.config ?? {}, places, ['config']).map(({ path, message, value }) => fieldError(locate(path), message, value))),
    ...wrong.map((error) => expressionError(locate(pathOf(error.path)), error)),
  ];
}

/** What a schema refuses of a value at `at`, but for what will be computed. */
function schemaErrors(schema: z.ZodType, value: unknown, places: readonly Place[], at: Path) {
  const result = schema.safeParse(value);
  if (result.success) return [];
  const known = knownIssues(result.error.issues, places, at, []);
  return explain(known, schema, value).map((mistake) => ({ ...mistake, path: [...at, ...(mistake.path as Path)] }));
}

/** Issues that no computed value can mend. Of a union that is refused one form that would do is enough. */
function knownIssues(issues: readonly Issue[], places: readonly Place[], at: Path, within: Path): Issue[] {
  return issues.filter((issue) => {
    const path = [...within, ...(issue.path as Path)];
    if (isComputed(places, [...at, ...path])) return false;
    if (issue.code !== 'invalid_union') return true;
    return issue.errors.every((form) => knownIssues(form, places, at, path).length > 0);
  });
}
