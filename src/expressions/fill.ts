// The expressions of a whole spec: checked when it is saved, and filled with values when it runs.
import { checkExpression, evaluateExpression } from './evaluate.ts';
import { LIMITS } from './limits.ts';
import { Meter } from './meter.ts';
import { shellPlaces, shellWord } from './shell.ts';
import { sqlLiteral, sqlPlaces } from './sql.ts';
import { HOLE, holesOf, pointer, wholeHole, type Hole, type Path, type Template, type TemplateError } from './template.ts';
import { errorAt, Wrong, type Declarations, type ExpressionError, type Json, type Reads, type ResultType, type Values } from './types.ts';
import type { Place } from './contexts.ts';

/** What is wrong with the expressions of a spec where these names are declared, and what they read together. */
export function checkTemplates(
  spec: unknown,
  places: readonly Place[],
  declarations: Declarations,
): { readonly errors: readonly TemplateError[]; readonly reads: Reads } {
  const errors: TemplateError[] = [];
  const reads: Reads[] = [];
  for (const place of places) {
    const template = templateAt(spec, place.path);
    const standing = standings(template, place);
    template.holes.forEach((hole, i) => {
      const refuse = (message: string): void => void errors.push(located(template, hole, errorAt(hole.expression, message)));
      const checked = checkExpression(hole.expression, declarations);
      if (!checked.ok) return void errors.push(located(template, hole, checked.error));
      reads.push(checked.reads);
      const unfit = standing[i] ?? unfitFor(place, template, checked.type);
      return unfit === undefined ? undefined : refuse(unfit);
    });
  }
  return { errors, reads: together(reads) };
}

/**
 * The spec with the value of every expression at its place. All expressions together have the steps of one, and the texts that are made the
 * size of one result. Values are not looked through again.
 */
export function fillTemplates(spec: Json, places: readonly Place[], declarations: Declarations, values: Values): Filled {
  const filled = { spec: JSON.parse(JSON.stringify(spec)) as Json };
  const budget: Budget = { meter: new Meter(), left: LIMITS.result };
  for (const place of places) {
    const result = fillOne(templateAt(spec, place.path), place, declarations, values, budget);
    if (!result.ok) return result;
    put(filled, ['spec', ...place.path], result.value);
  }
  return { ok: true, value: filled.spec };
}

/** What is left for all expressions of a spec. */
interface Budget {
  readonly meter: Meter;
  left: number;
}

type Filled = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: TemplateError };

function fillOne(template: Template, place: Place, declarations: Declarations, values: Values, budget: Budget): Filled {
  const standing = standings(template, place);
  const whole = takesWhole(place) ? wholeHole(template) : undefined;
  let text = '';
  let from = 0;
  for (const [i, hole] of template.holes.entries()) {
    const result = evaluateExpression(hole.expression, declarations, values, budget.meter);
    if (!result.ok) return { ok: false, error: located(template, hole, result.error) };
    try {
      if (standing[i] !== undefined) throw new Wrong(standing[i]);
      const value = place.as === 'file' ? filesOf(result.value) : result.value;
      const piece = whole ? JSON.stringify(value) : inserted(value, place);
      budget.left -= piece.length;
      if (budget.left < 0) throw new Wrong(`makes the spec larger than ${LIMITS.result} characters`);
      if (whole) return { ok: true, value };
      text += template.text.slice(from, hole.start) + piece;
      from = hole.end;
    } catch (error) {
      return { ok: false, error: located(template, hole, errorAt(hole.expression, (error as Wrong).message)) };
    }
  }
  return { ok: true, value: text + template.text.slice(from) };
}

/** Where a text that is one expression becomes its value, whatever type that has. */
const takesWhole = ({ as }: Place): boolean => as === 'value' || as === 'file';

/** An output that is a file, as a spec names one; a list of them, as a list. */
function filesOf(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => fileOf(one, ' in its list'));
  return fileOf(value, '');
}

function fileOf(value: Json, where: string): Json {
  const { sha256, name } = Object(value) as { readonly sha256?: unknown; readonly name?: unknown };
  if (typeof sha256 === 'string' && typeof name === 'string') return { artifact: sha256, name };
  throw new Wrong(
    `gives ${JSON.stringify(value).slice(0, 60)}${where}, which is no file; write the name of an output that is one, as outputs.extract.rows`,
  );
}

/** Puts a value where there is one. */
function put(root: object, path: Path, value: Json): void {
  const owner = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], root);
  (owner as Record<string | number, unknown>)[path.at(-1)!] = value;
}

/** Whether a path of the spec is computed, so that what stands there now need not fit its schema: what it becomes does. */
export const isComputed = (places: readonly Place[], path: Path): boolean =>
  places.some((place) => place.path.length <= path.length && place.path.every((key, i) => key === path[i]));

/** The text at a place. Throws where the places were found in another spec, which is a mistake of the caller. */
function templateAt(spec: unknown, path: Path): Template {
  const text = path.reduce<unknown>(
    (value, key) => (Object.hasOwn(Object(value) as object, key) ? (value as Record<string | number, unknown>)[key] : undefined),
    spec,
  );
  if (typeof text !== 'string') throw new Error(`There is no text at ${pointer(path)}: the places are those of another spec`);
  return { path, text, holes: holesOf(text) };
}

/** For each hole, why nothing may stand there; shell and SQL only. */
function standings({ text, holes }: Template, place: Place): readonly (string | undefined)[] {
  if (place.as !== 'shell' && place.as !== 'sql') return [];
  if (text.includes('\0')) return holes.map(() => 'stands in a text with a NUL character');
  let marked = '';
  let from = 0;
  for (const { start, end } of holes) {
    marked += text.slice(from, start) + HOLE;
    from = end;
  }
  marked += text.slice(from);
  return place.as === 'sql' ? sqlPlaces(marked, place.dialect) : shellPlaces(marked);
}

/** Why no value of this type can be inserted. */
function unfitFor(place: Place, template: Template, type: ResultType): string | undefined {
  if (place.as === 'file') return unfitFile(template, type);
  if (place.as === 'value' && wholeHole(template)) return undefined;
  if (type === 'map' || (type === 'list' && place.as !== 'sql')) return `gives a ${type}, which is no text; write json(…) around it, or join(…)`;
  return type === 'null' && place.as !== 'sql' ? 'gives null, which is no text' : undefined;
}

function unfitFile(template: Template, type: ResultType): string | undefined {
  if (!wholeHole(template)) return 'stands beside other text: a file is one expression that gives it, or an address';
  return type === 'map' || type === 'list' || type === 'json' ? undefined : `gives a ${type}, which is no file; write an output that is one`;
}

function inserted(value: Json, place: Place): string {
  if (place.as === 'sql') return sqlLiteral(value, place.dialect);
  if (value === null) throw new Wrong('gives null, which is no text');
  if (typeof value === 'object') throw new Wrong(`gives a ${Array.isArray(value) ? 'list' : 'map'}, which is no text; write json(…) around it`);
  return place.as === 'shell' ? shellWord(String(value)) : String(value);
}

/** An error within an expression, as one of the text that it stands in. */
function located({ path, text }: Template, hole: Hole, error: ExpressionError): TemplateError {
  const lines = hole.expression.split('\n').slice(0, error.line - 1);
  const offset = hole.offset + lines.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
  return { path: pointer(path), ...errorAt(text, error.message, offset, 1), value: error.value.trim() };
}

function together(all: readonly Reads[]): Reads {
  return {
    nodes: [...new Set(all.flatMap(({ nodes }) => nodes))].sort(),
    anyNode: all.some(({ anyNode }) => anyNode),
    zones: all.some(({ zones }) => zones),
  };
}
