// Turns what zod says into INVALID with places that a person can find: a JSON pointer, the value as it was, what to write.
import type { z } from 'zod';
import { LongshoreError, type FieldError } from './errors.ts';
import { explain, shorten } from './explain.ts';

type Path = readonly PropertyKey[];

const MAX_ERRORS = 20;

/** A JSON pointer (RFC 6901). */
const pointer = (path: Path): string => path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** One wrong place. `value` is left out where there was none. */
export function fieldError(path: Path, message: string, value?: unknown): FieldError {
  return { path: pointer(path), message, ...(value !== undefined && { value: shorten(value) }) };
}

/** INVALID for wrong places; the detail names the first ones, because many callers show nothing else. */
export function invalid(errors: readonly FieldError[]): LongshoreError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const value = first?.value === undefined ? '' : ` (is ${first.value})`;
  return new LongshoreError('INVALID', `${first?.path || '/'}: ${first?.message}${value}${more}`, { errors: errors.slice(0, MAX_ERRORS) });
}

/** Parses, or throws INVALID with every wrong place; `at` is where the value stands in the request. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, at: Path = []): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(explain(result.error.issues, schema, value).map((mistake) => fieldError([...at, ...mistake.path], mistake.message, mistake.value)));
}
