// Every byte that a user chose arrives, through the NodeManager's script and real bash, and nothing of it is read by either.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderSpark } from '../../../src/adapters/yarn/spark/render.ts';
import { propertiesText } from '../../../src/adapters/yarn/spark/properties.ts';
import { commandWord, environmentValue, exportLine, splitOptions, survivesSpark } from '../../../src/adapters/yarn/spark/quote.ts';
import { lacks } from '../../helpers/skip.ts';
import { SparkBench, startContainer } from './spark-fixture.ts';

let bench: SparkBench;
beforeAll(async () => {
  bench = await SparkBench.make();
});
afterAll(() => bench.close());

const NASTY = [
  '',
  ' ',
  '$HOME',
  '`id`',
  '$(id)',
  '"',
  "'",
  "it's",
  '\\',
  '\\\\',
  '\\$x',
  '\\"',
  '\\`',
  '{{PWD}}',
  '}}',
  '{',
  '<LOG_DIR>',
  '<CPS>',
  '<',
  '!!',
  '*',
  '~',
  '-x',
  '--conf',
  'a\nb',
  '\t',
  '\r',
  'ü€😀',
  '#',
  ';',
  '&',
  '|',
  '%',
  '\u0001',
  '\u007f',
];
/** Anything but what cannot be in a word of a command: NUL. */
const word = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll('\0', '')),
);

/** YarnSparkHadoopUtil.escapeForShell */
const sparks = (text: string): string => `'${text.replace(/[$"]/g, '\\$&').replaceAll("'", "'\\''")}'`;
const hex = (text: string): string => [...Array(text.length).keys()].map((at) => text.charCodeAt(at).toString(16).padStart(4, '0')).join('');

test('arguments and variables', async () => {
  const property = fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 150 }), async (words) => {
    const line = `exec {{JAVA_HOME}}/bin/java ${words.map(commandWord).join(' ')}`;
    const values = words.map((value, at) => [`V${at}`, value] as const);
    const environment = Object.fromEntries(values.map(([name, value]) => [name, environmentValue(value)]));
    const got = await startContainer(
      bench,
      line,
      environment,
      values.map(([name]) => name),
    );
    expect(got.words).toEqual(words);
    expect(got.variables).toEqual(words);
  });
  await fc.assert(property, { numRuns: 6, examples: [[NASTY]] });
});

test('what Spark quotes itself is only passed to it when it arrives', async () => {
  const property = fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 150 }), async (words) => {
    const passed = words.filter(survivesSpark);
    fc.pre(passed.length > 0);
    expect((await startContainer(bench, `exec {{JAVA_HOME}}/bin/java ${passed.map(sparks).join(' ')}`, {})).words).toEqual(passed);
  });
  await fc.assert(property, { numRuns: 6, examples: [[NASTY]] });
  expect(NASTY.filter((text) => !survivesSpark(text))).toEqual(['`id`', '\\', '\\\\', '\\$x', '\\"', '\\`', '{{PWD}}', '}}', '<LOG_DIR>', '<CPS>']);
});

test('secrets are read by the driver as they are, from a file that is gone then', async () => {
  const value = NASTY.join('');
  const { attempt, plan, site } = await bench.prepare({ runType: 'jar', mainFile: 'local:/opt/app.jar', mainClass: 'demo.Main' });
  const { command, environment, resources } = await renderSpark(
    attempt,
    { plan, secrets: new Map([['PASSWORD', value]]), signal: new AbortController().signal },
    site,
  );
  expect(resources['longshore-secrets']).toMatchObject({ type: 'FILE' });
  const file = join(bench.folder, 'secrets');
  writeFileSync(file, bench.staged.get('longshore-secrets')!);
  const link = `ln -s ${file} longshore-secrets; `;
  const got = await startContainer(bench, link + command, environment, ['PASSWORD']);
  expect(got.variables).toEqual([value]);
  await expect(got.left('longshore-secrets')).rejects.toThrow('ENOENT');
  expect(() => execFileSync('cat', [file], { stdio: 'pipe' })).toThrow();
  for (const shown of [command, JSON.stringify(environment), bench.staged.get('__spark_conf__.zip')!.toString('latin1')])
    expect(shown).not.toContain('!!*~');
  // Executors do not get it.
  expect(bench.staged.get('__spark_conf__.zip')!.toString('latin1')).not.toContain('longshore-secrets');
});

test('lines that a shell exports', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (values) => {
      const script = values.map((value, at) => exportLine(`V${at}`, value)).join('');
      const names = values.map((_, at) => `"$V${at}"`).join(' ');
      expect(execFileSync('/bin/sh', ['-c', `${script}printf '%s\\0' ${names}`]).toString()).toBe(values.map((value) => `${value}\0`).join(''));
    }),
    { numRuns: 6, examples: [[NASTY]] },
  );
});

test('options are split as Spark splits them', () => {
  expect(splitOptions(`-Da='b c'  -Dd="e \\" f" -Dg=h\\ i '' "-Dj=k"\n-Dl='m\\n'`)).toEqual([
    '-Da=b c',
    '-Dd=e " f',
    '-Dg=h i',
    '',
    '-Dj=k',
    '-Dl=m\\n',
  ]);
});

const JAVA = 'java';
const java = (() => {
  try {
    execFileSync(JAVA, ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(lacks(java, 'Java, which reads properties files'))('Java reads the properties that were written', () => {
  const pairs = fc.sample(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' })), { numRuns: 300, seed: 7 });
  const properties = new Map([
    ...pairs,
    ...NASTY.map((value, at): [string, string] => [`k${at}`, value]),
    [' lead', ' lead  trail '],
    ['#!=: ', '=:#!'],
  ]);
  const file = join(bench.folder, 'a.properties');
  writeFileSync(file, propertiesText(properties));
  const source = join(bench.folder, 'Read.java');
  writeFileSync(
    source,
    `import java.io.*; import java.util.*; class Read { public static void main(String[] a) throws Exception {
       Properties p = new Properties(); try (Reader r = new InputStreamReader(new FileInputStream(a[0]), "UTF-8")) { p.load(r); }
       PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
       for (String k : p.stringPropertyNames()) { hex(out, k); out.print(' '); hex(out, p.getProperty(k)); out.print('\\n'); } }
       static void hex(PrintStream out, String s) { for (char c : s.toCharArray()) out.printf("%04x", (int) c); } }`,
  );
  const read = execFileSync(JAVA, ['-XX:TieredStopAtLevel=1', source, file], { maxBuffer: 2 ** 26 })
    .toString()
    .trimEnd()
    .split('\n');
  expect(read.toSorted()).toEqual([...properties].map(([name, value]) => `${hex(name)} ${hex(value)}`).toSorted());
});
