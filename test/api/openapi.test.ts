// What the generated API reference must hold: every field is explained, and a body that is a document shows its schema.
import { expect, test } from 'vitest';
import { openApi } from '../../src/api/openapi.ts';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}
const { paths, components } = openApi() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const operations = Object.values(paths).flatMap((path) => Object.values(path));
const json = (content: Readonly<Record<string, { readonly schema: Schema }>> | undefined): Schema => content?.['application/json']?.schema ?? {};

const bodyOf = (id: string): Schema => json(operations.find(({ operationId }) => operationId === id)?.requestBody?.content);

/** Fields below a schema that say nothing of themselves; what a reference leads to is looked at by its name. */
function unexplained(schema: Schema, at: string): string[] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(field.description === undefined && field.$ref === undefined ? [`${at}.${name}`] : []),
    ...unexplained(field, `${at}.${name}`),
  ]);
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.items, schema.additionalProperties];
  return [...fields, ...inner.flatMap((part) => (typeof part === 'object' ? unexplained(part, at) : []))];
}

test('every field and parameter of the API says what it means', () => {
  const found = [
    ...Object.entries(components.schemas).flatMap(([name, schema]) => unexplained(schema, name)),
    ...operations.flatMap(({ operationId, parameters = [], requestBody, responses }) => [
      ...parameters.flatMap(({ name, description, schema }) =>
        (description ?? schema?.description) === undefined ? [`${operationId}?${name}`] : [],
      ),
      ...unexplained(json(requestBody?.content), `${operationId} body`),
      ...Object.values(responses).flatMap(({ content }) => unexplained(json(content), `${operationId} answer`)),
    ]),
  ];
  expect(found).toEqual([]);
  expect(Object.keys(components.schemas).length).toBeGreaterThan(15);
});

test('bodies that are documents show the schema of their kind', () => {
  expect(bodyOf('createJob').properties).toMatchObject({
    spec: { $ref: '#/components/schemas/JobSpec' },
    with: { $ref: '#/components/schemas/JobPatch' },
  });
  expect(bodyOf('putJobDefinition')).toEqual({ $ref: '#/components/schemas/JobDefinition' });
  expect(bodyOf('previewSchedule').properties).toMatchObject({ schedule: { $ref: '#/components/schemas/Schedule' } });
  expect(bodyOf('putCluster')).toEqual({ $ref: '#/components/schemas/ClusterSpec' });
  expect(bodyOf('putApp')).toEqual({ $ref: '#/components/schemas/AppSpec' });
});
