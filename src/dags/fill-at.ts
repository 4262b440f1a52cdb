// Fills the expressions of one value of a DAG document: an item list, a time, parameters.
import { placesOf } from '../expressions/contexts.ts';
import { fillTemplates } from '../expressions/fill.ts';
import type { Declarations, Json, Values } from '../expressions/types.ts';
import { dagSpecSchema } from '../specs/dag.schema.ts';
import { inWords } from './words.ts';
import { valueAt, type Path } from './written.ts';

/** A value, or why there is none, in words. */
export type Filled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** The value at `path`, which is the last member of `owner`, with its expressions computed. */
export function fillAt(path: Path, owner: unknown, declarations: Declarations, values: Values): Filled<Json> {
  const key = path.at(-1)!;
  const whole = path.slice(0, -1).reduceRight<unknown>((value, name) => ({ [name]: value }), { [key]: valueAt(owner, [key]) });
  const { places } = placesOf(whole, dagSpecSchema);
  const filled = fillTemplates(whole as Json, places, declarations, values);
  if (!filled.ok) return { ok: false, reason: `${filled.error.path}: ${inWords(filled.error)}` };
  return { ok: true, value: valueAt(filled.value, path) as Json };
}
