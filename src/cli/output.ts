// Everything on stdout goes through here: JSON and YAML as the API gave it, tables for people.
import { stripVTControlCharacters } from 'node:util';
import { stringify } from 'yaml';
import { oneLine, plain } from './text.ts';

export type Format = 'table' | 'json' | 'yaml';

export interface Column<T> {
  readonly title: string;
  /** The cell as the server gave it. */
  readonly value: (row: T) => string | number | undefined;
  /** Colours the finished cell on a terminal. */
  readonly paint?: (cell: string, row: T) => string;
}

export interface Output {
  readonly format: Format;
  /** Whether stdout is a terminal. */
  readonly terminal: boolean;
  /** Whether to colour stdout. */
  readonly color: boolean;
  /** A list: `answer` in JSON and YAML, `rows` as a table. */
  list<T>(answer: unknown, rows: readonly T[], columns: readonly Column<T>[]): void;
  /** One thing: `answer` in JSON and YAML, `page` for people. */
  show(answer: unknown, page: () => string): void;
  /** One thing that is a document anyway: JSON when asked, else YAML. */
  document(answer: unknown): void;
}

/** On a terminal: aligned and coloured. In a pipe: tab-separated, whole values, the titles in the first line. */
export function createOutput(format: Format, stdout: NodeJS.WriteStream, wantsColor: boolean): Output {
  const terminal = stdout.isTTY;
  const color = terminal && wantsColor;
  const write = (text: string): void => void stdout.write(terminal ? keepLines(text) : text);
  const json = (value: unknown): void => write(`${JSON.stringify(value, null, 2)}\n`);
  const yaml = (value: unknown): void => write(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  return {
    format,
    terminal,
    color,
    list(answer, rows, columns) {
      if (format === 'json') json(answer);
      else if (format === 'yaml') yaml(answer);
      else stdout.write(terminal ? aligned(rows, columns, color, stdout.columns) : separated(rows, columns));
    },
    show(answer, page) {
      if (format === 'json') json(answer);
      else if (format === 'yaml') yaml(answer);
      else stdout.write(page());
    },
    document(answer) {
      if (format === 'json') json(answer);
      else yaml(answer);
    },
  };
}

const keepLines = (text: string): string => plain(text);
const cellOf = <T>(column: Column<T>, row: T): string => oneLine(String(column.value(row) ?? ''));

function separated<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => cellOf(column, row)))];
  return lines.map((line) => `${line.join('\t')}\n`).join('');
}

function aligned<T>(rows: readonly T[], columns: readonly Column<T>[], color: boolean, width: number): string {
  const cells = rows.map((row) => columns.map((column) => cellOf(column, row) || '-'));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, w) => sum + w + 2, 0);
  const room = Math.max(20, width - before);
  const line = (texts: readonly string[], paint: (text: string, i: number) => string): string =>
    `${texts.map((text, i) => (i === last ? paint(clip(text, room), i) : pad(paint(text, i), widths[i] ?? 0))).join('  ')}\n`;
  const head = line(
    columns.map((column) => column.title),
    (text) => text,
  );
  const body = cells.map((texts, r) =>
    line(texts, (text, i) => {
      const row = rows[r];
      const paint = columns[i]?.paint;
      return color && paint !== undefined && row !== undefined ? paint(text, row) : text;
    }),
  );
  return head + body.join('');
}

const clip = (text: string, room: number): string => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length));
