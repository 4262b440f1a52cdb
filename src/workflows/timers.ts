// The timeouts of an attempt: which of them run follows from its status. A timer costs history only where a spec asks for one.
import { CancellationScope, sleep } from '@temporalio/workflow';
import { isEnd, isWaiting } from '../specs/status.ts';
import { durationMs } from '../specs/units.ts';
import type { Course } from './course.ts';

type Which = 'queue' | 'start' | 'run' | 'total' | 'lost';

export class Timers {
  readonly #course: Course;
  readonly #running = new Map<Which, CancellationScope>();
  readonly #expired = new Set<Which>();

  constructor(course: Course) {
    this.#course = course;
  }

  /** Starts the timers that the present status wants, and takes back the others. A timeout that has passed becomes a cause to stop. */
  arm(): void {
    const { timeouts, onLost, lostAfter } = this.#course.spec();
    const { attemptStatus, entered, retryAt, seriesAt } = this.#course.state();
    const open = !this.#course.progress.ending && !isEnd(attemptStatus);
    this.#want('queue', isWaiting(attemptStatus) ? timeouts.queue : undefined, retryAt ?? entered.ACCEPTED);
    this.#want('start', open && attemptStatus === 'STARTING' ? timeouts.start : undefined, entered.STARTING);
    this.#want('run', open ? timeouts.run : undefined, entered.RUNNING);
    this.#want('total', open ? timeouts.total : undefined, seriesAt);
    this.#want('lost', attemptStatus === 'UNKNOWN' && onLost !== 'ask' ? lostAfter : undefined, entered.UNKNOWN);
  }

  /** Takes all of them back. */
  disarm(): void {
    for (const scope of this.#running.values()) scope.cancel();
    this.#running.clear();
  }

  /** Whether the attempt has been UNKNOWN for so long that `onLost` decides. */
  get lost(): boolean {
    return this.#expired.has('lost');
  }

  #want(which: Which, after: string | undefined, from: string | undefined): void {
    if (after === undefined || from === undefined) {
      this.#running.get(which)?.cancel();
      this.#running.delete(which);
      this.#expired.delete(which);
    } else if (!this.#running.has(which) && !this.#expired.has(which)) {
      this.#start(which, after, Date.parse(from) + durationMs(after));
    }
  }

  #start(which: Which, after: string, at: number): void {
    const scope = new CancellationScope();
    this.#running.set(which, scope);
    const expire = (): void => {
      this.#running.delete(which);
      this.#expired.add(which);
      if (which === 'lost') return;
      const code = ({ queue: 'QUEUE_TIMEOUT', start: 'START_TIMEOUT', run: 'RUN_TIMEOUT', total: 'TOTAL_TIMEOUT' } as const)[which];
      this.#course.progress.cause ??= { why: 'timeout', at: new Date(at).toISOString(), code, reason: `${which} timeout after ${after}` };
    };
    void scope
      .run(() => sleep(Math.max(1, at - Date.now())))
      .then(expire)
      .catch(() => undefined);
  }
}
