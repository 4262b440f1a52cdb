// What is refused when a definition is saved: with the place, the value, and the name that was probably meant.
import { describe, expect, test } from 'vitest';
import { checkExpression } from '../../src/expressions/evaluate.ts';
import { DECLARED } from './scene.ts';

const check = (text: string) => {
  const checked = checkExpression(text, DECLARED);
  return checked.ok ? checked.type : `${checked.error.line}:${checked.error.column} ${checked.error.value}: ${checked.error.message}`;
};

describe('types', () => {
  test.each([
    ['params.day', 'string'],
    ['params.n + 1', 'int'],
    ['params.n * 1.5', 'float'],
    ['params.ratio / 2', 'float'],
    ['params.tags', 'json'],
    ['params.tags.a > 1', 'bool'],
    ['params.flag ? "a" : "b"', 'string'],
    ['[1, "a", null]', 'list'],
    ['{"a": 1}', 'map'],
    ['null', 'null'],
    ['outputs.extract', 'list'],
    ['outputs.extract.map(o, o.rows)', 'list'],
    ['outputs.extract.filter(o, o.rows > 3)[0].rows', 'int'],
    ['outputs.extract[0].table.sha256', 'string'],
    ['outputs["load-orders"].share', 'float'],
    ['outputs.sub.anything', 'json'],
    ['nodes.extract.attempt', 'int'],
    ['cycle.planned', 'string'],
    ['run.version', 'int'],
    ['addDays(cycle.dataDate, -params.n)', 'string'],
    ['weekday(params.day) == 1 && !params.flag', 'bool'],
  ])('%s is %s', (text, type) => expect(check(text)).toBe(type));

  test('a condition is bool, or known only when it runs', () => {
    expect(checkExpression('params.n', DECLARED, 'bool')).toMatchObject({ ok: false, error: { message: 'gives int, and bool is needed here' } });
    expect(checkExpression('params.tags.on', DECLARED, 'bool')).toMatchObject({ ok: true, type: 'json' });
  });
});

describe('errors', () => {
  test.each([
    ['params.dya', '1:8 dya: there is no parameter "dya"; did you mean "day"?'],
    ['\n  params.dya', '2:10 dya: there is no parameter "dya"; did you mean "day"?'],
    ['params["dya"]', '1:8 "dya": there is no parameter "dya"; did you mean "day"?'],
    ['has(params.dya)', '1:12 dya: there is no parameter "dya"; did you mean "day"?'],
    ['param.day', '1:1 param: there is no name "param"; did you mean "params"?'],
    ['day', '1:1 day: there is no name "day"; did you mean "params.day"?'],
    ['item', '1:1 item: item is there inside foreach only'],
    ['outputs.extrct', '1:9 extrct: there is no node "extrct" upstream of this one; did you mean "extract"?'],
    ['outputs.report.rows', '1:9 report: node "report" does not run before this one; add it to needs'],
    ['outputs.load-orders.rows', '1:9 load: there is no node "load" upstream of this one; a name with "-" is written outputs["load-orders"]'],
    ['outputs.extract.all(o, o.rowz > 0)', '1:26 rowz: there is no output "rowz" of node "extract"; did you mean "rows"?'],
    ['outputs.extract[0].rowz', '1:20 rowz: there is no output "rowz" of node "extract"; did you mean "rows"?'],
    ['nodes.extract.statu', '1:15 statu: there is no member "statu" of a node; did you mean "status"?'],
    ['cycle.planed', '1:7 planed: there is no member "planed" of cycle; did you mean "planned"?'],
    ['params.constructor', '1:8 constructor: there is no parameter "constructor"'],
    ['params.__proto__', '1:8 __proto__: there is no parameter "__proto__"'],
    ['adDays(params.day, 1)', '1:1 adDays: there is no function "adDays"; did you mean "addDays"?'],
    ['addDays(params.day)', '1:1 addDays(params.day): there is no addDays(string); write addDays(date, days)'],
    ['params.day.addDays(1)', '1:12 addDays: there is no function "addDays"; write addDays(date, days)'],
    ['startsWith(params.day, "2")', '1:1 startsWith: there is no function "startsWith"; write text.startsWith(text)'],
    ['params.n + "a"', '1:1 params.n + "a": cannot compute int + string'],
    ['params.day == 5', '1:1 params.day == 5: cannot compute string == int'],
    ['startOf(cycle.dataDate, "mont")', '1:25 "mont": "mont" is not one of week, month, quarter, year; did you mean "month"?'],
    [
      'format(params.day, "YYYY")',
      '1:20 "YYYY": "YYYY" in a pattern is none of yyyy yy MM dd HH mm ss; did you mean "yyyy"?; text goes in single quotes',
    ],
    ['date(cycle.planned, "Europe/Berlim")', '1:21 "Europe/Berlim": "Europe/Berlim" is not a time zone; write a name such as Europe/Berlin, or UTC'],
    ['addDays("25.11.2026", 1)', expect.stringContaining('1:9 "25.11.2026": "25.11.2026" is not a date')],
    ['[1].map(params, 1)', '1:9 params: "params" is taken; give the entry another name'],
    ['[1].map(o.x, 1)', '1:11 x: a plain name is needed here, as in list.map(x, x + 1)'],
    ['has(1)', '1:5 1: has() asks for a member, as in has(outputs.extract)'],
    ['1 +', '1:4 : ends too early'],
    ['(1', '1:3 : ends too early'],
    ['1 1', "1:3 1: Unexpected character: '1'"],
    ['"a\n"', expect.stringContaining('a text in quotes ends in its line')],
    ['', '1:1 : is empty'],
    ["b'a'", expect.stringContaining('there are no bytes')],
    ['3u', expect.stringContaining('no unsigned numbers')],
    ['99999999999999999999', '1:1 99999999999999999999: is too large for an int, which has 64 bits'],
    ['int', expect.stringContaining('there is no name "int"; write int(number | text)')],
    ['google.protobuf', expect.stringContaining('there is no name "google"')],
    ['cel.bind(a, 1, a)', expect.stringContaining('there is no function "bind"')],
    ['type(1)', expect.stringContaining('there is no function "type"')],
    ['timestamp("2026-11-25T00:00:00Z")', expect.stringContaining('dates are texts here')],
    ['"aaaa".matches("(a+)+$")', expect.stringContaining('1:8 matches: there is no function "matches"')],
    ['params.tags.a.matches("x")', expect.stringContaining('1:15 matches: there is no function "matches"')],
    ['matches("a", "b")', expect.stringContaining('1:1 matches: there is no function "matches"')],
  ])('%s', (text, error) => expect(check(text)).toEqual(error));

  test('where nothing is declared, every name says why it is not there', () => {
    expect(checkExpression('cycle.planned', {})).toMatchObject({ error: { message: 'there is no cycle here: the run has no schedule' } });
    expect(checkExpression('params.day', {})).toMatchObject({ error: { message: 'there is no parameter "day"' } });
    expect(checkExpression('run.id', {})).toMatchObject({ ok: true });
    expect(checkExpression('item.x + string(index)', { item: 'json' })).toMatchObject({ ok: true });
  });
});

const reads = (text: string) => {
  const checked = checkExpression(text, DECLARED);
  return checked.ok ? checked.reads : checked.error;
};

test('what an expression reads is told', () => {
  expect(reads('params.n > 1')).toEqual({ nodes: [], anyNode: false, zones: false });
  expect(reads('outputs["load-orders"].rows > 0 && nodes.extract.status == "SUCCEED"')).toEqual({
    nodes: ['extract', 'load-orders'],
    anyNode: false,
    zones: false,
  });
  expect(reads('outputs[params.text].rows')).toEqual({ nodes: [], anyNode: true, zones: false });
  expect(reads('size(outputs) > 1 && outputs.sub.x')).toEqual({ nodes: [], anyNode: true, zones: false });
  expect(reads('outputs.sub.x && size(outputs) > 1')).toEqual({ nodes: [], anyNode: true, zones: false });
  expect(reads('format(cycle.planned, "HH", "UTC")')).toEqual({ nodes: [], anyNode: false, zones: true });
});
