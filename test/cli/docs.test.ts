// What the pages of the documentation show must be there and must be right.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { loadDocuments } from '../../src/cli/documents.ts';
import { createProgram } from '../../src/cli/program.ts';
import { pages } from '../helpers/pages.ts';
import { ROOT } from '../helpers/sources.ts';

const all = pages();
const byFile = new Map(all.map((page) => [page.file, page]));
/** Pages that people find by their names. */
const FOUND_BY_NAME = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];

test('every link leads to a file that is there, and to a heading of it', () => {
  const broken = all.flatMap((page) =>
    page.links
      .filter(({ file, anchor }) => !existsSync(join(ROOT, file)) || (anchor !== undefined && byFile.get(file)?.anchors.has(anchor) !== true))
      .map(({ file, anchor }) => `${page.file} → ${file}${anchor === undefined ? '' : `#${anchor}`}`),
  );
  expect(broken).toEqual([]);
  expect(all.flatMap(({ links }) => links).length).toBeGreaterThan(50);
});

test('every page is linked from another one', () => {
  const linked = new Set(all.flatMap(({ file, links }) => links.map((link) => link.file).filter((target) => target !== file)));
  expect(all.map(({ file }) => file).filter((file) => !linked.has(file) && !FOUND_BY_NAME.includes(file))).toEqual([]);
});

test('every document is valid', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-docs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const shown = all.flatMap(({ file, documents }) => documents.map((document) => ({ from: file, document })));
  expect(shown.length).toBeGreaterThan(5);
  for (const [i, { from, document }] of shown.entries()) {
    const file = join(folder, `${i}.yaml`);
    await writeFile(file, document);
    await expect(loadDocuments(file), `${from}: ${document}`).resolves.not.toHaveLength(0);
  }
});

test('every command exists, with the flags that are shown', () => {
  const program = createProgram();
  const wrong = all.flatMap((page) =>
    page.commands.flatMap((words) => {
      const shown = `${page.file}: longshore ${words.join(' ')}`;
      const command = commandOf(program, words);
      if (command === undefined) return [shown];
      const known = new Set([...program.options, ...command.options, ...(command.parent?.options ?? [])].flatMap(({ long, short }) => [long, short]));
      const flags = words.flatMap((word) => /^(--[a-z][a-z-]*|-[a-z])(?:=|,|$)/i.exec(word)?.[1] ?? []);
      return flags.filter((flag) => !known.has(flag) && flag !== '--help').map((flag) => `${shown}: ${flag}`);
    }),
  );
  expect(wrong).toEqual([]);
  expect(all.flatMap(({ commands }) => commands).length).toBeGreaterThan(50);
});

/** The command that words name, or its subcommand. */
function commandOf(program: Command, [name, sub]: readonly string[]): Command | undefined {
  const command = program.commands.find((candidate) => candidate.name() === name);
  return command?.commands.find((candidate) => candidate.name() === sub) ?? command;
}
