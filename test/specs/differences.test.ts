import { expect, test } from 'vitest';
import { differences } from '../../src/specs/differences.ts';

test('each smallest part that differs is told with its place', () => {
  const before = { name: 'a', gone: 1, nodes: { x: { needs: ['y'], limit: 2 }, 'a/b': 1 } };
  const after = { nodes: { x: { limit: 3, needs: ['z'] }, 'a/b': 2, more: null }, name: 'a' };
  expect(differences(before, after)).toEqual([
    { path: '/nodes/x/limit', change: 'changed', before: 2, after: 3 },
    { path: '/nodes/x/needs', change: 'changed', before: ['y'], after: ['z'] },
    { path: '/nodes/a~1b', change: 'changed', before: 1, after: 2 },
    { path: '/nodes/more', change: 'added', after: null },
    { path: '/gone', change: 'removed', before: 1 },
  ]);
});

test('the order of names is no difference, that of a list is', () => {
  expect(differences({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 })).toEqual([]);
  expect(differences([1, 2], [2, 1])).toEqual([{ path: '', change: 'changed', before: [1, 2], after: [2, 1] }]);
  expect(differences({}, { toString: 1 })).toEqual([{ path: '/toString', change: 'added', after: 1 }]);
});
