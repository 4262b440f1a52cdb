import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { documentsPage } from '../../src/api/documents-page.ts';
import { nodeSchema } from '../../src/specs/dag-node.schema.ts';
import { dagSpecSchema } from '../../src/specs/dag.schema.ts';
import { appSpecSchema, clusterSpecSchema } from '../../src/specs/documents.schema.ts';
import { jobSpecSchema } from '../../src/specs/job.schema.ts';

test('docs/documents.md is what `node src/api/documents-page.ts` writes', async () => {
  expect(await readFile(new URL('../../docs/documents.md', import.meta.url), 'utf8')).toBe(documentsPage());
});

test('it has every field of the four kinds, each with what it takes and what it means', () => {
  const rows = documentsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll('|', '').trim()));
  for (const [field, value, , meaning] of rows) expect([field, value !== '', meaning !== '']).toEqual([field, true, true]);
  const fields = rows.map(([field]) => field?.replaceAll('`', ''));
  for (const schema of [jobSpecSchema, dagSpecSchema, nodeSchema, appSpecSchema, clusterSpecSchema])
    expect(fields).toEqual(expect.arrayContaining(Object.keys(schema.shape)));
  expect(fields).toEqual(expect.arrayContaining(['retry.backoff.factor', 'outputs.NAME.file', 'grants.secrets', 'engines.NAME.forbidden[].use']));
});
