// What a person reads who wrote something wrong into a document or a request.
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { explain } from '../../src/specs/explain.ts';
import { fileRef } from '../../src/specs/fields.schema.ts';
import { JOB_ROUTES } from '../../src/specs/job-routes.schema.ts';
import { jobPatchSchema } from '../../src/specs/job.schema.ts';

const says = (schema: z.ZodType, value: unknown): string[] => {
  const { error } = schema.safeParse(value);
  return explain(error?.issues ?? [], schema, value).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

it.each<[string, z.ZodType, unknown, string]>([
  ['a bound that is excluded', jobPatchSchema, { resources: { cpu: 0 } }, 'resources.cpu: must be more than 0'],
  ['a bound that is included', jobPatchSchema, { priority: 0 }, 'priority: must be at least 1'],
  [
    'an address of another kind',
    jobPatchSchema,
    { webhook: { url: 'ftp://x/y' } },
    'webhook.url: must be an address that begins with http: or https:',
  ],
  ['a path for a name', fileRef, { inline: 'x', name: 'a/b' }, 'name: must be a plain file name'],
  ['a handle without an id', JOB_ROUTES.resolveJob.body, { as: 'adopt', handle: { id: '' } }, 'handle.id: must be at least 1 characters long'],
])('%s', (_what, schema, value, message) => expect(says(schema, value)).toEqual([message]));
