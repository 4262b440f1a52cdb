// Which cycles of other DAGs a backfill runs after its own, and after which of them each.
import { expect, test } from 'vitest';
import { withDownstream } from '../../src/schedules/downstream.ts';
import type { Waiting, Waits } from '../../src/schedules/feeds.ts';
import type { BackfillCycle } from '../../src/specs/backfill.ts';
import { scheduleSchema, type ScheduleInput } from '../../src/specs/schedule.schema.ts';

const schedule = (input: ScheduleInput) => scheduleSchema.parse(input);
const DAILY = schedule({ cron: '0 6 * * *', timezone: 'UTC' });
const WEEKLY = schedule({ cron: '0 0 * * MON', timezone: 'UTC' });
const at = (day: number): string => `2026-11-${String(day).padStart(2, '0')}T06:00:00Z`;
const own = (day: number, more: Partial<BackfillCycle> = {}): BackfillCycle => ({ cycle: at(day), planned: '', zone: 'UTC', dataDate: '', ...more });
const dag = (name: string, of: Record<string, string | undefined>, its = DAILY): Waiting => ({
  dag: name,
  schedule: its,
  waits: Object.entries(of).map(([upstream, window]) => ({ node: upstream, wait: { dag: upstream, window } })),
});
const waits = (...waiting: Waiting[]): Waits => ({
  waiting,
  schedules: new Map([['orders', DAILY], ...waiting.map(({ dag: name, schedule: its }) => [name, its!] as const)]),
});
const NOW = Date.parse('2026-11-26T12:00:00Z');
const after = (all: Waits, cycles: BackfillCycle[], more: { order?: 'newest'; now?: number; most?: number } = {}) =>
  withDownstream(all, 'orders', cycles, { order: 'oldest', now: NOW, most: 100, ...more })
    .slice(cycles.length)
    .map(({ name, cycle, after: place }) => [name, cycle, place]);

test('a DAG comes after all that it waits for, whatever its name, and each cycle after the last of these', () => {
  const all = waits(dag('a', { orders: undefined, b: undefined }), dag('b', { orders: 'd(-1)' }), dag('c', { other: undefined }));
  expect(after(all, [own(2), own(3)])).toEqual([
    ['b', at(3), 0],
    ['b', at(4), 1],
    ['a', at(2), 0],
    ['a', at(3), 2],
    ['a', at(4), 3],
  ]);
});

test('newest first, a window of several cycles, a holiday, and what is still to come', () => {
  expect(after(waits(dag('b', { orders: undefined })), [own(3), own(2)], { order: 'newest' })).toEqual([
    ['b', at(3), 0],
    ['b', at(2), 1],
  ]);
  expect(after(waits(dag('week', { orders: 'd(7)' }, WEEKLY)), [own(3), own(4), own(20)])).toEqual([
    ['week', '2026-11-09T00:00:00Z', 1],
    ['week', '2026-11-23T00:00:00Z', 2],
  ]);
  expect(after(waits(dag('b', { orders: undefined })), [own(2, { skip: { code: 'HOLIDAY', reason: '' } })])).toEqual([]);
  expect(after(waits(dag('b', { orders: 'd(-1)' })), [own(26)])).toEqual([]);
});

test('DAGs that wait for each other, or for themselves, end; too many are refused', () => {
  const circle = waits(dag('a', { orders: undefined, b: undefined }), dag('b', { a: undefined, b: 'd(-1)' }));
  expect(after(circle, [own(2)])).toEqual([
    ['a', at(2), 0],
    ['b', at(2), 1],
  ]);
  expect(() => after(waits(dag('b', { orders: undefined })), [own(2), own(3)], { most: 3 })).toThrow('more than 3 cycles');
});
