// The workflow bundle is loaded by every scheduler at start: it holds our rules and nothing of the rest of the world.
import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as workflows from '../../src/workflows/index.ts';
import { WORKFLOW_TYPES } from '../../src/specs/messages.ts';
import { workflowBundle } from '../helpers/temporal.ts';

const SOURCE = new URL('../../src/', import.meta.url).pathname;

test('the bundle is small, and holds neither zod nor modules of Node', async () => {
  const { code } = await workflowBundle();
  // Without its source map, which is two thirds of it. An empty workflow has 0.5 MB, zod alone would add 2 MB.
  const [program] = code.split('//# sourceMappingURL=');
  expect(program!.length).toBeLessThan(1_300_000);
  expect(code).not.toMatch(/node_modules\/zod\//);
  expect(code).not.toMatch(/\.schema\.ts/);
  expect(code).not.toMatch(/require\("node:/);
});

test('every workflow type is exported under its name', () => {
  expect(Object.keys(workflows).sort()).toEqual(Object.values(WORKFLOW_TYPES).sort());
});

test('a schema is imported by workflows as a type only', async () => {
  const files = (await readdir(join(SOURCE, 'workflows'), { recursive: true })).filter((file) => file.endsWith('.ts'));
  const imports = files.flatMap((file) => readFileSync(join(SOURCE, 'workflows', file), 'utf8').match(/^import (?!type ).*\.schema\.ts';$/gm) ?? []);
  expect(imports).toEqual([]);
});
