// How a run is drawn: as a tree, and as bars over time.
import { expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { treeLines, treeOf } from '../../src/cli/run-tree.ts';
import { timesText } from '../../src/cli/run-times.ts';
import type { GraphView, NodeSummary } from '../../src/specs/run-views.schema.ts';

const node = (name: string, more: Partial<NodeSummary> = {}): NodeSummary => ({ name, kind: 'job', status: 'WAITING', attempt: 0, ...more });

function graph(needs: Record<string, string[]>): GraphView {
  const level = (name: string): number => Math.max(-1, ...needs[name]!.map(level)) + 1;
  const names = Object.keys(needs);
  return {
    nodes: names.map((name) => ({ ...node(name), level: level(name) })),
    edges: names.flatMap((to) => needs[to]!.map((from) => ({ from, to, on: 'success' }))),
    levels: [],
  };
}

test('a node stands under the last one that it needs, and names the others', () => {
  const drawn = graph({ a: [], b: ['a'], c: ['a'], d: ['b', 'a'], e: [] });
  const states = new Map([
    ['a', node('a', { status: 'SUCCEED', attempt: 2 })],
    ['b', node('b', { kind: 'foreach', status: 'RUNNING', attempt: 1, items: { total: 5, statuses: { SUCCEED: 2, FAILED: 1, RUNNING: 2 } } })],
    ['d', node('d', { reason: 'waits for b\u001B[2J' })],
  ]);
  expect(treeLines(false, treeOf(drawn), states).map((line) => line.trimEnd())).toEqual([
    'a         SUCCEED attempt 2',
    ' ├─ b     RUNNING 2/5, 1 failed',
    ' │  └─ d  WAITING  waits for b  + a',
    ' └─ c',
    'e',
  ]);
});

test('a chain of 10,000 nodes is drawn without going on for ever to the right', () => {
  const chain: GraphView = {
    nodes: Array.from({ length: 10_000 }, (_, i) => ({ ...node(`n${i}`), level: i })),
    edges: Array.from({ length: 9_999 }, (_, i) => ({ from: `n${i}`, to: `n${i + 1}`, on: 'success' })),
    levels: [],
  };
  const rows = treeOf(chain);
  expect(rows).toHaveLength(10_000);
  expect(Math.max(...rows.map(({ lead }) => lead.length))).toBeLessThan(40);
});

const at = (second: number): string => new Date(1_700_000_000_000 + second * 1_000).toISOString();

test('bars show queue and run of each attempt, and mark the critical path', () => {
  const out = createOutput('table', { isTTY: false } as NodeJS.WriteStream, false);
  const text = timesText(out, {
    items: [
      {
        name: 'a',
        kind: 'job',
        status: 'SUCCEED',
        attempts: [{ attempt: 1, status: 'SUCCEED', queuedAt: at(0), startedAt: at(24), endedAt: at(48) }],
      },
      { name: 'later', kind: 'job', status: 'WAITING', attempts: [] },
      { name: 'never', kind: 'job', status: 'SKIPPED', attempts: [] },
    ],
    criticalPath: { seconds: 48, nodes: [{ name: 'a', seconds: 48, waited: 0 }] },
  });
  const [first, second, third] = text.split('\n');
  expect(first).toBe(`* a     ${'·'.repeat(24)}${'━'.repeat(24)}      48s SUCCEED`);
  expect(second).toMatch(/^ {2}later +WAITING$/);
  expect(third).toMatch(/^ {2}never +SKIPPED$/);
  expect(timesText(out, { items: [], criticalPath: { seconds: 0, nodes: [] } })).toBe('Nothing has started yet.\n');
});
