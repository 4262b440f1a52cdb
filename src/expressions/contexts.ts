// Which text a field is, says its schema: `.meta({ template: 'shell' })`. What says nothing has no expressions: a field that somebody
// forgot is refused when it is saved, and never run as something else.
import type { z } from 'zod';
import { innerOf } from '../specs/schema-inner.ts';
import { DIALECTS, type Dialect } from './sql.ts';
import { errorAt } from './types.ts';
import { findTemplates, pointer, type Path, type Template, type TemplateError } from './template.ts';

/**
 * What the meta `template` of a schema may say, for the field and all below it that say nothing else: `value`, an argument or value as it
 * is; `shell`, text that sh or bash reads; `sql`, with `dialect` beside it or given by the caller; `files`, files of which each may be an
 * expression that gives one; `none`, the default: names, clusters, users.
 * `templateIf` beside it names fields of the same object and a pattern for each (`{ interpreter: '/sh$' }`): where one does not fit, it is none.
 */
export type TemplateKind = 'value' | 'shell' | 'sql' | 'files' | 'none';

/** How the values of one text are inserted. `text`: the field takes only text, so that a number becomes one; `file`: it is an output that is a file. Plain JSON, kept with the definition. */
export type Place = { readonly path: Path } & (
  { readonly as: 'value' | 'text' | 'shell' | 'file' } | { readonly as: 'sql'; readonly dialect: Dialect }
);

type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypes['_zod']['def'];

interface Meaning {
  /** `file`: the address of one of `files`. */
  readonly kind: TemplateKind | 'file';
  readonly dialect?: Dialect;
}

/** A schema on the way to a value, with what it or one around it says. */
interface Known {
  readonly schema: Schema;
  readonly meaning: Meaning;
}

const NONE: Meaning = { kind: 'none' };
const ADVICE =
  'takes no expressions: it is read before the run, or decides what may run. Write the value itself, or use a parameter in another field';

/**
 * Every text of a spec that has expressions, with how their values are inserted; and an error for each that may have none. `at` is where the
 * spec stands in a larger one: a job's config has its own schema, and is no part of the schema of jobs.
 */
export function placesOf(
  spec: unknown,
  schema: Schema,
  options: { readonly dialect?: Dialect; readonly at?: Path } = {},
): { readonly places: readonly Place[]; readonly errors: readonly TemplateError[] } {
  const { at = [] } = options;
  const { templates, errors } = findTemplates(spec);
  const places: Place[] = [];
  const refused: TemplateError[] = errors.map((error) => ({ ...error, path: pointer(at) + error.path }));
  for (const template of templates) {
    const { kind, dialect = options.dialect, textOnly } = meaningAt(schema, template, spec);
    const path = [...at, ...template.path];
    const refuse = (message: string): void => void refused.push(refusal({ ...template, path }, message));
    if (kind === 'none' || kind === 'files') refuse(ADVICE);
    else if (kind === 'shell' || kind === 'file') places.push({ path, as: kind });
    else if (kind === 'value') places.push({ path, as: textOnly ? 'text' : 'value' });
    else if (dialect === undefined) refuse('is SQL of a dialect that is not known here, so that no value can be inserted');
    else places.push({ path, as: 'sql', dialect });
  }
  return { places, errors: refused };
}

const refusal = ({ path, text, holes }: Template, message: string): TemplateError => ({
  path: pointer(path),
  ...errorAt(text, message, holes[0]!.start, holes[0]!.end - holes[0]!.start),
});

/** What all schemas that the text may be held against say of it; `none` where they say different things. */
function meaningAt(root: Schema, { path }: Template, spec: unknown): Meaning & { readonly textOnly: boolean } {
  let known = variants({ schema: root, meaning: NONE });
  let value = spec;
  for (const key of path) {
    known = known.flatMap((one) => members(one, key, value));
    value = (value as Record<string | number, unknown>)[key];
  }
  const possible = known.filter(({ schema }) => !HOLDERS.has(defOf(schema).type));
  const [first = { meaning: NONE }] = possible;
  const same = possible.every(({ meaning }) => meaning.kind === first.meaning.kind && meaning.dialect === first.meaning.dialect);
  // A list may stand where one of the forms is a list.
  const textOnly = known.every(({ schema }) => ['string', 'enum', 'template_literal'].includes(defOf(schema).type));
  return { ...(same ? first.meaning : NONE), textOnly };
}

/** Schemas that no text fits. */
const HOLDERS: ReadonlySet<string> = new Set(['object', 'array', 'record', 'tuple']);

const defOf = (schema: Schema): Def => (schema as z.ZodType).def as Def;

/** The object in which a value stands, and the fields that it may have. */
interface Owner {
  readonly value: object;
  readonly shape: Readonly<Record<string, Schema>>;
}

/** The meaning of a schema: its own meta, or that of the one around it. */
function meant(schema: Schema, around: Meaning, owner?: Owner): Meaning {
  const meta = (schema as z.ZodType).meta();
  if (meta?.template === undefined) return around;
  const { template, dialect, templateIf } = meta;
  if (templateIf !== undefined && !holds(templateIf as Readonly<Record<string, string>>, owner)) return NONE;
  if (template === ADDRESS) return around.kind === 'files' ? { kind: 'file' } : NONE;
  if (!KINDS.has(template)) throw new Error(`The meta "template" of a schema is ${JSON.stringify(template)}; it is value, shell, sql, files or none`);
  if (dialect !== undefined && !(DIALECTS as readonly unknown[]).includes(dialect)) {
    throw new Error(`The meta "dialect" of a schema is ${JSON.stringify(dialect)}; it is one of ${DIALECTS.join(', ')}`);
  }
  return { kind: template as TemplateKind, ...(dialect !== undefined && { dialect: dialect as Dialect }) };
}

/** Whether the fields beside it are as they must be; one that is not there has its default. */
function holds(condition: Readonly<Record<string, string>>, { value, shape }: Owner = { value: {}, shape: {} }): boolean {
  return Object.entries(condition).every(([field, pattern]) => {
    const given = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
    const text = given ?? (shape[field] as z.ZodType | undefined)?.safeParse(undefined).data;
    return typeof text === 'string' && new RegExp(pattern).test(text);
  });
}

const KINDS: ReadonlySet<unknown> = new Set<TemplateKind>(['value', 'shell', 'sql', 'files', 'none']);
/** What the schema of files says of an address: an expression where the field has `files`, else none. */
const ADDRESS = 'address';

/** What stands inside optional, default and their like, and every option of a union. */
function variants({ schema, meaning: around }: Known, owner?: Owner): Known[] {
  const meaning = meant(schema, around, owner);
  const inner = innerOf(schema);
  if (inner !== undefined) return variants({ schema: inner, meaning }, owner);
  const def = defOf(schema);
  switch (def.type) {
    case 'union':
      return def.options.flatMap((option) => variants({ schema: option, meaning }, owner));
    case 'intersection':
      return [def.left, def.right].flatMap((side) => variants({ schema: side, meaning }, owner));
    default:
      return [{ schema, meaning }];
  }
}

/** Whether a constant of the schema, such as the type in a union, is that of the value. */
function couldBe(schema: Schema, value: unknown): boolean {
  const def = defOf(schema);
  return def.type !== 'literal' || (def.values as readonly unknown[]).includes(value);
}

/** Schemas of one member. An object is left out where the value has a member or constant that it has not, for another of its union is meant. */
function members({ schema, meaning }: Known, key: string | number, value: unknown): Known[] {
  const def = defOf(schema);
  const inner = (member: Schema | null | undefined, owner?: Owner): Known[] => (member ? variants({ schema: member, meaning }, owner) : []);
  switch (def.type) {
    case 'object': {
      // A strict object says of other members that they are never there.
      const others = def.catchall && defOf(def.catchall).type !== 'never' ? def.catchall : undefined;
      const fits = Object.entries(value as object).every(([name, member]) =>
        Object.hasOwn(def.shape, name) ? couldBe(def.shape[name]!, member) : others !== undefined,
      );
      if (!fits) return [];
      return inner(Object.hasOwn(def.shape, key) ? def.shape[key] : others, { value: value as object, shape: def.shape });
    }
    case 'array':
      return inner(def.element);
    case 'record':
      return inner(def.valueType);
    case 'tuple':
      return inner(def.items[Number(key)] ?? def.rest);
    case 'unknown':
    case 'any':
      return [{ schema, meaning }];
    default:
      return [];
  }
}
