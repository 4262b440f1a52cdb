// Files of nodes before, as the files of a job: only what is an output, and never an address that somebody made up.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { placesOf } from '../../src/expressions/contexts.ts';
import { checkTemplates, fillTemplates } from '../../src/expressions/fill.ts';
import { files } from '../../src/jobtypes/fields.schema.ts';
import type { Json } from '../../src/expressions/types.ts';
import { DECLARED, VALUES } from './scene.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const VALUES_WITH_DIGESTS = {
  ...VALUES,
  outputs: {
    extract: [
      { rows: 3, table: { name: 'a.csv', sha256: A, size: 10 } },
      { rows: 5, table: { name: 'b.csv', sha256: B, size: 20 } },
    ],
  },
};
const config = z.strictObject({ files });
const places = (spec: unknown) => placesOf(spec, config);
function filled(spec: Json) {
  const found = places(spec);
  expect(found.errors).toEqual([]);
  return fillTemplates(spec, found.places, DECLARED, VALUES_WITH_DIGESTS);
}
const saved = (spec: unknown): string[] => {
  const found = places(spec);
  return [...found.errors, ...checkTemplates(spec, found.places, DECLARED).errors].map(({ path, message }) => `${path} ${message}`);
};

describe('files of nodes before', () => {
  test('one of them, and a list as a folder, fit the schema when they are filled', () => {
    const result = filled({ files: { 'one.csv': '${{ outputs.extract[0].table }}', parts: '${{ outputs.extract.map(o, o.table) }}' } });
    expect(result).toEqual({
      ok: true,
      value: { files: { 'one.csv': { artifact: A, name: 'a.csv' }, parts: [A, B].map((artifact, i) => ({ artifact, name: 'ab'[i] + '.csv' })) } },
    });
    expect(config.safeParse((result as { value: unknown }).value).success).toBe(true);
  });

  test('one file within a written list', () => {
    expect(filled({ files: { parts: ['./x', '${{ outputs.extract[1].table }}'] } })).toMatchObject({
      value: { files: { parts: ['./x', { artifact: B, name: 'b.csv' }] } },
    });
  });

  test.each([
    ['${{ params.text }}', '/files/x gives a string, which is no file; write an output that is one'],
    ['local:${{ params.text }}', '/files/x stands beside other text: a file is one expression that gives it, or an address'],
  ])('%s is refused when it is saved', (text, message) => expect(saved({ files: { x: text } })).toEqual([message]));

  test('what turns out to be no file is refused when it is filled', () => {
    for (const text of ['${{ params.tags }}', '${{ outputs.extract }}']) {
      expect(filled({ files: { x: text } })).toMatchObject({
        ok: false,
        error: { path: '/files/x', message: expect.stringContaining('is no file') },
      });
    }
  });

  test('text within a file, its digest and its name take none', () => {
    for (const file of [
      { inline: 'day=${{ params.day }}' },
      { artifact: '${{ params.text }}', name: 'x' },
      { artifact: A, name: '${{ params.text }}' },
    ])
      expect(saved({ files: { x: file } })).toEqual([expect.stringContaining('takes no expressions')]);
  });
});
