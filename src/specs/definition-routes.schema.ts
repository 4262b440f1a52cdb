// The part of the route table that is about versions of stored documents beyond reading and storing them.
import { z } from 'zod';
import { json } from './fields.schema.ts';
import { byName, defParams, type Route } from './route.schema.ts';
import { definitionViewSchema } from './views.schema.ts';

const version = z.int().positive();
const queryVersion = z.coerce.number().int().positive().optional();
/** Documents that an app owns. */
const ownParams = byName.extend({ kind: z.enum(['jobs', 'dags']).meta({ description: 'Kind of document.' }) });

const differenceSchema = z
  .object({
    path: z.string().meta({ description: 'JSON pointer of the place.' }),
    change: z.enum(['added', 'removed', 'changed']).meta({ description: 'Only there now, only there before, or another value.' }),
    before: z.unknown().optional().meta({ description: 'The value before.' }),
    after: z.unknown().optional().meta({ description: 'The value now.' }),
  })
  .meta({ id: 'Difference' });

export const DEFINITION_ROUTES = {
  diffDefinition: {
    method: 'get',
    path: '/api/v1/definitions/:kind/:name/diff',
    role: 'viewer',
    summary: 'What changed between two versions of a definition',
    status: 200,
    params: defParams,
    query: z.strictObject({
      from: queryVersion.meta({ description: 'Default: the version before `to`.' }),
      to: queryVersion.meta({ description: 'Default: the newest.' }),
    }),
    result: z.object({
      from: z.number().meta({ description: 'The version before; 0: none.' }),
      to: z.number().meta({ description: 'The version after.' }),
      changes: z.array(differenceSchema).meta({ description: 'Every place that differs.' }),
    }),
  },
  rollbackDefinition: {
    method: 'post',
    path: '/api/v1/definitions/:kind/:name/rollback',
    role: 'editor',
    summary: 'Store an old version again as the newest one; If-Match: "<version>" guards against lost updates',
    status: 200,
    params: ownParams,
    body: z.strictObject({ version: version.meta({ description: 'The version to go back to.' }) }),
    result: definitionViewSchema,
  },
  validateDefinition: {
    method: 'post',
    path: '/api/v1/definitions/:kind/:name/validate',
    role: 'editor',
    summary: 'Check a document as if it were stored, and store nothing',
    status: 200,
    params: ownParams,
    body: z.record(z.string(), json),
    note: 'The body is the document, as for storing it.',
    result: z.object({
      spec: z.record(z.string(), z.unknown()).meta({ description: 'The document as it would be stored, without its kind.' }),
      unchanged: z.boolean().meta({ description: 'It is what the newest version holds.' }),
    }),
  },
} as const satisfies Record<string, Route>;
