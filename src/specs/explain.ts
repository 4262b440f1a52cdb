// Zod's issues in words that say what to write, the same wherever a document is checked: by the API, and by the CLI without a server.
import type { z } from 'zod';
import { didYouMean } from './near.ts';
import { fieldsAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One wrong place of a value: what to write there, and what is there (left out where there is nothing). */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
  readonly value?: unknown;
}

const MAX_VALUE = 80;

/** A value as it stands in a message: JSON, shortened. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

/** Every mistake that zod found in `root` by `schema`. */
export const explain = (issues: readonly Issue[], schema: z.ZodType, root: unknown): Mistake[] =>
  issues.flatMap((issue) => mistakesOf(issue, schema, root));

const mistake = (path: Path, message: string, value: unknown): Mistake => ({ path, message, ...(value !== undefined && { value }) });

function mistakesOf(issue: Issue, schema: z.ZodType, root: unknown): Mistake[] {
  const { path } = issue;
  const value = valueAt(root, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const fields = fieldsAt(schema, issue.path as (string | number)[]);
        const found: unknown = valueAt(value, [key]);
        return mistake([...path, key], `is not a field${didYouMean(key, fields)}${unquoted(key, found)}`, found);
      });
    case 'invalid_union':
      return mistakesOf(closest(issue), schema, root);
    case 'invalid_key':
      return [mistake(path, `the name ${issue.issues[0]?.message ?? 'is not allowed'}`, value)];
    case 'invalid_type':
      return [mistake(path, value === undefined ? 'is required' : `must be of type ${issue.expected}`, value)];
    case 'invalid_value':
      return [mistake(path, `must be ${oneOf(issue.values)}${didYouMean(String(value), issue.values.map(String))}`, value)];
    case 'too_big':
      return [mistake(path, `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`, value)];
    case 'too_small':
      return [mistake(path, `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`, value)];
    default:
      return [mistake(path, issue.message, value)];
  }
}

/** Words and no value: the rest of a text in YAML's `{ }`, where a comma ends it. */
const unquoted = (key: string, value: unknown): string =>
  value === null && key.includes(' ') ? '; a text with a comma in it needs quotes between { }' : '';

const oneOf = (values: readonly unknown[]): string => (values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]));

const unitOf = (origin: string): string => (origin === 'string' ? ' characters long' : origin === 'array' ? ' items' : '');

/** Of a union's alternatives the one that was most nearly meant: whose complaint is deepest, or about more than its type. */
function closest(issue: z.core.$ZodIssueInvalidUnion): Issue {
  const weight = (i: Issue): number => i.path.length * 2 + (i.code === 'invalid_type' ? 0 : 1);
  const best = issue.errors.flatMap((branch) => branch.slice(0, 1)).toSorted((a, b) => weight(b) - weight(a))[0];
  const relative: Issue = best ?? { code: 'custom', path: [], message: issue.message, input: undefined };
  return { ...relative, path: [...issue.path, ...relative.path] };
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
