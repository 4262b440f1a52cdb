// Nobody's expression takes a scheduler's time or memory, and none throws: it is refused, or given up after a fixed number of steps.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExpression, evaluateExpression } from '../../src/expressions/evaluate.ts';
import { LIMITS } from '../../src/expressions/limits.ts';
import { Meter } from '../../src/expressions/meter.ts';
import type { Json } from '../../src/expressions/types.ts';
import { DECLARED, VALUES } from './scene.ts';

const item = (text: string, value: Json) => evaluateExpression(text, { item: 'json' }, { item: value, run: VALUES.run });
const STEPS = { ok: false, error: { message: expect.stringContaining(`takes more than ${LIMITS.steps} steps`) as string } };
const nested = (text: (inner: string) => string, times: number, inside: string): string =>
  times === 0 ? inside : text(nested(text, times - 1, inside));

describe('refused when saved', () => {
  test.each([
    ['brackets', '('.repeat(1500) + '1' + ')'.repeat(1500)],
    ['lists', '['.repeat(1500) + ']'.repeat(1500)],
    ['not', '!'.repeat(3990) + 'true'],
    ['minus', '- '.repeat(1900) + '1'],
    ['plus', '1+'.repeat(1900) + '1'],
    ['or', 'true||'.repeat(600) + 'true'],
    ['members', `item${'.a'.repeat(1900)}`],
    ['indexes', `item${'[0]'.repeat(1200)}`],
    ['choices', 'true?1:'.repeat(500) + '1'],
    ['many entries', `[${'1,'.repeat(1900)}1]`],
    ['text', `"${'x'.repeat(5000)}"`],
  ])('%s', (_, text) => {
    const checked = checkExpression(text, { item: 'json' });
    expect(checked.ok ? checked.type : checked.error.message).toMatch(/nested|parts|characters/);
  });

  test('no text whatever makes it throw', () => {
    const words = [
      'params',
      '.day',
      'outputs',
      '[',
      ']',
      '(',
      ')',
      '"',
      "'",
      '{',
      '}',
      ':',
      ',',
      '+',
      '-',
      '!',
      '?',
      '&&',
      '1',
      '1.5',
      'map',
      '.map(',
      'x',
      'has(',
      '\\',
      '\n',
      'null',
      'in',
      'r"',
      '//',
      '.',
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const checked = checkExpression(text, DECLARED);
          const result = evaluateExpression(text, DECLARED, VALUES);
          expect(evaluateExpression(text, DECLARED, VALUES)).toEqual(result);
          if (!checked.ok) expect(result).toEqual({ ok: false, error: checked.error });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('given up when it runs', () => {
  const digits = '[0,1,2,3,4,5,6,7,8,9]';
  const many = Array.from({ length: 20_000 }, (_, i) => i);

  test.each<[string, string, Json]>([
    ['loops within loops', nested((inner) => `${digits}.map(x${inner.length}, ${inner})`, 8, '1'), null],
    ['loops that are thrown away', `${nested((inner) => `${digits}.all(x${inner.length}, ${inner})`, 8, 'true')} || true`, null],
    ['errors in loops', `item.exists(a, item.exists(b, ${nested((inner) => `(${inner} + 1)`, 20, 'b.c')} > 1))`, many],
    ['every pair', 'item.filter(a, item.exists(b, a + b == -1))', many],
    ['doubling by reference', `item in [item]${'.map(x, [x, x, x, x])'.repeat(20)}`, 'text'],
    ['doubling as a result', `[item]${'.map(x, [x, x, x, x])'.repeat(20)}`, 'x'.repeat(1000)],
    ['doubling as text', `json([item]${'.map(x, [x, x, x, x])'.repeat(20)})`, 'x'],
    ['long texts', `item.map(x, "${'y'.repeat(900)}" + "${'z'.repeat(900)}").join("${'w'.repeat(900)}")`, many],
    ['long separators', 'item.a.join(item.b)', { a: many.map(String), b: 'x'.repeat(100_000) }],
    ['lists in a row', `size(${Array.from({ length: 60 }, () => 'item').join(' + ')})`, many],
  ])('%s', (_, text, value) => {
    const before = process.memoryUsage().heapUsed;
    const from = performance.now();
    const result = item(text, value);
    expect(result.ok).toBe(false);
    expect(result).toMatchObject({ error: { message: expect.stringMatching(/takes more than|gives more than/) as string } });
    // Generous: the machine may be busy. Without limits each of these takes minutes or gigabytes.
    expect(performance.now() - from).toBeLessThan(10_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(500 * 2 ** 20);
  });

  test('an error that was caught does not hide that the steps are used up', () => {
    expect(item('true || item.exists(a, item.exists(b, a + b == -1))', many)).toMatchObject({ ok: true, value: true });
    expect(item('item.exists(a, item.exists(b, a + b == -1)) || true', many)).toMatchObject(STEPS);
    expect(item('item.all(a, !item.exists(b, a + b == -1)) || true', many)).toMatchObject(STEPS);
  });

  test('a value that is nested without end', () => {
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as Json;
    expect(item('item', deep)).toMatchObject({ ok: false, error: { message: expect.stringContaining('deep') as string } });
  });

  test('what is usual is far below the limits', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ rows: i, name: `file-${i}.csv`, ok: true }));
    const used = (text: string): number => {
      const meter = new Meter();
      expect(evaluateExpression(text, { item: 'json' }, { item: rows, run: VALUES.run }, meter)).toMatchObject({ ok: true });
      return meter.used;
    };
    expect(used('item.all(o, o.rows >= 0 && o.ok)')).toBeLessThan(LIMITS.steps / 2);
    expect(used('item.filter(o, o.rows > 5000).map(o, o.name)')).toBeLessThan(LIMITS.steps / 2);
    const meter = new Meter();
    evaluateExpression('nodes.extract.status == "SUCCEED" && params.n > 1', DECLARED, VALUES, meter);
    expect(meter.used).toBeLessThan(50);
  });
});
