// Whatever a value holds, the real shells print exactly it; and where the scan allows an expression, no shell runs what is in its value.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { shellPlaces, shellWord } from '../../src/expressions/shell.ts';
import { HOLE } from '../../src/expressions/template.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-shell-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHELLS = ['/bin/sh', '/bin/bash'];
const place = (text: string): string => shellPlaces(text.replaceAll('@@', HOLE)).join('\n');

function run(shell: string, script: string): string {
  const file = join(folder, 'script');
  writeFileSync(file, script);
  return spawnSync(shell, [file], { cwd: folder, encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] }).stdout;
}

/** Texts full of what means something to a shell. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '$',
        '\\',
        '\n',
        '\r',
        '\t',
        ' ',
        '$(touch canary)',
        '`touch canary`',
        '${HOME}',
        ';',
        '&',
        '|',
        '#',
        '!',
        '*',
        '~',
        '=',
        '%s',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

describe('one word', () => {
  test.each(SHELLS)('%s prints exactly the value', (shell) => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (values) => {
        const words = values.map((value, i) => (i % 3 === 0 ? `pre=${shellWord(value)}'post'` : shellWord(value)));
        const printed = run(shell, `printf '%s\\0' ${words.join(' ')}\n`).split('\0');
        expect(printed).toEqual([...values.map((value, i) => (i % 3 === 0 ? `pre=${value}post` : value)), '']);
      }),
      { numRuns: 40 },
    );
  });

  test('NUL and half characters are refused', () => {
    expect(() => shellWord('a\0b')).toThrow('NUL');
    expect(() => shellWord('\ud800')).toThrow('half a character');
  });
});

describe('where an expression may stand', () => {
  test.each([
    'echo @@',
    'echo --day=@@.csv',
    '@@',
    'a=1; day=@@; echo "$day"',
    'x=$(cut -f1 @@ | sort) && echo "$x"',
    'echo "$(basename @@ .csv)"',
    'if [ @@ = full ]; then :; fi # it\'s "so"\necho @@',
    'case @@ in a) echo "x";; @@) :;; esac; echo @@',
    'for f in @@ b; do (cd @@ && ls); done',
    "cat <<'EOF'\nit's \"\nEOF\necho @@",
    'cat <<-EOF | wc\n\tit\'s "\n\tEOF\necho @@',
    "cat <<EOF\n$x ${y} $(date -u) \\$(z) $5 it's 100%\nEOF\necho @@",
    'echo $((1 + (2 * 3))) @@',
    'echo "${x:-a}" ${y:-\'}\'} @@',
    'echo \'a\' "b" @@ # @',
    'f() { echo @@; }\nf\n',
    'echo \\\\ @@',
    'cmd < @@ > @@ 2>&1',
    'a=(1 @@)',
    'echo $# ${#x} a#b @@',
  ])('%s', (text) => expect(place(text)).toBe(''.padEnd(text.split('@@').length - 2, '\n')));

  test.each([
    [
      'echo "day @@"',
      'stands inside double quotes, where it would not be one word: end them before it, as in "Day: "${{ params.day }}, or assign it to a variable',
    ],
    ['echo "$(x "@@")"', 'double quotes'],
    ["echo '@@'", 'single quotes'],
    ["sh -c 'echo @@'", 'single quotes'],
    ['# @@\n', 'inside a comment'],
    ['echo a # @@\n', 'inside a comment'],
    ['cat <<EOF\n@@\nEOF\n', 'inside a here-document'],
    ["cat <<'E F' <<B\n@@\nE F\nB\n", 'inside a here-document'],
    ['cat <<@@\n', 'where a here-document gets its end'],
    ['echo ${x:-@@}', 'inside ${…}'],
    ['echo "${x:-@@}"', 'inside ${…}'],
    ['echo $((@@ + 1))', 'where the shell computes'],
    ['((@@ > 1)) && x', 'where the shell computes'],
    ['echo $[@@]', 'cannot be placed safely, because of $[…]'],
    ['[[ @@ -eq 1 ]]', 'inside [[ … ]]'],
    ['a[@@]=1', 'where the shell computes an index'],
    ['a=([@@]=1)', 'where the shell computes an index'],
    ['a[ @@ ]=1', 'because of a "[" without "]"'],
    ['echo `cmd @@`', 'write $(…) in its place'],
    ['echo $@@', 'follows a "$"'],
    ['echo \\@@', 'follows a "\\"'],
    ['echo "\\@@"', 'follows a "\\"'],
    ["echo $'a' @@", "because of $'…'"],
    ['echo "$(case x in x) echo @@;; esac)"', 'because of case inside "$(…)"'],
    ['echo "${x:-\'}" @@', 'because of quotes inside ${…} inside double quotes'],
    ['cat <<"$x"\nEOF\necho @@', 'because of a here-document whose end cannot be told'],
    ['cat <<EOF\r\n$x\nEOF\necho @@', 'because of a here-document whose end cannot be told'],
    ["cat <<E\n$(cat <<'E'\nE\n)\nE\n: @@", 'because of a here-document with more than'],
    ['cat <<E\n\\\nE\n: @@', 'because of a here-document with more than'],
    ['a=(<@@\n)', 'because of a "<" inside name=(…)'],
    ['echo >#\n@@', 'because of a "#"'],
    ["( (a) )#'\n@@", 'because of a "#"'],
    ["echo 'a @@", "because of a ' without end"],
  ])('%s is refused', (text, reason) => expect(place(text)).toContain(reason));

  test('what is refused says what to write, and no more than what is wrong', () => {
    expect(shellPlaces(`echo ${HOLE} "${HOLE}" ${HOLE}`).map((reason) => reason === undefined)).toEqual([true, false, true]);
  });
});

/** Pieces of scripts that change what the shell is inside of; none does anything. */
const PIECES = [
  "'",
  '"',
  '`',
  '\\',
  '#',
  '\n',
  ' ',
  '$',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ';',
  '&&',
  '|',
  '<',
  '>',
  '=',
  ',',

  '$(',
  '${',
  '$((',
  '))',
  '((',
  '[[ ',
  ' ]]',
  '<<E',
  "<<'E'",
  '<<-E',
  '\nE\n',
  '\n\tE\n',
  '\\\n',
  '$"',
  "$'",
  '$#',
  '${x:-',
  '${#',
  '${x#',
  '<(',
  '<<<',
  '\r',
  'case',
  'case x in ',
  'x) ',
  ';; esac',
  ' esac',
  'if :; then ',
  'fi',
  'do',
  ': ',
  'echo ',
  'x',
  'a[',
  'a=(',
  '# it',
  "it's",
  '"so"',
  '@@',
  '@@',
  '@@',
  ' @@ ',
  '@@\n',
];

/** Scripts that shells can read, of constructs within one another; every word may be an expression. */
const { script } = fc.letrec<{ word: string; part: string; command: string; script: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      '@@',
      '@@',
      'a',
      '$x',
      "'it\"s'",
      "'# it'",
      '\\"',
      "\\'",
      '$#',
      '${#x}',
      'a#b',
      '$((1 + 2))',
      '"so"',
      '"it\'s"',
      '~',
      '`: "it\'s"`',
    ),
    tie('part').map((part) => `"${part.replaceAll('"', '')}"`),
    tie('part').map((part) => `\${x:-${part}}`),
    tie('part').map((part) => `"\${x:-${part.replaceAll('"', '')}}"`),
    tie('command').map((command) => `$(${command}\n)`),
    tie('command').map((command) => `"$(${command}\n)"`),
  ),
  word: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  command: fc.oneof(
    { maxDepth: 3 },
    fc.array(tie('word'), { maxLength: 3 }).map((words) => `: ${words.join(' ')}`),
    tie('word').map((word) => `y=${word}`),
    tie('command').map((command) => `(${command}\n)`),
    tie('command').map((command) => `{ ${command}\n}`),
    fc.tuple(tie('word'), tie('command')).map(([word, command]) => `case ${word} in ${word}) ${command}\n;; *) : ;; esac`),
    fc.tuple(tie('word'), tie('command')).map(([word, command]) => `for i in ${word}; do ${command}\ndone`),
    fc.tuple(tie('word'), tie('word')).map(([word, body]) => `: ${word} <<E\n${body}\nE\n:`),
    fc.tuple(tie('word'), tie('word')).map(([word, body]) => `: <<'E' ${word}\n${body} it's\nE\n:`),
    fc.tuple(tie('command'), tie('word')).map(([command, word]) => `${command} # ${word.replaceAll('\n', ' ')} it's`),
    fc.tuple(tie('command'), tie('command')).map(([one, two]) => `${one}\n${two}`),
  ),
  script: fc.array(tie('command'), { minLength: 1, maxLength: 4 }).map((commands) => `${commands.join('\n')}\n`),
}));

/** Whether the script makes the file that only a value asks for. */
function runs(shell: string, script: string): boolean {
  const canary = join(folder, 'canary');
  rmSync(canary, { force: true });
  run(shell, script);
  return existsSync(canary);
}

describe('no shell runs a value', () => {
  test.each(SHELLS)('%s would, at places that are refused', (shell) => {
    expect(runs(shell, `echo "${shellWord('$(touch canary)')}"`)).toBe(true);
    expect(runs(shell, `# ${shellWord('\ntouch canary\n#')}`)).toBe(true);
    expect(runs(shell, `cat <<EOF\n${shellWord('`touch canary`')}\nEOF\n`)).toBe(true);
  });

  const evil = [
    "$(touch canary)`touch canary`';touch canary;'",
    '\ntouch canary\n#',
    'E\ntouch canary\n',
    '";touch canary;"',
    'a[$(touch canary)]',
    '\\',
    ')\ntouch canary\n',
    '}touch canary',
  ];

  /** Fails where a shell runs a value at a place that the scan allows; counts the scripts that it allows. */
  const holds = (scripts: fc.Arbitrary<string>, numRuns: number): number => {
    let allowed = 0;
    fc.assert(
      fc.property(scripts, fc.constantFrom(...evil), (whole, value) => {
        // A plain word takes the place of each expression that is refused.
        const first = shellPlaces(whole.replaceAll('@@', HOLE));
        let i = 0;
        const text = whole.replaceAll('@@', () => (first[i++] === undefined ? '@@' : 'a'));
        if (!text.includes('@@') || shellPlaces(text.replaceAll('@@', HOLE)).some((reason) => reason !== undefined)) return;
        allowed++;
        const script = text.replaceAll('@@', () => shellWord(value));
        for (const shell of SHELLS) if (runs(shell, script)) throw new Error(`${shell} ran ${JSON.stringify(value)} in ${JSON.stringify(text)}`);
      }),
      { numRuns: numRuns * Number(process.env.FUZZ ?? 1) },
    );
    return allowed;
  };

  test('where the scan allows it, in any heap of pieces', () => {
    const heaps = fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 14 }).map((parts) => parts.join(''));
    expect(holds(heaps, 1500)).toBeGreaterThan(20);
  });

  test('where the scan allows it, in scripts that are right', () => {
    expect(holds(script, 600)).toBeGreaterThan(50);
  });
});
