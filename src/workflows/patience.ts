// How long to wait for a worker, and before the next try of what did not get on.
import { condition } from '@temporalio/workflow';
import type { Course } from './course.ts';
import { GONE_PATIENCE_MS, backoffMs } from './timings.ts';

export class Patience {
  readonly #course: Course;
  #failures = 0;
  #silentMs = 0;
  #noted = '';

  constructor(course: Course) {
    this.#course = course;
  }

  /** Tries in a row that did not get on. */
  get failures(): number {
    return this.#failures;
  }

  /** How long a step may wait for a worker: what is left of the patience, or long, when the worker is known to be gone. */
  get ms(): number {
    const { hostPatienceMs } = this.#course.timings;
    return this.#course.state().attemptStatus === 'UNKNOWN' ? GONE_PATIENCE_MS : Math.max(hostPatienceMs / 4, hostPatienceMs - this.#silentMs);
  }

  /** Since when a worker that took nothing for all that time has been silent. */
  get silentSince(): string {
    return new Date(Date.now() - this.ms - this.#silentMs).toISOString();
  }

  gotOn(): void {
    this.#failures = 0;
    this.#silentMs = 0;
    this.#noted = '';
  }

  /** Waits before the next try, longer each time, unless interrupted. `silentMs`: for how long the worker had been silent. */
  async pause(interrupted: () => boolean, reason = '', silentMs = 0): Promise<void> {
    this.#silentMs = silentMs;
    const failures = this.#failures++;
    if (failures > 0 && reason !== '') this.note('note', reason);
    await condition(interrupted, backoffMs(failures));
  }

  /** One event for a reason, however often it comes in a row. */
  note(as: 'note' | 'stale' | 'alarm', reason: string): void {
    if (reason === this.#noted) return;
    this.#noted = reason;
    this.#course.tell({ type: 'note', as, reason });
  }
}
