// How the SQL driver takes a file apart; what Spark then makes of the statements is for the tests of real clusters.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const DRIVER = fileURLToPath(new URL('../../../src/adapters/yarn/spark/longshore_sql.py', import.meta.url));
const SCRIPT = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("driver", sys.argv[1])
driver = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(driver)
print(json.dumps([getattr(driver, sys.argv[2])(value) for value in json.loads(sys.argv[3])]))
`;

async function ask(name: 'statements' | 'cell', values: readonly unknown[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)('python3', ['-c', SCRIPT, DRIVER, name, JSON.stringify(values)]);
  return JSON.parse(stdout) as unknown[];
}

test('statements end at semicolons outside of quotes and comments, and know their line', async () => {
  const cases: [string, [number, string][]][] = [
    ['', []],
    [' ;\n;', []],
    ['SELECT 1', [[1, 'SELECT 1']]],
    [
      "SELECT 1;\n\nSELECT ';'\n;",
      [
        [1, 'SELECT 1'],
        [3, "SELECT ';'"],
      ],
    ],
    [
      "-- a; b\nSELECT 'it\\'s;' -- c;\n, 2; SELECT 3",
      [
        [2, "-- a; b\nSELECT 'it\\'s;' -- c;\n, 2"],
        [3, 'SELECT 3'],
      ],
    ],
    ['/* ; /* ; */ ; */\nSELECT 1; /* only a comment */', [[2, '/* ; /* ; */ ; */\nSELECT 1']]],
    [
      'SELECT `a;b`, "c;d\ne" FROM t; SELECT 2',
      [
        [1, 'SELECT `a;b`, "c;d\ne" FROM t'],
        [2, 'SELECT 2'],
      ],
    ],
    [
      "SELECT r'\\'; SELECT 2",
      [
        [1, "SELECT r'\\'"],
        [1, 'SELECT 2'],
      ],
    ],
    [
      "SELECT 'a'';''b'; SELECT 2",
      [
        [1, "SELECT 'a'';''b'"],
        [1, 'SELECT 2'],
      ],
    ],
    ["SELECT 'never ends; x", [[1, "SELECT 'never ends; x"]]],
    ['\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND', [[2, 'BEGIN\n  SELECT 1;\n  SELECT 2;\nEND']]],
    [
      'SELECT 1 AS begin_x; SELECT 5 - -1; SELECT 6 / 2',
      [
        [1, 'SELECT 1 AS begin_x'],
        [1, 'SELECT 5 - -1'],
        [1, 'SELECT 6 / 2'],
      ],
    ],
  ];
  expect(
    await ask(
      'statements',
      cases.map(([text]) => text),
    ),
  ).toEqual(cases.map(([, statements]) => statements));
});

test('a value is one cell of one line', async () => {
  expect(await ask('cell', ['a', 'a\tb\nc\rd\\', null, '', 'ü'])).toEqual(['a', 'a\\tb\\nc\\rd\\\\', 'NULL', '', 'ü']);
});
