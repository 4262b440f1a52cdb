// What expressions give: JSON in, JSON out, the same every time.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExpression, evaluateCondition, evaluateExpression } from '../../src/expressions/evaluate.ts';
import type { Json, Values } from '../../src/expressions/types.ts';
import { DECLARED, VALUES } from './scene.ts';

const value = (text: string, values: Values = VALUES): Json => {
  const checked = checkExpression(text, DECLARED);
  if (!checked.ok) throw new Error(checked.error.message);
  const result = evaluateExpression(text, DECLARED, values);
  return result.ok ? result.value : `${result.error.line}:${result.error.column} ${result.error.message}`;
};

const given = (params: Record<string, Json>, text: string) => value(text, { ...VALUES, params });

describe('values', () => {
  test.each<[string, Json]>([
    ['params.day', '2026-11-25'],
    ['params.n / 2', 1],
    ['params.ratio / 2', 1.5],
    ['double(params.n) / 2', 1.5],
    ['params.n * 1.5', 4.5],
    ['1.5 + params.n', 4.5],
    ['params.n == 3.0 && 3.0 == params.n && params.n != 3.5', true],
    ['params.tags.a == 1.0 && params.tags.b[1] == params.n - 1', true],
    ['params.tags', { a: 1, b: [1.5, 2], 'x-y': null }],
    ['params.tags.b[0] + params.tags.b[1]', 3.5],
    ['params.tags["x-y"] == null', true],
    ['{"a": params.n, "b": [1.5, null, "x"], "c": {}}', { a: 3, b: [1.5, null, 'x'], c: {} }],
    ['outputs.extract.map(o, o.rows)', [3, 5]],
    ['outputs.extract.all(o, o.rows > 2)', true],
    ['outputs.extract.exists(o, o.table.size > 15)', true],
    ['outputs.extract.exists_one(o, o.rows == 3)', true],
    ['outputs.extract.filter(o, o.rows > 3).map(o, o.table.name)', ['b.csv']],
    ['outputs.extract.map(o, o.rows > 3, o.rows * 2)', [10]],
    ['size(outputs.extract)', 2],
    ['"extract" in outputs', true],
    ['"sub" in outputs', false],
    ['has(outputs.sub) && outputs.sub.x > 1', false],
    ['has(cycle.next)', false],
    ['has(cycle.previous)', true],
    ['nodes["load-orders"].status == "FAILED" && nodes["load-orders"].code == "EXIT_CODE"', true],
    ['nodes.extract.attempt', 2],
    ['["a", "b"].join(",") + string(params.n)', 'a,b3'],
    ['"a,b".split(",")', ['a', 'b']],
    ['"Ab".lowerAscii() + " x ".trim()', 'abx'],
    ['"abc".substring(1, 2)', 'b'],
    ['int("12") + int(3.9)', 15],
    ['json({"a": params.tags.b, "n": params.n})', '{"a":[1.5,2],"n":3}'],
    ['date(cycle.planned)', '2026-11-26'],
    ['addDays(date(cycle.planned), -1) == cycle.dataDate', true],
    ['format(addHours(cycle.planned, -1), "yyyyMMddHH")', '2026112605'],
    ['format(cycle.planned, "yyyy-MM-dd HH:mm", "Asia/Shanghai")', '2026-11-26 13:00'],
    ['daysBetween(startOf(params.day, "month"), endOf(params.day, "month")) + 1', 30],
    ['epoch(cycle.planned)', 1795669200],
    ['params.flag ? "full" : "part"', 'full'],
    ['-0.0', 0],
    ['params.n > 2 || outputs.sub.x', true],
    ['string(9223372036854775807) + string(-9223372036854775808)', '9223372036854775807-9223372036854775808'],
    ['run.dag + "/" + string(run.version)', 'flights/4'],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected));

  test('a value that holds ${{ is a text like any other', () => {
    expect(value('params.text', { ...VALUES, params: { text: '${{ run.id }}' } })).toBe('${{ run.id }}');
  });

  test('any JSON comes back as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (given) => {
        // JSON has no -0.
        const json = JSON.parse(JSON.stringify(given)) as Json;
        const result = evaluateExpression('item', { item: 'json' }, { item: json, run: VALUES.run });
        expect(result).toEqual({ ok: true, value: json });
      }),
    );
  });

  test('names that mean something to JavaScript mean nothing', () => {
    const item = JSON.parse('{"__proto__": 1, "constructor": {"name": 2}, "toString": 3}') as Json;
    const of = (text: string) => evaluateExpression(text, { item: 'json' }, { item, run: VALUES.run });
    expect(of('item')).toEqual({ ok: true, value: item });
    expect(of('item.__proto__ + item.constructor.name + item.toString')).toEqual({ ok: true, value: 6 });
    expect(of('item.valueOf')).toMatchObject({ ok: false, error: { message: 'there is no value valueOf; ask with has() first' } });
    expect(of('"x".constructor')).toMatchObject({ ok: false });
    expect(of('[1].length')).toMatchObject({ ok: false });
  });
});

describe('errors when it runs', () => {
  test.each<[string, string]>([
    ['outputs.sub.x', '1:9 there is no value sub; ask with has() first'],
    ['cycle.next', '1:7 there is no value next; ask with has() first'],
    ['outputs.extract[7].rows', '1:1 there is no entry 7 in a list of 2'],
    ['params.n / 0', '1:1 division by zero'],
    ['9223372036854775807 + params.n', '1:1 is too large for an int, which has 64 bits'],
    ['-(-9223372036854775808)', '1:1 is too large for an int, which has 64 bits'],
    ['int(1e300)', '1:1 is too large for an int, which has 64 bits'],
    ['9007199254740991 + params.n', '1:1 gives the int 9007199254740994, and JSON is exact only up to 9007199254740991; write string(…) around it'],
    ['1.0 / 0.0', '1:1 gives Infinity, which JSON has no number for'],
    ['int(params.text)', '1:1 int() type error: cannot convert to int'],
    ['addDays(params.text, 1)', '1:1 "it\'s "so"" is not a date; write it as 2026-11-25, or with time and offset as 2026-11-26T06:00:00+01:00'],
    ['1 + addDays(params.text, 1) == "x"', expect.stringContaining('cannot compute')],
    ['[params.tags.a].join(",")', '1:1 join is for lists of texts; write list.map(x, string(x)).join(",")'],
    ['[1, 2].join(",")', 'there is no list.join(string); write list.join(separator) with a list of texts, such as list.map(x, string(x))'],
  ])('%s', (text, message) => {
    const checked = checkExpression(text, DECLARED);
    const result = checked.ok ? value(text) : checked.error.message;
    expect(result).toEqual(message);
  });

  test('a value that is not of its declared type', () => {
    expect(given({ n: 1.5 }, 'params.n')).toBe('1:1 params["n"] is declared int, and its value is 1.5');
    expect(given({ n: '3' }, 'params.n')).toBe('1:1 params["n"] is declared int, and its value is "3"');
    expect(given({ n: 2 ** 53 }, 'params.n')).toBe('1:1 params["n"] is declared int, and its value is 9007199254740992');
    expect(given({ day: 20261125 }, 'params.day')).toBe('1:1 params["day"] is declared date, and its value is 20261125');
    expect(given({ n: null }, 'params.n')).toBe('1:1 params["n"] is declared int, and its value is null');
    expect(given({}, 'has(params.n)')).toBe(false);
  });

  test('a condition is true or false', () => {
    expect(evaluateCondition('params.tags.a > 0', DECLARED, VALUES)).toEqual({ ok: true, value: true });
    expect(evaluateCondition('params.tags.a', DECLARED, VALUES)).toMatchObject({
      ok: false,
      error: { message: 'gives 1, and a condition must be true or false' },
    });
    expect(evaluateCondition('params.', DECLARED, VALUES)).toMatchObject({ ok: false });
  });
});
