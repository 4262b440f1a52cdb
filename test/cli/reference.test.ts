import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { reference } from '../../src/cli/reference.ts';
import { ROOT } from '../helpers/sources.ts';
import { longshore } from './stack.ts';

test('docs/cli.md is what `node src/cli/reference.ts` writes', async () => {
  expect(await readFile(join(ROOT, 'docs', 'cli.md'), 'utf8')).toBe(reference());
});

test('every command that takes arguments shows an example', () => {
  const commands = createProgram().commands.flatMap((command) => [command, ...command.commands]);
  const without = commands.filter((command) => command.commands.length === 0 && command.options.length + command.registeredArguments.length > 0);
  expect(without.length).toBeGreaterThan(15);
  for (const command of without) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain('$ longshore ');
  }
});

test('help loads neither Temporal nor zod nor the client', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-help-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const hook = join(folder, 'trace.mjs');
  await writeFile(
    hook,
    "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { process.stderr.write(`${url}\\n`); return next(url, context); } });",
  );
  const { stdout, stderr, exitCode } = await longshore(['--help'], { env: { NODE_OPTIONS: `--import=${hook}` } });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Jobs:');
  expect(stderr).toContain('/src/cli/program.ts');
  expect(stderr).not.toMatch(/@temporalio|node_modules\/zod|\.schema\.ts|src\/client/);
});
