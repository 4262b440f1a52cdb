import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { errorsPage } from '../../src/api/errors-page.ts';

test('docs/errors.md is what `node src/api/errors-page.ts` writes', async () => {
  expect(await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
});
