// SQL text: a value becomes a literal of the dialect. It never names anything: tables and columns are written, not computed.
import { HOLE } from './template.ts';
import { Wrong, type Json } from './types.ts';

/** ansi: only '' inside quotes, and \ is a character like any other (SQLite, Trino, Oracle, DB2, SQL Server). */
export const DIALECTS = ['ansi', 'postgres', 'mysql', 'spark', 'hive'] as const;
export type Dialect = (typeof DIALECTS)[number];

const BACKSLASHES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text as a literal. */
function textLiteral(value: string, dialect: Dialect): string {
  if (value.includes('\0')) throw new Wrong('gives a text with a NUL character, which SQL cannot carry');
  if (!value.isWellFormed()) throw new Wrong('gives a text with half a character, which no database can read');
  switch (dialect) {
    case 'ansi':
      return `'${value.replaceAll("'", "''")}'`;
    case 'postgres':
      // E'…' means the same whatever standard_conforming_strings is.
      return value.includes('\\') ? ` E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${value.replaceAll("'", "''")}'`;
    case 'mysql':
      // '' ends nothing also where the server does not read backslashes.
      return `'${escaped(value).replaceAll("'", "''")}'`;
    default:
      // '' would be two texts in a row. ${…} is replaced before SQL is read, also inside quotes, by variables of the session and the machine.
      return `'${escaped(value).replaceAll("'", "\\'").replaceAll('$', '\\u0024')}'`;
  }
}

const escaped = (value: string): string => value.replace(/[\\\n\r\t]/g, (char) => BACKSLASHES[char]!);

/** A value as a literal; a list as several with commas between, for IN ( ). */
export function sqlLiteral(value: Json, dialect: Dialect): string {
  switch (typeof value) {
    case 'string':
      return textLiteral(value, dialect);
    case 'number':
      // "- -5" is a number, "--5" a comment.
      return value < 0 ? ` ${value}` : String(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    default:
      if (value === null) return 'NULL';
      if (!Array.isArray(value)) throw new Wrong('gives a map, which is no literal of SQL; write json(…) around it');
      if (value.length === 0) throw new Wrong('gives an empty list, and SQL has no empty IN (); ask for size(…) > 0 in when');
      return (value as readonly Json[]).map((entry) => inList(entry, dialect)).join(', ');
  }
}

function inList(entry: Json, dialect: Dialect): string {
  if (typeof entry === 'object' && entry !== null) throw new Wrong('gives a list of lists or maps, which SQL has no literals for');
  return sqlLiteral(entry, dialect);
}

const NAMES = /\b(from|join|into|table|update|view|schema|database|use|column|index|by|as|partition)\s+$/i;
const NEVER =
  'a value, never a name: write the table, column or schema itself, and choose between whole statements with when; if it is a value here, put it in brackets';

/** For each HOLE of the text: nothing where a literal may stand, or why not. */
export function sqlPlaces(text: string, dialect: Dialect): (string | undefined)[] {
  const places: (string | undefined)[] = [];
  let lost: string | undefined;
  let at = 0;
  while (at < text.length) {
    const part: Part = lost === undefined ? partAt(text, at, dialect) : { end: text.length, refuse: `cannot be placed safely, because of ${lost}` };
    if (part.lost !== undefined) {
      lost = part.lost;
      continue;
    }
    for (; at < part.end; at++) if (text[at] === HOLE) places.push(part.refuse ?? beside(text, at));
  }
  return places;
}

/** A piece of the text that is read as one: where it ends, and why no expression may stand in it. */
interface Part {
  readonly end: number;
  readonly refuse?: string;
  readonly lost?: string;
}

const IN_TEXT = 'stands inside a text in quotes: remove the quotes around it, for it brings its own; join texts with || or concat()';
const IN_NAME = `stands inside a quoted name, and it is ${NEVER}`;
const IN_COMMENT = 'stands inside a comment; remove it, or write it without ${{ }}';

function partAt(text: string, at: number, dialect: Dialect): Part {
  const char = text[at]!;
  const escapes = dialect === 'mysql' || dialect === 'spark' || dialect === 'hive';
  const before = text.slice(Math.max(0, at - 3), at);
  switch (char) {
    case "'":
      if (dialect === 'postgres') return quoted(text, at, /(?:^|[^\w$\x80-\uffff])E$/i.test(before), IN_TEXT);
      if (dialect === 'ansi' && /q$/i.test(before)) return { end: at, lost: "q'…'" };
      return dialect === 'spark' && RAW.test(before) ? raw(text, at) : quoted(text, at, escapes, IN_TEXT);
    case '"':
      return dialect === 'spark' && RAW.test(before) ? raw(text, at) : quoted(text, at, escapes, escapes ? IN_TEXT : IN_NAME);
    case '`':
      return dialect === 'postgres' ? { end: at + 1 } : quoted(text, at, false, IN_NAME);
    case '[':
      return dialect === 'ansi' ? bracket(text, at) : { end: at + 1 };
    case '-':
      return text[at + 1] === '-' ? lineComment(text, at, dialect) : { end: at + 1 };
    case '#':
      return dialect === 'mysql' ? lineComment(text, at, dialect) : { end: at + 1 };
    case '/':
      return text[at + 1] === '*' ? blockComment(text, at, dialect) : { end: at + 1 };
    case '$':
      return dollar(text, at, dialect);
    default:
      return { end: at + 1 };
  }
}

function quoted(text: string, at: number, escapes: boolean, refuse: string): Part {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (escapes && text[i] === '\\') i++;
    else if (text[i] === quote && text[i + 1] === quote) i++;
    else if (text[i] === quote) return { end: i + 1, refuse };
  }
  return { end: text.length, refuse };
}

const RAW = /(?:^|\W)r$/i;

/** r'…' of Spark, where newer versions do not read backslashes and older ones do. */
function raw(text: string, at: number): Part {
  const part = quoted(text, at, false, IN_TEXT);
  return text.slice(at, part.end).includes('\\') ? { end: at, lost: "r'…' with a backslash" } : part;
}

/** [name] to some, array[index] to others: passed over only where both end in the same state. */
function bracket(text: string, at: number): Part {
  const close = text.indexOf(']', at);
  const inside = text.slice(at, close < 0 ? text.length : close);
  const plain = !/["`]/.test(inside) && inside.split("'").length % 2 === 1;
  if (close < 0 || !plain || /--|\/\*|\$/.test(inside)) return { end: at, lost: 'a "[" that may begin a name or an index' };
  return { end: close + 1, refuse: `stands inside [ ], which may hold a name, and it is ${NEVER}` };
}

function lineComment(text: string, at: number, dialect: Dialect): Part {
  if (dialect === 'mysql' && text[at] === '-' && !/^--(?:[\s\0]|$)/.test(text.slice(at, at + 3)))
    return { end: at, lost: '"--" without a space behind it' };
  const end = text.indexOf('\n', at);
  const line = text.slice(at, end < 0 ? text.length : end);
  if (/\r(?!$)/.test(line) || line.endsWith('\\') || line.endsWith('\\\r'))
    return { end: at, lost: 'a comment whose end databases see in different places' };
  return { end: at + line.length, refuse: IN_COMMENT };
}

function blockComment(text: string, at: number, dialect: Dialect): Part {
  const close = text.indexOf('*/', at + 2);
  const inside = text.slice(at + 2, close < 0 ? text.length : close);
  if (inside.includes('/*')) return { end: at, lost: 'a comment within a comment' };
  if (dialect === 'mysql' && /^M?!/.test(inside)) return { end: at, lost: '/*!…*/, which some servers run' };
  return { end: close < 0 ? text.length : close + 2, refuse: IN_COMMENT };
}

function dollar(text: string, at: number, dialect: Dialect): Part {
  const tag = /^\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/.exec(text.slice(at, at + 70))?.[0];
  if (tag === undefined || /[\w$\x80-\uffff]/.test(text[at - 1] ?? ' ')) return { end: at + 1 };
  if (dialect !== 'postgres') return { end: at, lost: '$$, which not every database reads as a quote' };
  const close = text.indexOf(tag, at + tag.length);
  return { end: close < 0 ? text.length : close + tag.length, refuse: IN_TEXT };
}

/** What stands directly before and behind must not run into the literal. */
function beside(text: string, at: number): string | undefined {
  const [before, behind] = [text[at - 1] ?? ' ', text[at + 1] ?? ' '];
  if (before === '.' || behind === '.') return `stands beside a ".", and it is ${NEVER}`;
  if (/[\w'"`$@#:&\\\0\x80-\uffff]/.test(before)) return `needs a space before it; it is ${NEVER}`;
  if (/[\w'"`$@#\\\0\x80-\uffff]/.test(behind)) return `needs a space behind it; it is ${NEVER}`;
  const keyword = NAMES.exec(text.slice(Math.max(0, at - 40), at))?.[1];
  return keyword === undefined ? undefined : `stands behind ${keyword.toUpperCase()}, and it is ${NEVER}`;
}
