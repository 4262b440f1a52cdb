// Walking a JSON Schema along a path, to find the fields of a job type that take files.

export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
}

/** A schema and the alternatives in it, references followed. */
export function alternatives(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  const found: JsonSchema[] = [];
  const visit = (at: JsonSchema): void => {
    if (found.includes(at)) return;
    found.push(at);
    const target = at.$ref === undefined ? undefined : root.$defs?.[at.$ref.replace(/^#\/\$defs\//, '')];
    if (target !== undefined) visit(target);
    for (const inner of [...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.allOf ?? [])]) visit(inner);
  };
  visit(schema);
  return found;
}

/** The schemas that a field or an item of these may have. */
export function step(root: JsonSchema, schemas: readonly JsonSchema[], key: string | number): JsonSchema[] {
  return schemas.flatMap((schema) => {
    const next = typeof key === 'number' ? (schema.prefixItems?.[key] ?? schema.items) : (schema.properties?.[key] ?? schema.additionalProperties);
    return typeof next === 'object' ? alternatives(root, next) : [];
  });
}
