import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { logForTerminal, oneLine, plain } from '../../src/cli/text.ts';

const ESC = '\u001b';
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      ESC,
      `${ESC}]0;title\u0007`,
      `${ESC}[2J`,
      `${ESC}[31m`,
      `${ESC}]52;c;aGk=${ESC}\\`,
      `${ESC}P+q${ESC}\\`,
      '\u009b2J',
      '\u202e',
      '\b',
      '\r',
      '\u007f',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  ),
);

test('nothing that a terminal would act on survives in plain text', () => {
  fc.assert(
    fc.property(hostile, (parts) => {
      expect(plain(parts.join(''))).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
});

test('of a log only colours survive', () => {
  fc.assert(
    fc.property(hostile, (parts) => {
      const shown = logForTerminal(parts.join(''));
      expect(shown.replaceAll(new RegExp(`${ESC}\\[[\\d;]*m`, 'g'), '')).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
  expect(logForTerminal(`${ESC}[1;31mred${ESC}[0m ${ESC}[2Jcleared ${ESC}]0;t\u0007x`)).toBe(`${ESC}[1;31mred${ESC}[0m cleared x`);
});

/** What a table looks like on a terminal of this width, or in a pipe. */
function table(terminal: boolean, rows: readonly { name: string; reason: string }[]): string {
  let written = '';
  const stdout = { isTTY: terminal, columns: 40, write: (text: string) => ((written += text), true) } as unknown as NodeJS.WriteStream;
  createOutput('table', stdout, true).list({}, rows, [
    { title: 'NAME', value: (row) => row.name, paint: (cell) => `${ESC}[32m${cell}${ESC}[0m` },
    { title: 'REASON', value: (row) => row.reason },
  ]);
  return written;
}
const ROWS = [
  { name: 'a', reason: `waits${ESC}[2J for\nroom` },
  { name: 'longer', reason: 'x'.repeat(50) },
];

test('a table on a terminal is aligned, coloured and cut to its width', () => {
  expect(table(true, ROWS)).toBe(`NAME    REASON\n${ESC}[32ma${ESC}[0m       waits for room\n${ESC}[32mlonger${ESC}[0m  ${'x'.repeat(31)}…\n`);
});

test('a table in a pipe is separated by tabs, whole and without colour', () => {
  expect(table(false, ROWS)).toBe(`NAME\tREASON\na\twaits for room\nlonger\t${'x'.repeat(50)}\n`);
});

test('a cell is one line', () => {
  expect(oneLine(' a\n\tb  c ')).toBe('a b c');
});
