// A literal is exactly its value, and no value leaves its literal: held against SQLite, and against the rules of dialects with backslashes.
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIALECTS, sqlLiteral, sqlPlaces, type Dialect } from '../../src/expressions/sql.ts';
import { HOLE } from '../../src/expressions/template.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '\\',
        '$',
        '${',
        '}',
        '\n',
        '\r',
        '\t',
        '--',
        '/*',
        '*/',
        ';',
        '%',
        '_',
        '\\n',
        '\\u0027',
        "';DROP TABLE t;--",
        "\\'",
        'u0024',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

/** Reads one literal as Spark, Hive and MySQL do by default; what is behind it is given back. */
function readBackslashed(sql: string, doubled: boolean): { value: string; rest: string } {
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0', b: '\b', Z: '\x1a' };
  if (sql[0] !== "'") throw new Error(`no literal: ${sql}`);
  let value = '';
  for (let i = 1; i < sql.length; i++) {
    const char = sql[i]!;
    if (char === "'" && doubled && sql[i + 1] === "'") {
      value += "'";
      i++;
    } else if (char === "'") return { value, rest: sql.slice(i + 1) };
    else if (char !== '\\') value += char;
    else if (!doubled && /^u[0-9a-fA-F]{4}/.test(sql.slice(i + 1))) {
      value += String.fromCharCode(Number.parseInt(sql.slice(i + 2, i + 6), 16));
      i += 5;
    } else {
      const next = sql[++i]!;
      value += next === '%' || next === '_' ? `\\${next}` : (escapes[next] ?? next);
    }
  }
  throw new Error(`the literal has no end: ${sql}`);
}

/** Reads one literal where a backslash is a character like any other. */
function readPlain(sql: string): { value: string; rest: string } {
  const [literal, value] = /^'((?:[^']|'')*)'/.exec(sql)!;
  return { value: value!.replaceAll("''", "'"), rest: sql.slice(literal.length) };
}

describe('a text', () => {
  test('is what SQLite reads', () => {
    const db = new Database(':memory:');
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (values) => {
        const row = db
          .prepare(`SELECT ${values.map((value) => sqlLiteral(value, 'ansi')).join(', ')}`)
          .raw()
          .get();
        expect(row).toEqual(values);
      }),
      { numRuns: 500 },
    );
    db.close();
  });

  test.each(['spark', 'hive', 'mysql'] as const)('is what %s reads, and nothing of it is behind the literal', (dialect) => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(readBackslashed(`${sqlLiteral(value, dialect)} AND x`, dialect === 'mysql')).toEqual({ value, rest: ' AND x' });
      }),
      { numRuns: 1000 },
    );
  });

  test('in Spark and Hive never has what their variables are replaced in', () => {
    expect(sqlLiteral('${env:AWS_SECRET_ACCESS_KEY}', 'spark')).toBe("'\\u0024{env:AWS_SECRET_ACCESS_KEY}'");
    fc.assert(fc.property(hostile, (value) => !sqlLiteral(value, 'hive').includes('$')));
  });

  test('in MySQL ends where it should also when the server does not read backslashes', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(readPlain(`${sqlLiteral(value, 'mysql')} AND x`).rest).toBe(' AND x');
      }),
    );
  });

  test('in Postgres is plain without a backslash, and E with one', () => {
    expect(sqlLiteral("it's", 'postgres')).toBe("'it''s'");
    fc.assert(
      fc.property(hostile, (value) => {
        const literal = sqlLiteral(value, 'postgres');
        const read = literal.startsWith(" E'") ? readBackslashed(literal.slice(2), true) : readPlain(literal);
        expect(read).toEqual({ value: value, rest: '' });
      }),
      { numRuns: 500 },
    );
  });

  test.each(DIALECTS)('in %s has no NUL and no half character', (dialect) => {
    expect(() => sqlLiteral('a\0', dialect)).toThrow('NUL');
    expect(() => sqlLiteral('\udc00', dialect)).toThrow('half a character');
  });
});

const literal = (value: Parameters<typeof sqlLiteral>[0]) => sqlLiteral(value, 'ansi');

test('numbers, truth, nothing, and lists', () => {
  expect([literal(5), literal(-5), literal(1e-7), literal(true), literal(false), literal(null)]).toEqual([
    '5',
    ' -5',
    '1e-7',
    'TRUE',
    'FALSE',
    'NULL',
  ]);
  expect(literal(["it's", 2, null])).toBe("'it''s', 2, NULL");
  expect(() => literal([])).toThrow('empty list');
  expect(() => literal([[1]])).toThrow('list of lists');
  expect(() => literal({ a: 1 })).toThrow('json(…)');
  const db = new Database(':memory:');
  expect(
    db
      .prepare(`SELECT 7 -${literal(-5)}, 3 IN (${literal([1, 3])})`)
      .raw()
      .get(),
  ).toEqual([12, 1]);
  db.close();
});

const place = (text: string, dialect: Dialect = 'ansi'): string => sqlPlaces(text.replaceAll('@@', HOLE), dialect).join('\n');

/** The tokens of a dialect, by the grammar of its lexer. */
const backslashed = (inside: string): string =>
  String.raw`'(?:\\[^]|${inside}[^'\\])*'|"(?:\\[^]|[^"\\])*"|\x60(?:\x60\x60|[^\x60])*\x60|/\*[^]*?\*/`;
const TOKENS: Record<'postgres' | 'mysql' | 'spark' | 'hive', string> = {
  postgres: String.raw`(?<![\w$])[eE]'(?:\\[^]|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|(?<![\w$])(\$(?:[A-Za-z_]\w*)?\$)[^]*?\1|--[^\n]*|/\*[^]*?\*/|[^]`,
  mysql: String.raw`${backslashed("''|")}|(?:#|--(?=\s|$))[^\n]*|[^]`,
  spark: String.raw`${backslashed('')}|--[^\n]*|[^]`,
  hive: String.raw`${backslashed('')}|--[^\n]*|[^]`,
};

describe('where an expression may stand', () => {
  test.each([
    ['SELECT * FROM t WHERE day = @@ AND n > @@', 'ansi'],
    ['SELECT * FROM t WHERE day=@@', 'ansi'],
    ['SELECT * FROM t WHERE r IN (@@)', 'ansi'],
    ['SELECT DATE @@, @@::date', 'postgres'],
    ['SELECT \'it\'\'s\', "a""b", @@', 'ansi'],
    ["SELECT 'it\\', @@", 'ansi'],
    ["SELECT 'it\\', E'it\\'s', @@", 'postgres'],
    ['SELECT \'it\\\'s\', "it\\"s", `a``b`, @@', 'spark'],
    ["SELECT 'it\\'s' -- it's\n, @@", 'mysql'],
    ["SELECT 1 # it's\n, @@", 'mysql'],
    ['SELECT a[1], @@, ARRAY[@@]', 'postgres'],
    ["SELECT m['k'], @@", 'ansi'],
    ["SELECT $$it's$$, $x$ ' $$ $x$, @@", 'postgres'],
    ["/* it's */ SELECT /*+ hint */ @@ - @@ / @@", 'spark'],
    ['INSERT INTO t PARTITION (dt = @@) SELECT valid_from, @@ FROM s', 'hive'],
    ['SELECT EXTRACT(YEAR FROM (@@))', 'ansi'],
  ] as const)('%s (%s)', (text, dialect) => expect(place(text, dialect)).toBe(''.padEnd(text.split('@@').length - 2, '\n')));

  test.each([
    ["SELECT '@@'", 'ansi', 'remove the quotes around it'],
    ["SELECT 'day=@@'", 'ansi', 'stands inside a text in quotes'],
    ['SELECT "@@"', 'ansi', 'stands inside a quoted name, and it is a value, never a name'],
    ['SELECT "@@"', 'spark', 'stands inside a text in quotes'],
    ['SELECT `@@`', 'hive', 'stands inside a quoted name'],
    ['SELECT [@@]', 'ansi', 'stands inside [ ]'],
    ['SELECT 1 -- @@', 'ansi', 'stands inside a comment'],
    ['SELECT 1 /* @@ */', 'ansi', 'stands inside a comment'],
    ['SELECT 1 # @@', 'mysql', 'stands inside a comment'],
    ['SELECT $$ @@ $$', 'postgres', 'stands inside a text in quotes'],
    ['SELECT * FROM @@', 'ansi', 'stands behind FROM, and it is a value, never a name: write the table'],
    ['SELECT * FROM s.@@', 'ansi', 'never a name'],
    ['SELECT * FROM @@.t', 'ansi', 'never a name'],
    ['INSERT INTO\n@@ VALUES (1)', 'ansi', 'stands behind INTO'],
    ['SELECT a ORDER BY @@', 'ansi', 'stands behind BY'],
    ['SELECT t_@@', 'ansi', 'needs a space before it'],
    ['SELECT E@@', 'postgres', 'needs a space before it'],
    ["SELECT 'a'@@", 'ansi', 'needs a space before it'],
    ["SELECT @@'a'", 'ansi', 'needs a space behind it'],
    ['SELECT @@@@', 'ansi', 'needs a space'],
    ["SELECT 'it\\'s', @@, '", 'ansi', 'stands inside a text in quotes'],
    ["SELECT 'it\\', @@", 'spark', 'stands inside a text in quotes'],
    ["SELECT [it's] = '@@'", 'ansi', 'cannot be placed safely'],
    ['SELECT /* a /* b */ @@ */', 'ansi', 'cannot be placed safely'],
    ["SELECT $$ ' $$, @@", 'spark', 'cannot be placed safely'],
    ["SELECT 1 --'\n, @@ -- '", 'mysql', 'cannot be placed safely'],
    ["SELECT /*! ' */ @@", 'mysql', 'cannot be placed safely'],
    ["SELECT r'\\', @@ , '", 'spark', 'cannot be placed safely'],
    ['SELECT 1 -- \\\n@@', 'spark', 'cannot be placed safely'],
    ["SELECT q'[it's]', '@@'", 'ansi', 'cannot be placed safely'],
    ['SELECT 1 -- a\r, @@', 'spark', 'cannot be placed safely'],
  ] as const)('%s (%s) is refused', (text, dialect, reason) => expect(place(text, dialect)).toContain(reason));

  test('and no value leaves its place in SQLite, whatever stands around it', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (x)');
    const pieces = [
      "'",
      '"',
      '`',
      '[',
      ']',
      '--',
      '\n',
      '/*',
      '*/',
      '(',
      ')',
      ',',
      ' ',
      'SELECT ',
      'x',
      '1',
      ';',
      "''",
      '@@',
      ' @@ ',
      ' @@ ',
      '.',
      '=',
      '\\',
    ];
    let allowed = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 10 }), (parts) => {
        const text = `SELECT ${parts.join('')}`;
        if (!text.includes('@@') || sqlPlaces(text.replaceAll('@@', HOLE), 'ansi').some((reason) => reason !== undefined)) return;
        allowed++;
        for (const value of [
          "'; DROP TABLE t; --",
          '"; DROP TABLE t; --',
          '`; DROP TABLE t; --',
          ']; DROP TABLE t; --',
          '*/; DROP TABLE t; --',
          '\n; DROP TABLE t; --',
          '\\',
        ]) {
          try {
            db.exec(text.replaceAll('@@', () => sqlLiteral(value, 'ansi')));
          } catch {
            // A statement that is wrong does nothing; what counts is that the table is still there.
          }
          expect(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 't'").get()).toEqual({ n: 1 });
        }
      }),
      { numRuns: 3000 * Number(process.env.FUZZ ?? 1) },
    );
    expect(allowed).toBeGreaterThan(100);
    db.close();
  });

  test.each(['postgres', 'mysql', 'spark', 'hive'] as const)('and in %s the rest is read as before, whatever the value', (dialect) => {
    const pieces = [
      "'",
      '"',
      '`',
      '--',
      '-- ',
      '#',
      '\n',
      '/*',
      '*/',
      '(',
      ')',
      ' ',
      'x',
      'E',
      '$$',
      '$a$',
      ';',
      "''",
      "\\'",
      '\\',
      '-',
      '[',
      ']',
      '@@',
      ' @@ ',
      ' @@ ',
      ' @@ ',
    ];
    let allowed = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 12 }), hostile, (parts, value) => {
        const whole = parts.join('');
        const first = sqlPlaces(whole.replaceAll('@@', HOLE), dialect);
        let i = 0;
        const text = whole.replaceAll('@@', () => (first[i++] === undefined ? '@@' : '1'));
        if (!text.includes('@@') || sqlPlaces(text.replaceAll('@@', HOLE), dialect).some((reason) => reason !== undefined)) return;
        allowed++;
        const tokens = (inserted: string): string[] =>
          (text.replaceAll('@@', () => inserted).match(new RegExp(TOKENS[dialect], 'g')) ?? []).filter((token) => token !== ' ');
        const literal = sqlLiteral(value, dialect);
        expect(tokens(literal)).toEqual(tokens("'zz9'").map((token) => (token === "'zz9'" ? literal.trim() : token)));
      }),
      { numRuns: 3000 * Number(process.env.FUZZ ?? 1) },
    );
    expect(allowed).toBeGreaterThan(100);
  });
});
