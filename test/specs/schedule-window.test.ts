// B4a: windows and rules as people write them, and errors that say the place.
import { describe, expect, it } from 'vitest';
import { WindowError, describeWindow, parseWindow, parseWindowRule } from '../../src/specs/schedule-window.ts';

describe('B4a windows', () => {
  it.each([
    ['cM', { unit: 'M', from: 0, to: 0 }, 'the same month'],
    ['ch', { unit: 'h', from: 0, to: 0 }, 'the same hour'],
    ['cd', { unit: 'd', from: 0, to: 0 }, 'the same day'],
    ['cw', { unit: 'w', from: 0, to: 0 }, 'the same week'],
    ['cm', { unit: 'm', from: 0, to: 0 }, 'the same minute'],
    ['cy', { unit: 'y', from: 0, to: 0 }, 'the same year'],
    ['d(3)', { unit: 'd', from: -3, to: -1 }, 'the 3 days before'],
    ['h( 2 )', { unit: 'h', from: -2, to: -1 }, 'the 2 hours before'],
    ['d(-1)', { unit: 'd', from: -1, to: -1 }, 'the day before'],
    ['M(-2)', { unit: 'M', from: -2, to: -2 }, 'the month 2 months before'],
    ['d(0)', { unit: 'd', from: 0, to: 0 }, 'the same day'],
    ['d(-7,-1)', { unit: 'd', from: -7, to: -1 }, 'the 7 days before'],
    ['d(-7, -2)', { unit: 'd', from: -7, to: -2 }, 'from 7 to 2 days before'],
    ['d(-2,0)', { unit: 'd', from: -2, to: 0 }, 'the same day and the 2 before'],
    ['today', { unit: 'd', from: 0, to: 0 }, 'the same day'],
    ['yesterday', { unit: 'd', from: -1, to: -1 }, 'the day before'],
    ['current month', { unit: 'M', from: 0, to: 0 }, 'the same month'],
    ['this week', { unit: 'w', from: 0, to: 0 }, 'the same week'],
    ['previous hour', { unit: 'h', from: -1, to: -1 }, 'the hour before'],
    ['last 3 days', { unit: 'd', from: -3, to: -1 }, 'the 3 days before'],
    ['Last month', { unit: 'M', from: -1, to: -1 }, 'the month before'],
    ['3 days ago', { unit: 'd', from: -3, to: -3 }, 'the day 3 days before'],
    ['7 to 1 days ago', { unit: 'd', from: -7, to: -1 }, 'the 7 days before'],
  ] as const)('%s', (text, window, words) => {
    expect(parseWindow(text)).toEqual(window);
    expect(describeWindow(parseWindow(text))).toBe(words);
  });

  it.each([
    ['', '"", at character 1: it ends here; write cd, d(3), d(-1), d(-7,-1), or words'],
    ['cx', '"cx", at character 1: write cd, d(3)'],
    ['d(', '"d(", at character 3: it ends here; write a number'],
    ['d(x)', '"d(x)", at character 3: write a number'],
    ['d(3', '"d(3", at character 4: it ends here; write ")"'],
    ['d(-1,-7)', '"d(-1,-7)", at character 3: a window begins before it ends; swap the two'],
    ['d(5,10)', '"d(5,10)", at character 5: a window ends with the current unit, 0, or before; write numbers such as -7,-1'],
    ['d(1001)', '"d(1001)", at character 3: at most 1000'],
    ['cd x', '"cd x", at character 4: nothing may follow'],
    ['last 0 days', '"last 0 days", at character 6: write a number of at least 1'],
    ['last 3 fortnights', '"last 3 fortnights", at character 8: write one of minute, hour, day, week, month, year'],
    ['3 days', '"3 days", at character 7: it ends here; write "ago"'],
    ['1 to 7 days ago', '"1 to 7 days ago", at character 1: the further one comes first: 7 to 1 days ago'],
  ])('%j is refused at its place', (text, message) => {
    expect(() => parseWindow(text)).toThrow(message);
  });
});

it('the place is also a number, for whoever knows where the text stands', () => {
  expect(() => parseWindow('d(-1,-7)')).toThrow(expect.objectContaining({ at: 3 }));
  expect(() => parseWindowRule('most')).toThrow(WindowError);
});

describe('B4a rules', () => {
  it.each([
    ['*', { kind: 'all' }],
    ['all', { kind: 'all' }],
    ['+', { kind: 'any' }],
    ['any', { kind: 'any' }],
    ['L(3)', { kind: 'last', count: 3 }],
    ['last 3', { kind: 'last', count: 3 }],
    ['F(1)', { kind: 'first', count: 1 }],
    ['first 2', { kind: 'first', count: 2 }],
  ])('%s', (text, rule) => {
    expect(parseWindowRule(text)).toEqual(rule);
  });

  it.each([
    ['most', '"most", at character 1: write all (*), any (+), last 3 (L(3)) or first 3 (F(3))'],
    ['L(0)', '"L(0)", at character 3: write a number of at least 1'],
    ['L', '"L", at character 2: it ends here; write how many'],
    ['all 3', '"all 3", at character 5: nothing may follow'],
  ])('%j is refused at its place', (text, message) => {
    expect(() => parseWindowRule(text)).toThrow(message);
  });
});
