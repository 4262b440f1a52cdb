// Checks an expression when it is saved, and computes it when it runs. Both give a Result; neither throws.
import { compile, type Compiled } from './compile.ts';
import { Meter } from './meter.ts';
import { toCel, toJson } from './values.ts';
import { asError } from './words.ts';
import type { Declarations, Json, Reads, Result, ResultType, Values } from './types.ts';

const TYPES: Readonly<Record<string, ResultType>> = {
  string: 'string',
  int: 'int',
  double: 'float',
  bool: 'bool',
  null: 'null',
  list: 'list',
  map: 'map',
};

/**
 * Whether the expression is right where these names are declared: its type, and what it reads. `expect` refuses another type, unless it is
 * known only when it runs.
 */
export function checkExpression(text: string, declarations: Declarations, expect?: ResultType): Result<{ type: ResultType; reads: Reads }> {
  try {
    const { program, reads } = compile(text, declarations);
    const checked = program.check();
    if (!checked.valid) throw checked.error;
    const type = TYPES[/^\w+/.exec(checked.type ?? '')?.[0] ?? ''] ?? 'json';
    if (expect !== undefined && type !== expect && type !== 'json') {
      return { ok: false, error: asError(text, new Error(`gives ${type}, and ${expect} is needed here`)) };
    }
    return { ok: true, type, reads };
  } catch (error) {
    return { ok: false, error: asError(text, error) };
  }
}

/** The value of the expression, as JSON. The declarations must be those of the check; several evaluations may share a meter. */
export function evaluateExpression(text: string, declarations: Declarations, values: Values, meter = new Meter()): Result<{ value: Json }> {
  try {
    const compiled = compile(text, declarations);
    compiled.running.meter = meter;
    const result: unknown = compiled.program(context(compiled, values, meter));
    if (meter.exhausted) throw meter.exhausted;
    return { ok: true, value: toJson(result) };
  } catch (error) {
    return { ok: false, error: asError(text, meter.exhausted ?? error) };
  }
}

/** The value of a condition; anything but true and false is an error. */
export function evaluateCondition(text: string, declarations: Declarations, values: Values): Result<{ value: boolean }> {
  const result = evaluateExpression(text, declarations, values);
  if (!result.ok) return result;
  if (typeof result.value === 'boolean') return { ok: true, value: result.value };
  return { ok: false, error: asError(text, new Error(`gives ${JSON.stringify(result.value).slice(0, 60)}, and a condition must be true or false`)) };
}

/** The names that the expression uses, and no more: outputs may be large. */
function context({ members, shapes }: Compiled, values: Values, meter: Meter): Record<string, unknown> {
  const given = values as unknown as Readonly<Record<string, Json | undefined>>;
  return Object.fromEntries([...members].map(([root, only]) => [root, toCel(root, given[root] ?? absent(root), shapes[root]!, meter, only)]));
}

/** A root without members is an empty map, so that has() can ask it; an item without value is null. */
const absent = (root: string): Json => (root === 'item' || root === 'index' ? null : {});
