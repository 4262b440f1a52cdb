// docs/schedules.md: every schedule that it shows is one, and has the cycles that it says.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { nextFires } from '../../src/schedules/next-fires.ts';
import { SKIP_CODES } from '../../src/specs/schedule.ts';
import { parseWindow, parseWindowRule } from '../../src/specs/schedule-window.ts';
import type { ScheduleInput } from '../../src/specs/schedule.schema.ts';
import { refusals, scheduleOf } from './helpers.ts';

const page = readFileSync(new URL('../../docs/schedules.md', import.meta.url), 'utf8');
const shown = [...page.matchAll(/```yaml\n([^`]*)```(?:\n+```text\nafter (.*)\n([^`]*)```)?/g)].map(([, yaml = '', after, cycles = '']) => ({
  yaml,
  after,
  cycles: cycles.trim().split('\n'),
}));

it.each(shown)('$yaml', ({ yaml, after, cycles }) => {
  const input = parse(yaml) as ScheduleInput;
  expect(refusals(input)).toEqual([]);
  if (after === undefined) return;
  const fires = nextFires(scheduleOf(input), after, cycles.length).slice(0, cycles.length);
  expect(fires.map(({ local, reason }) => (reason === undefined ? local : `${local} skipped: ${reason}`))).toEqual(cycles);
});

/** What stands as code in the first columns of the table with this heading. */
const cells = (heading: string, columns: number): string[] => {
  const [, table = ''] = page.split(new RegExp(`^\\| ${heading} .*\\n.*\\n`, 'm'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  return rows.flatMap((row) =>
    [
      ...row
        .split('|')
        .slice(1, 1 + columns)
        .join()
        .matchAll(/`([^`]+)`/g),
    ].map(([, code = '']) => code),
  );
};

it('B4a the windows and rules that it shows are read, and those of a row mean the same', () => {
  expect(cells('short', 2)).toContain('d(-7,-1)');
  for (const text of cells('short', 2)) expect(() => parseWindow(text)).not.toThrow();
  expect(parseWindow('yesterday')).toEqual(parseWindow('d(-1)'));
  expect(cells('rule', 1)).toHaveLength(8);
  for (const text of cells('rule', 1)) expect(() => parseWindowRule(text)).not.toThrow();
});

it('has every code of a skipped cycle', () => {
  expect(cells('code', 1)).toEqual(Object.keys(SKIP_CODES));
});
