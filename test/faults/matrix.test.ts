// docs/reliability.md against the scenarios: every row of the fault matrix is tried by what the table says, every guard is aimed at.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { GUARDS } from '../../src/crash-points.ts';
import { crashPoints } from './harness/points.ts';
import { CLUSTERS, scenarios } from './scenarios.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const all = new Map((await Promise.all(CLUSTERS.map((cluster) => scenarios(cluster)))).flatMap((some) => [...some]));

/** Cells of the rows whose first cell begins so. */
const table = (prefix: string): string[][] =>
  readFileSync(path.join(ROOT, 'docs/reliability.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`| ${prefix}`))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

it('names, for every row of the fault matrix, exactly the scenarios that play it', () => {
  const rows = table('CP-');
  const documented = new Map(rows.map((cells) => [cells[0]!, quoted(cells[3])]));
  const played = [...new Set([...all.values()].flatMap((scenario) => scenario.rows))];
  expect(played.filter((row) => !documented.has(row))).toEqual([]);
  for (const [row, by] of documented) {
    const names = [...all].filter(([, scenario]) => scenario.rows.includes(row)).map(([name]) => name);
    const files = by.filter((name) => name.includes('/'));
    expect(by.filter((name) => !name.includes('/')).sort(), row).toEqual(names.sort());
    expect(
      files.filter((file) => !existsSync(path.join(ROOT, file))),
      row,
    ).toEqual([]);
    expect(by, `${row} is tried by nothing`).not.toEqual([]);
  }
});

it('has a scenario that aims at every guard, as the documentation says', () => {
  const documented = new Map(table('`').map((cells) => [quoted(cells[0])[0]!, quoted(cells[2])]));
  expect([...documented.keys()].sort()).toEqual([...GUARDS].sort());
  for (const [guard, by] of documented) {
    expect(by, guard).toEqual([...all].filter(([, scenario]) => (scenario.guards as readonly string[]).includes(guard)).map(([name]) => name));
    expect(by, `nothing aims at ${guard}`).not.toEqual([]);
  }
});

it('finds every crash point in the source, each named by a literal', () => {
  expect(crashPoints('local').length).toBeGreaterThan(20);
  expect(crashPoints('yarn').length).toBeGreaterThan(10);
});
