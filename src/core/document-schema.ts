// JSON Schema of documents, for editors: `node src/core/document-schema.ts > docs/longshore.schema.json`. A test fails when it is stale.
import { z } from 'zod';
import { createAdapterRegistry } from '../adapters/registry.ts';
import { createJobTypeRegistry } from '../jobtypes/registry.ts';
import { documentSchema } from '../specs/documents.schema.ts';
import type { Deps } from './deps.ts';

/** A JSON Schema, or the value of one of its keywords. */
type Json = string | number | boolean | null | readonly Json[] | Schema;
interface Schema {
  readonly [keyword: string]: Json;
}
type Schemas = Readonly<Record<string, Schema>>;

/** As zod writes one object with the document, and with the configurations of each type, so that all share their definitions. */
interface Together {
  readonly $schema: string;
  readonly $defs: Schemas;
  readonly properties: {
    readonly document: { readonly oneOf: readonly (Schema & { readonly properties: { readonly kind: { readonly const: string } } })[] };
    readonly jobs: { readonly properties: Schemas };
    readonly clusters: { readonly properties: Schemas };
  };
}

const configs = (types: readonly { readonly type: string; readonly config: z.ZodType }[]) =>
  z.object(Object.fromEntries(types.map(({ type, config }) => [type, config])));

/**
 * One JSON Schema (draft 2020-12) that takes a document of any kind, with the `config` of every registered type of job and cluster; a type that is
 * not registered may have any. It takes whatever the server takes; what no schema can say, such as a circle of needs, is the server's to refuse.
 */
export function documentJsonSchema(deps: Pick<Deps, 'jobTypes' | 'adapters'>): Record<string, unknown> {
  const together = z.object({ document: documentSchema, jobs: configs(deps.jobTypes.types()), clusters: configs(deps.adapters.types()) });
  const { $schema, $defs, properties } = z.toJSONSchema(together, { io: 'input', unrepresentable: 'any' }) as unknown as Together;
  const [jobs, clusters] = [properties.jobs.properties, properties.clusters.properties];
  const named = (prefix: string, schemas: Schemas) => Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [prefix + type, schema]));
  const whole = {
    $schema,
    $comment: 'Made from the schemas by `node src/core/document-schema.ts`.',
    title: 'Longshore: a document',
    oneOf: properties.document.oneOf.map((kind) => {
      const title = kind.properties.kind.const;
      if (title === 'Job') return { title, ...withConfigs(kind, 'JobConfig.', jobs) };
      return { title, ...(title === 'Cluster' ? withConfigs(kind, 'ClusterConfig.', clusters) : kind) };
    }),
    $defs: {
      ...$defs,
      NodeJob: withConfigs($defs['NodeJob']!, 'NodeConfig.', jobs),
      ...named('JobConfig.', jobs),
      ...named('NodeConfig.', mapped(jobs, inNode) as Schemas),
      ...named('ClusterConfig.', clusters),
    },
  };
  return mapped(whole, plain) as Record<string, unknown>;
}

const isSchema = (value: Json | undefined): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same, whose `config` is that of its `type`. */
const withConfigs = (schema: Schema, prefix: string, types: Schemas): Schema => ({
  ...schema,
  allOf: Object.keys(types).map((type) => ({
    if: { properties: { type: { const: type } }, required: ['type'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { config: { $ref: `#/$defs/${prefix}${type}` } } },
  })),
});

/** Every schema in a value, changed from the inside out. */
function mapped(value: Json, change: (schema: Schema) => Schema): Json {
  if (Array.isArray(value)) return value.map((part) => mapped(part, change));
  if (!isSchema(value)) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapped(part, change)])));
}

/** A configuration in a node: its DAG may give what is required, and an expression may give the value of a field that takes one. */
function inNode(schema: Schema): Schema {
  const { required, description, ...rest } = schema;
  // A field may have the name of a keyword, too.
  const field = Array.isArray(required) || required === undefined ? rest : { ...rest, required };
  const about = description === undefined ? {} : { description };
  if (typeof schema['template'] !== 'string' || schema['template'] === 'none') return { ...about, ...field };
  return { ...about, anyOf: [field, { type: 'string', pattern: '\\$\\{\\{' }] };
}

/** Without the words that only we know. */
function plain(schema: Schema): Schema {
  if (typeof schema['template'] !== 'string') return schema;
  const { template: _, templateIf: __, dialect: ___, ...rest } = schema;
  return rest;
}

if (import.meta.main) {
  const schema = documentJsonSchema({ jobTypes: createJobTypeRegistry(), adapters: createAdapterRegistry() });
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
}
