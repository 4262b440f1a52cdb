// A followed run as lines: what is told of its nodes, and what is not.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lineScreen } from '../../src/cli/run-lines.ts';
import type { NodeSummary } from '../../src/specs/run-views.schema.ts';

const node = (name: string, status: NodeSummary['status'], more: Partial<NodeSummary> = {}): NodeSummary => ({
  name,
  kind: 'job',
  status,
  attempt: 1,
  ...more,
});

const items = (done: number): Partial<NodeSummary> => ({ kind: 'mapReduce', items: { total: 4, statuses: { SUCCEED: done } } });

let said: string[];
const screen = (before: NodeSummary[] = []) => lineScreen({ note: (line) => void said.push(line.replace(/^\S+ /, '')), colorErrors: false }, before);
beforeEach(() => {
  said = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test('a node has a line when it begins and one when it has ended', () => {
  const lines = screen();
  lines.nodes([node('a', 'WAITING', { attempt: 0 }), node('b', 'WAITING', { attempt: 0 })]);
  lines.nodes([node('a', 'CREATED', { kind: 'mapReduce', items: { statuses: {} } })]);
  for (const status of ['STARTING', 'RUNNING', 'STARTING', 'RUNNING'] as const) lines.nodes([node('a', status, items(1))]);
  lines.nodes([node('a', 'SUCCEED', items(4)), node('b', 'SKIPPED', { attempt: 0, reason: 'its condition is false' })]);
  lines.nodes([node('a', 'SUCCEED', items(4))]);
  lines.close();
  expect(said).toEqual(['a STARTING 1/4', 'a SUCCEED 4/4', 'b SKIPPED  its condition is false']);
});

test('nodes that wait for their turn are told of together, and only when they wait for long', () => {
  const lines = screen();
  const reason = 'the run has as many jobs under way as it may';
  lines.nodes(Array.from({ length: 100 }, (_, i) => node(`n${i}`, 'CREATED', { reason })));
  expect(said).toEqual([]);
  vi.advanceTimersByTime(5_000);
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([`100 nodes wait: ${reason}`]);
  lines.nodes(Array.from({ length: 99 }, (_, i) => node(`n${i}`, 'SUCCEED')));
  vi.advanceTimersByTime(5_000);
  expect(said.at(-1)).toBe(`n99 waits: ${reason}`);
  lines.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('what a rerun finds is no news', () => {
  const lines = screen([node('a', 'SUCCEED'), node('b', 'FAILED'), node('c', 'SKIPPED', { attempt: 0 })]);
  lines.nodes([node('a', 'SUCCEED'), node('b', 'FAILED'), node('c', 'SKIPPED', { attempt: 0 })]);
  lines.nodes([node('b', 'RUNNING', { attempt: 2 }), node('c', 'WAITING', { attempt: 0 })]);
  lines.nodes([node('b', 'SUCCEED', { attempt: 2 }), node('c', 'SUCCEED')]);
  lines.close();
  expect(said).toEqual(['b RUNNING attempt 2', 'b SUCCEED attempt 2', 'c SUCCEED']);
});
