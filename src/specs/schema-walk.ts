// Walks a zod schema beside a value: which fields an object has, and where a schema expects a file.
import type { z } from 'zod';
import { fileRef } from './fields.schema.ts';
import { innerOf } from './schema-inner.ts';

type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypes['_zod']['def'];

const ownDef = (schema: Schema): Def => (schema as z.ZodType).def as Def;
type Path = readonly (string | number)[];

/** The schema inside all of them. */
function unwrap(schema: Schema): Schema {
  const inner = innerOf(schema);
  return inner === undefined ? schema : unwrap(inner);
}

const defOf = (schema: Schema): Def => ownDef(unwrap(schema));

/** Schemas of one member of an object, array or record; several where a union allows several. */
function children(schema: Schema, key: string | number): Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? [def.shape[key]!] : [];
    case 'array':
      return typeof key === 'number' ? [def.element] : [];
    case 'record':
      return typeof key === 'string' ? [def.valueType] : [];
    case 'tuple':
      return def.items[Number(key)] === undefined ? [] : [def.items[Number(key)]!];
    case 'union':
      return def.options.flatMap((option) => children(option, key));
    default:
      return [];
  }
}

/** Names of the fields that the schema knows at a path. */
export function fieldsAt(schema: Schema, path: Path): string[] {
  let schemas: Schema[] = [schema];
  for (const key of path) schemas = schemas.flatMap((s) => children(s, key));
  return schemas.flatMap((s) => {
    const def = defOf(s);
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
}

/** `.meta()` clones a schema but keeps its options, so those identify it. */
const FILE_OPTIONS = fileRef.options;

/** Every value that stands where the schema expects a file, with its place. */
export function filesIn(schema: Schema, value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  const def = defOf(schema);
  if (def.type === 'union' && def.options === FILE_OPTIONS) return [{ path, value }];
  if (def.type === 'union') return def.options.flatMap((option) => filesIn(option, value, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const step = Array.isArray(value) ? Number(key) : key;
    return children(schema, step).flatMap((child) => filesIn(child, member, [...path, step]));
  });
}
