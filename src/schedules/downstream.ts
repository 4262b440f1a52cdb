// The cycles of other DAGs that wait for cycles of one, and so on from these: what a backfill runs after them.
import { cycleAt } from './cycle.ts';
import { looksAt, plannedOf, type Waiting, type Waits } from './feeds.ts';
import type { BackfillCycle } from '../specs/backfill.ts';
import { parseInstant } from '../specs/schedule-time.ts';
import type { Schedule } from '../specs/schedule.schema.ts';

interface Placed {
  readonly cycle: string;
  readonly place: number;
}

/**
 * After `own`, in the order of their turns: DAG by DAG, each after those that it waits for; inside one as `order` says. `after` is the place of the
 * last cycle that it waits for. None that is later than `now` (milliseconds). RangeError where all are more than `most`.
 */
export function withDownstream(
  waits: Waits,
  name: string,
  own: readonly BackfillCycle[],
  { order, now, most }: { readonly order: 'oldest' | 'newest'; readonly now: number; readonly most: number },
): BackfillCycle[] {
  const all = [...own];
  const placed = new Map([[name, own.flatMap(({ cycle, skip }, place): Placed[] => (skip === undefined ? [{ cycle, place }] : []))]]);
  for (const waiting of inOrder(waits.waiting, name)) {
    const { schedule, dag } = waiting;
    if (schedule === undefined) continue;
    const found = [...fedBy(waits, waiting, schedule, placed)].filter(([cycle]) => parseInstant(cycle) <= now);
    if (all.length + found.length > most)
      throw new RangeError(`with the DAGs that wait for it the range holds more than ${most} cycles; take a smaller one`);
    found.sort(([a], [b]) => (a < b === (order === 'oldest') ? -1 : 1));
    placed.set(
      dag,
      found.map(([cycle], at) => ({ cycle, place: all.length + at })),
    );
    all.push(...found.map(([cycle, after]) => ({ ...cycleAt(schedule, cycle, true)!, name: dag, after })));
  }
  return all;
}

/** The cycles of one DAG that wait for what has its place, each with the last of these places. */
function fedBy(waits: Waits, { waits: own }: Waiting, schedule: Schedule, placed: ReadonlyMap<string, readonly Placed[]>): Map<string, number> {
  const found = new Map<string, number>();
  for (const { wait } of own) {
    for (const { cycle: at, place } of placed.get(wait.dag) ?? []) {
      for (const cycle of plannedOf(wait, at, schedule)) {
        if (!looksAt(wait, { at: cycle, zone: schedule.timezone }, at, waits.schedules.get(wait.dag))) continue;
        found.set(cycle, Math.max(found.get(cycle) ?? 0, place));
      }
    }
  }
  return found;
}

/** The DAGs that are reached from one by waits, without it; of those that wait for each other the first by name comes first. */
function inOrder(waiting: readonly Waiting[], name: string): Waiting[] {
  const reached = new Set([name]);
  const feeds = ({ waits }: Waiting): boolean => waits.some(({ wait }) => reached.has(wait.dag));
  // Once for each DAG: so long is the longest way.
  for (const _ of waiting) for (const one of waiting) if (feeds(one)) reached.add(one.dag);
  const left = waiting.filter(({ dag }) => dag !== name && reached.has(dag));
  const ordered: Waiting[] = [];
  while (left.length > 0) {
    const open = new Set(left.map(({ dag }) => dag));
    const at = left.findIndex(({ dag, waits }) => waits.every(({ wait }) => wait.dag === dag || !open.has(wait.dag)));
    ordered.push(...left.splice(Math.max(0, at), 1));
  }
  return ordered;
}
