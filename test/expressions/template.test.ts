// Where expressions stand in a spec, how their values are inserted, and what is refused when it is saved.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { placesOf } from '../../src/expressions/contexts.ts';
import { checkTemplates, fillTemplates, isComputed } from '../../src/expressions/fill.ts';
import { findTemplates, holesOf, wholeHole } from '../../src/expressions/template.ts';
import type { Json } from '../../src/expressions/types.ts';
import { DECLARED, VALUES } from './scene.ts';

const whole = (text: string): boolean => wholeHole({ text, holes: holesOf(text) }) !== undefined;

describe('finding', () => {
  test.each([
    ['${{ params.day }}', [' params.day ']],
    ['a ${{1}} b ${{ 2 }} c', ['1', ' 2 ']],
    ["${{ '}}' }}", [" '}}' "]],
    ['${{ "a\\"}}" }}', [' "a\\"}}" ']],
    ["${{ r'\\' }}x}}", [" r'\\' "]],
    ["${{ '''it's }}''' }}", [" '''it's }}''' "]],
    ['${{ {"a": {"b": 1}} }}', [' {"a": {"b": 1}} ']],
    ['${{{"a": {"b": 1}}}}', ['{"a": {"b": 1}}']],
    ['${{ 1 // }}\n }}', [' 1 // }}\n ']],
    ['${x} $${ {{y}} }}', []],
  ])('%s', (text, expressions) => expect(holesOf(text).map(({ expression }) => expression)).toEqual(expressions));

  test.each(['${{ 1', '${{ "1 }}', '${{ {1 }}', '${{ 1 } }'])('%s has no end', (text) => expect(() => holesOf(text)).toThrow('has no }}'));

  test('a whole text is one expression, with nothing but space around it', () => {
    expect(['${{ 1 }}', ' ${{ 1 }}\n', 'a${{ 1 }}', '${{ 1 }}${{ 2 }}'].map(whole)).toEqual([true, true, false, false]);
  });

  test('in lists, maps, and not in names', () => {
    const { templates, errors } = findTemplates({ a: ['x', '${{ 1 }}'], b: { 'c/~d': '${{ 2 }}', '${{ 3 }}': 1 }, e: 5, f: '\n ${{' });
    expect(templates.map(({ path }) => path)).toEqual([
      ['a', 1],
      ['b', 'c/~d'],
    ]);
    expect(errors).toEqual([
      { path: '/b/${{ 3 }}', message: 'a name cannot be computed; expressions stand in values only', line: 1, column: 1, value: '${{ 3 }}' },
      { path: '/f', message: 'has no }} at its end', line: 2, column: 2, value: '${{' },
    ]);
  });
});

const schema = z.strictObject({
  name: z.string(),
  cluster: z.string().default('local'),
  priority: z.int().optional().meta({ template: 'value' }),
  env: z.record(z.string(), z.string()).default({}).meta({ template: 'value' }),
  config: z
    .union([
      z.strictObject({
        script: z.union([z.strictObject({ inline: z.string(), name: z.string().meta({ template: 'none' }) }), z.string().meta({ template: 'none' })]),
        args: z.array(z.string()).meta({ template: 'value' }).optional(),
      }),
      z.strictObject({ kind: z.literal('query'), sql: z.string().meta({ template: 'sql' }), table: z.string() }).meta({ template: 'value' }),
      z.strictObject({ kind: z.literal('mysql'), sql: z.string().meta({ template: 'sql', dialect: 'mysql' }) }),
      z.strictObject({ json: z.json().meta({ template: 'value' }) }),
    ])
    .meta({ template: 'shell' }),
});

const places = (config: unknown, more: object = {}, options = {}) => placesOf({ name: 'x', config, ...more }, schema, options);

describe('contexts', () => {
  test('are what the schema says, nearest first', () => {
    expect(
      places({ script: { inline: 'echo ${{ 1 }}', name: 'a.sh' }, args: ['${{ 1 }}'] }, { env: { A: '${{ 1 }}' }, priority: '${{ 1 }}' }),
    ).toEqual({
      places: [
        { path: ['config', 'script', 'inline'], as: 'shell' },
        { path: ['config', 'args', 0], as: 'text' },
        { path: ['env', 'A'], as: 'text' },
        { path: ['priority'], as: 'value' },
      ],
      errors: [],
    });
    expect(places({ kind: 'query', sql: 'SELECT ${{ 1 }}', table: '${{ 1 }}' }, {}, { dialect: 'spark' }).places).toEqual([
      { path: ['config', 'sql'], as: 'sql', dialect: 'spark' },
      { path: ['config', 'table'], as: 'text' },
    ]);
    expect(places({ kind: 'mysql', sql: 'SELECT ${{ 1 }}' }, {}, { dialect: 'spark' }).places).toEqual([
      { path: ['config', 'sql'], as: 'sql', dialect: 'mysql' },
    ]);
    expect(places({ json: { a: ['${{ 1 }}'] } }).places).toEqual([{ path: ['config', 'json', 'a', 0], as: 'value' }]);
  });

  test('a field that says nothing has no expressions, and neither has one of which its schemas say different things', () => {
    const { places: found, errors } = places({ script: '${{ 1 }}' }, { name: 'a-${{ 1 }}', cluster: '${{ 1 }}' });
    expect(found).toEqual([]);
    expect(errors.map(({ path, line, column, value }) => ({ path, line, column, value }))).toEqual([
      { path: '/name', line: 1, column: 3, value: '${{ 1 }}' },
      { path: '/config/script', line: 1, column: 1, value: '${{ 1 }}' },
      { path: '/cluster', line: 1, column: 1, value: '${{ 1 }}' },
    ]);
    expect(errors[0]!.message).toContain('takes no expressions');
    const torn = z.union([
      z.strictObject({ a: z.string().meta({ template: 'shell' }) }),
      z.strictObject({ a: z.string().meta({ template: 'value' }) }),
    ]);
    expect(placesOf({ a: '${{ 1 }}' }, torn).errors).toHaveLength(1);
  });

  test('SQL needs a dialect, and what a schema says must mean something', () => {
    expect(places({ kind: 'query', sql: '${{ 1 }}', table: 't' }).errors).toMatchObject([
      { path: '/config/sql', message: expect.stringContaining('dialect') as string },
    ]);
    expect(() => placesOf('${{ 1 }}', z.string().meta({ template: 'raw' }))).toThrow('value, shell, sql, files or none');
    expect(() => placesOf('${{ 1 }}', z.string().meta({ template: 'sql', dialect: 'oracle' }))).toThrow('one of ansi');
  });

  test('a part of a spec is told where it stands', () => {
    expect(placesOf({ a: '${{ 1 }}', '${{': 1 }, z.looseObject({ a: z.string().meta({ template: 'value' }) }), { at: ['nodes', 'x'] })).toMatchObject(
      {
        places: [{ path: ['nodes', 'x', 'a'] }],
        errors: [{ path: '/nodes/x/${{' }],
      },
    );
  });
});

const of = (spec: Json, where: z.ZodType, options = {}) => {
  const { places, errors } = placesOf(spec, where, options);
  expect(errors).toEqual([]);
  const checked = checkTemplates(spec, places, DECLARED);
  const filled = fillTemplates(spec, places, DECLARED, VALUES);
  return { checked, filled: filled.ok ? filled.value : filled.error, places };
};

describe('checking and filling', () => {
  const values = z.record(z.string(), z.json()).meta({ template: 'value' });
  const texts = z.record(z.string(), z.string()).meta({ template: 'value' });
  const shell = z.string().meta({ template: 'shell' });
  const sql = z.string().meta({ template: 'sql' });

  test('a whole value keeps its type, others become text, and nothing is looked through again', () => {
    const spec = {
      n: '${{ params.n }}',
      list: '${{ outputs.extract.map(o, o.rows) }}',
      text: 'n=${{ params.n }}, ${{ params.flag }} ${{ params.ratio }}',
      all: '${{ params.tags }}',
    };
    expect(of(spec, values).filled).toEqual({ n: 3, list: [3, 5], text: 'n=3, true 3', all: { a: 1, b: [1.5, 2], 'x-y': null } });
    expect(of({ n: '${{ params.n }}' }, texts).filled).toEqual({ n: '3' });
    expect(of({ a: `\${{ "\${" + "{ run.id }}" }}`, b: '${{ "${{" }} run.id }}' }, texts).filled).toEqual({ a: '${{ run.id }}', b: '${{ run.id }}' });
  });

  test('shell text gets words, also where the whole text is one', () => {
    expect(of('echo --day=${{ params.day }} ${{ params.n }} ${{ params.text }}\n', shell).filled).toBe(
      `echo --day='2026-11-25' '3' 'it'\\''s "so"'\n`,
    );
    expect(of('${{ params.text }}', shell).filled).toBe(`'it'\\''s "so"'`);
  });

  test('SQL gets literals of its dialect', () => {
    const text =
      'SELECT * FROM t WHERE day = ${{ params.day }} AND n < ${{ params.n }} AND x = ${{ params.text }} AND r IN (${{ outputs.extract.map(o, o.rows) }})';
    expect(of(text, sql, { dialect: 'spark' }).filled).toBe(
      `SELECT * FROM t WHERE day = '2026-11-25' AND n < 3 AND x = 'it\\'s "so"' AND r IN (3, 5)`,
    );
    expect(of(text, sql, { dialect: 'ansi' }).filled).toBe(`SELECT * FROM t WHERE day = '2026-11-25' AND n < 3 AND x = 'it''s "so"' AND r IN (3, 5)`);
  });

  test('every error of a spec is told, with its place in the text', () => {
    const { checked } = of(
      { a: 'x\n  ${{ params.dya }} ${{ 1 + }}', b: 'tags ${{ params.tags }} ${{ outputs.extract }} ${{ null }}', c: '${{ cycle.planned }}' },
      texts,
    );
    expect(checked.errors).toEqual([
      { path: '/a', message: 'there is no parameter "dya"; did you mean "day"?', line: 2, column: 14, value: 'dya' },
      { path: '/a', message: 'ends too early', line: 2, column: 29, value: '' },
      { path: '/b', message: 'gives a list, which is no text; write json(…) around it, or join(…)', line: 1, column: 28, value: 'outputs.extract' },
      { path: '/b', message: 'gives null, which is no text', line: 1, column: 51, value: 'null' },
    ]);
    expect(checked.reads).toEqual({ nodes: ['extract'], anyNode: false, zones: false });
  });

  test('a place that is refused is refused when saved, and again when it runs', () => {
    const quoted = of('echo "${{ params.day }}"', shell);
    expect(quoted.checked.errors).toMatchObject([
      { path: '', line: 1, column: 10, value: 'params.day', message: expect.stringContaining('double quotes') as string },
    ]);
    expect(quoted.filled).toMatchObject({ message: expect.stringContaining('double quotes') as string });
    expect(of('SELECT * FROM ${{ params.text }}', sql, { dialect: 'hive' }).checked.errors).toMatchObject([
      { message: expect.stringContaining('never a name') as string },
    ]);
  });

  test('what is known only when it runs is refused then', () => {
    expect(of({ a: 'x ${{ params.tags }}' }, texts).filled).toMatchObject({
      path: '/a',
      line: 1,
      column: 6,
      message: expect.stringContaining('gives a map') as string,
    });
    expect(of({ a: '${{ outputs.sub.x }}' }, texts).filled).toMatchObject({ path: '/a', message: 'there is no value sub; ask with has() first' });
    expect(of('SELECT ${{ params.tags }}', sql, { dialect: 'ansi' }).filled).toMatchObject({ message: expect.stringContaining('json(…)') as string });
  });

  test('all expressions of a spec share the limits of one', () => {
    const big = { ...VALUES, params: { text: 'x'.repeat(100_000) } };
    const spec = { a: Array.from({ length: 50 }, () => '${{ params.text }}') };
    const { places } = placesOf(spec, z.looseObject({ a: z.array(z.string()) }).meta({ template: 'value' }));
    expect(fillTemplates(spec, places, DECLARED, big)).toMatchObject({
      ok: false,
      error: { path: '/a/10', message: expect.stringContaining('makes the spec larger') as string },
    });
  });

  test('what a computed value stands for need not fit its schema before', () => {
    const { places } = of({ a: { b: '${{ params.n }}' } }, values);
    expect([isComputed(places, ['a', 'b']), isComputed(places, ['a']), isComputed(places, ['a', 'b', 'c'])]).toEqual([true, false, true]);
  });
});
