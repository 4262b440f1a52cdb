// How much one evaluation may do. It counts what is computed, never time, so that a replay stops where the first run did.
import { LIMITS } from './limits.ts';
import { Wrong } from './types.ts';

/** One for all: thousands may be thrown and caught inside one evaluation. */
const EXHAUSTED = new Wrong(`takes more than ${LIMITS.steps} steps; use fewer or smaller lists, or compute it in a job`);
const CHARACTERS = 16;
const DEEP = 200;

export class Meter {
  #left: number = LIMITS.steps;

  get used(): number {
    return LIMITS.steps - this.#left;
  }

  /** Throws when the limit is passed, and every time after that. */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw EXHAUSTED;
  }

  /** The error of a limit that was passed, whatever became of it when it was thrown: CEL goes on after an error in "a || b". */
  get exhausted(): Wrong | undefined {
    return this.#left < 0 ? EXHAUSTED : undefined;
  }

  /** Takes as much as a value is large, before something reads all of it: one for each entry, at every depth. */
  weigh(value: unknown, depth = 0): void {
    if (typeof value === 'string') this.take(Math.floor(value.length / CHARACTERS));
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEEP) throw tooDeep();
    const entries = entriesOf(value);
    this.take(entries.length);
    for (const entry of entries) this.weigh(entry, depth + 1);
  }

  /** Takes one for each entry of a list or map that is gone through. */
  count(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.take(value instanceof Map ? value.size : Array.isArray(value) ? value.length : 1);
  }
}

export const tooDeep = (): Wrong => new Wrong(`the value has lists or maps more than ${DEEP} deep`);

/** Values of a list, a map of ours, or a map written in the expression. */
function entriesOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.keys(), ...value.values()] : Object.entries(value).flat();
}
