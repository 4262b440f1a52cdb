// The JSON Schema that editors use, held to the documents that there are and to what the server would refuse.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import { documentJsonSchema } from '../../src/core/document-schema.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import { pages } from '../helpers/pages.ts';
import { projectFiles, ROOT } from '../helpers/sources.ts';

const FILE = 'docs/longshore.schema.json';
const schema = documentJsonSchema({ jobTypes: createJobTypeRegistry(), adapters: createAdapterRegistry() });
// Its only format, "uri", is not looked at: the server says which addresses it takes.
const validate = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictTuples: false, formats: { uri: true } }).compile(schema);

/** Where a document is not as the schema says. */
const wrong = (document: unknown): string[] => (validate(document) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath));
const parsed = (text: string): unknown[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((document) => document !== null);

test(`${FILE} is what \`node src/core/document-schema.ts\` writes`, async () => {
  expect(JSON.parse(await readFile(join(ROOT, FILE), 'utf8'))).toEqual(schema);
});

test('every document of examples/ and of the documentation is taken', async () => {
  const files = projectFiles().filter((file) => /^examples\/.*\.yaml$/.test(file));
  const examples = await Promise.all(files.map(async (file) => ({ file, text: await readFile(join(ROOT, file), 'utf8') })));
  const shown = pages().flatMap(({ file, documents }) => documents.map((text) => ({ file, text })));
  const documents = [...examples, ...shown].flatMap(({ file, text }) => parsed(text).map((document) => ({ file, document })));
  expect(documents.flatMap(({ file, document }) => wrong(document).map((at) => `${file} ${at}`))).toEqual([]);
  expect(documents.length).toBeGreaterThan(30);
});

const job = { kind: 'Job', name: 'a', type: 'shell', config: { command: ['true'] } };
const dag = (node: object) => ({ kind: 'Dag', name: 'a', nodes: { a: node } });

test.each([
  ['a field of a job', { ...job, priorty: 1 }, ''],
  ['a field of the configuration of its type', { ...job, config: { comand: ['true'] } }, '/config'],
  ['a field of a node', dag({ neds: ['b'] }), '/nodes/a'],
  ['a field of the configuration of a node', dag({ job: { type: 'python', config: { scirpt: './a.py' } } }), '/nodes/a/job/config'],
  ['a field of the configuration of a cluster', { kind: 'Cluster', name: 'a', type: 'yarn', config: { resourceManager: ['rm'] } }, '/config'],
  ['a grant', { kind: 'App', name: 'a', grants: { cluster: ['local'] } }, '/grants'],
  ['the kind', { ...job, kind: 'Jbo' }, '/kind'],
])('%s that is misspelt is not taken', (_, document, at) => {
  expect(wrong(document)).toContain(at);
});

test('what the server would take is taken', () => {
  for (const document of [
    // A type that a plugin may bring.
    { ...job, type: 'mine', config: { anything: 1 } },
    { kind: 'Cluster', name: 'a', type: 'mine', config: { anything: 1 } },
    // The DAG gives what the node leaves out, and an expression the value of a list.
    { ...dag({ job: { type: 'python', config: { args: '${{ params.files }}' } } }), defaults: { config: { script: './a.py' } } },
    dag({ job: { type: 'shell', config: { command: ['cat', 'rows'], files: { rows: '${{ outputs.b.rows }}' } } } }),
  ])
    expect(wrong(document)).toEqual([]);
  expect(wrong({ ...job, config: {} })).toContain('/config');
});
