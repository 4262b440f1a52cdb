// What is known of the items of a node, compactly: there may be 10,000.
import type { CarriedItems, ItemTries } from '../../../specs/run.ts';

/** An item waits for its turn, has a job under way, or has ended. */
export type ItemPhase = '.' | 'r' | 's' | 'f' | 'k';

/** Plain JSON. */
export interface CarriedItemJobs extends ItemTries {
  readonly items: CarriedItems;
  /** By item. */
  readonly phases: string;
  /** By item: attempts of its job; also of items that are no longer there, whose jobs are not forgotten. */
  readonly tries: readonly number[];
  /** Attempts of the job after them, and how it ended. */
  readonly final: number;
  readonly finalPhase: ItemPhase;
}

export class ItemJobs {
  readonly items: CarriedItems;
  readonly #phases: ItemPhase[];
  readonly #tries: number[];
  readonly #counts: Record<ItemPhase, number> = { '.': 0, r: 0, s: 0, f: 0, k: 0 };
  finalTries: number;
  finalPhase: ItemPhase;
  /** No item before this one waits. */
  #from = 0;

  constructor(items: CarriedItems, before?: ItemTries) {
    this.items = items;
    this.#phases = Array.from({ length: items.count }, () => '.');
    this.#counts['.'] = items.count;
    this.#tries = [...(before?.tries ?? [])];
    this.finalTries = before?.final ?? 0;
    this.finalPhase = '.';
  }

  /** As they were left. */
  static restored(carried: CarriedItemJobs): ItemJobs {
    const jobs = new ItemJobs(carried.items, carried);
    for (const [item, phase] of carried.phases.split('').entries()) jobs.put(item, phase as ItemPhase);
    jobs.finalPhase = carried.finalPhase;
    return jobs;
  }

  /** Of these items what failed, and what was another item before: parameters or what they are made from may have changed. */
  static failed(before: CarriedItemJobs, items: CarriedItems): ItemJobs {
    const jobs = new ItemJobs(items, before);
    const same = sameItems(before.items, items);
    for (let item = 0; item < jobs.count; item++) if (before.phases[item] === 's' && same(item)) jobs.put(item, 's');
    if (before.finalPhase === 's' && jobs.counts('.') === 0 && before.items.count === items.count) jobs.finalPhase = 's';
    return jobs;
  }

  get count(): number {
    return this.#phases.length;
  }

  phase(item: number): ItemPhase | undefined {
    return this.#phases[item];
  }

  put(item: number, phase: ItemPhase): void {
    this.#counts[this.#phases[item]!] -= 1;
    this.#counts[phase] += 1;
    this.#phases[item] = phase;
    if (phase === '.' && item < this.#from) this.#from = item;
  }

  counts(phase: ItemPhase): number {
    return this.#counts[phase];
  }

  tries(item: number): number {
    return this.#tries[item] ?? 0;
  }

  tried(item: number, tries: number): void {
    while (this.#tries.length <= item) this.#tries.push(0);
    this.#tries[item] = tries;
  }

  /** The first that waits; counts as under way from now on. */
  next(): number | undefined {
    while (this.#from < this.#phases.length && this.#phases[this.#from] !== '.') this.#from += 1;
    if (this.#from >= this.#phases.length) return undefined;
    this.put(this.#from, 'r');
    return this.#from;
  }

  carried(): CarriedItemJobs {
    return { items: this.items, phases: this.#phases.join(''), tries: this.#tries, final: this.finalTries, finalPhase: this.finalPhase };
  }
}

/** Whether an item is what it was. Of long lists only the digests are known: they are equal as a whole or not at all. */
function sameItems(before: CarriedItems, now: CarriedItems): (item: number) => boolean {
  if ('list' in before && 'list' in now) return (item) => JSON.stringify(before.list[item]) === JSON.stringify(now.list[item]);
  const same = 'sha256' in before && 'sha256' in now && before.sha256 === now.sha256;
  return () => same;
}
