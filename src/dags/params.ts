// The parameters of a DAG: what a caller gives, checked by type; what is left out has its default, which may be an expression.
import { findTemplates } from '../expressions/template.ts';
import type { Json, Values } from '../expressions/types.ts';
import { fitsType } from '../specs/dag-check.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import type { FieldError } from '../specs/errors.ts';
import { didYouMean } from '../specs/near.ts';
import { fieldError } from '../specs/validate.ts';
import { paramTypes } from './declare.ts';
import { fillAt } from './fill-at.ts';
import type { Path } from './written.ts';

export type Parameters = DagSpec['parameters'];
type Given = Readonly<Record<string, Json>>;

/** What is wrong with values as they are written; those that have expressions are taken to be right where `mayCompute`. */
export function paramErrors(parameters: Parameters, given: Given, at: Path, mayCompute = true): FieldError[] {
  const names = Object.keys(parameters);
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(parameters, name))
    .map((name) => fieldError([...at, name], `is not a parameter of the DAG${didYouMean(name, names)}`, given[name]));
  const others = Object.entries(parameters).flatMap(([name, { type, default: standard }]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined)
      return standard === undefined ? [fieldError([...at, name], `is required, of type ${type}: the parameter has no default`)] : [];
    const computed = mayCompute && findTemplates(value).templates.length > 0;
    return computed || fitsType(type, value) ? [] : [fieldError([...at, name], `must be of type ${type}`, value)];
  });
  return [...unknown, ...others];
}

/** Every parameter with its value, or what is wrong. `given` has no expressions; `at` is where it stands in the request. */
export function paramValues(
  parameters: Parameters,
  given: Given,
  values: Omit<Values, 'params' | 'item' | 'index' | 'nodes' | 'outputs'>,
  at: Path = ['params'],
): { readonly ok: true; readonly params: Record<string, Json> } | { readonly ok: false; readonly errors: readonly FieldError[] } {
  const errors = paramErrors(parameters, given, at, false);
  if (errors.length > 0) return { ok: false, errors };
  const params: Record<string, Json> = {};
  const before: Record<string, Parameters[string]> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    if (Object.hasOwn(given, name)) params[name] = given[name]!;
    else {
      const path: Path = ['parameters', name, 'default'];
      const filled = fillAt(path, parameter, { params: paramTypes(before), cycle: true }, { ...values, params });
      if (!filled.ok) return { ok: false, errors: [fieldError([...at, name], `its default cannot be computed, so give a value: ${filled.reason}`)] };
      if (!fitsType(parameter.type, filled.value)) {
        return { ok: false, errors: [fieldError([...at, name], `its default gives a value that is not of type ${parameter.type}`, filled.value)] };
      }
      params[name] = filled.value;
    }
    before[name] = parameter;
  }
  return { ok: true, params };
}
