// Wakes whoever waits for a change of a job, of a run with its jobs, or of an app, and nobody else: at once for what this process records, by one
// poll of the store for what others do, and without any poll while nobody waits.
import type { Logger } from 'pino';
import type { Change, Executions } from '../store/contract.ts';

/** How often the store is asked while somebody waits: one indexed read, for changes that another process records. */
const EVERY_MS = 25;
/** How often where this process records everything, as far as was seen. */
const RARELY_MS = 250;
const BATCH = 1_000;

export interface PulseOptions {
  readonly executions: Pick<Executions, 'head' | 'changes' | 'onRecorded'>;
  readonly logger: Logger;
  /** The recorder runs in this process. */
  readonly recordsHere: boolean;
}

/** Open it before the first read, then no change is missed; close it in the end. */
export interface Watch {
  /** Resolves when something has changed since the last call, or since the watch was opened; after `maxMs`; or when aborted. Never rejects. */
  change(maxMs: number, signal?: AbortSignal): Promise<void>;
  /** Wakes as a change would. */
  poke(): void;
  close(): void;
}

type Subject = { readonly jobId: string } | { readonly runId: string } | { readonly app: string };

export interface Pulse {
  /** Changes of one job; of one run and its jobs; or of all jobs and runs of an app. */
  watch(of: Subject): Watch;
}

export function createPulse({ executions, logger, recordsHere }: PulseOptions): Pulse {
  const watches = new Set<{ readonly concerns: (change: Change) => boolean; readonly poke: () => void }>();
  /** Positions that were told of already, and that the poll has yet to come by. */
  const told = new Set<number>();
  let seen = 0;
  let polling = false;
  let everyMs = recordsHere ? RARELY_MS : EVERY_MS;

  const wake = (change: Change): void => {
    for (const watch of watches) if (watch.concerns(change)) watch.poke();
  };

  executions.onRecorded((changes) => {
    for (const change of changes) {
      if (polling && change.position > seen) told.add(change.position);
      wake(change);
    }
  });

  /** Goes by what was recorded since the last look. Who else records is found out by what nobody told of. */
  async function look(): Promise<void> {
    const changes = await executions.changes(seen, BATCH);
    const news = changes.filter(({ position }) => !told.delete(position));
    if (changes.length > 0) everyMs = news.length > 0 ? EVERY_MS : RARELY_MS;
    seen = changes.at(-1)?.position ?? seen;
    news.forEach(wake);
  }

  async function begin(): Promise<void> {
    seen = await executions.head();
    // What came between the first watch and this is not told apart.
    for (const watch of watches) watch.poke();
  }

  async function poll(): Promise<void> {
    polling = true;
    let next = begin;
    while (watches.size > 0) {
      try {
        await next();
        next = look;
      } catch (error) {
        logger.warn({ err: error }, 'the store does not tell what has changed');
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs).unref());
    }
    told.clear();
    polling = false;
  }

  return {
    watch(of) {
      let changed = false;
      let wakeUp: (() => void) | undefined;
      const watch = {
        concerns: (change: Change): boolean => {
          if ('jobId' in of) return change.jobId === of.jobId;
          return 'runId' in of ? change.runId === of.runId : change.app === of.app;
        },
        poke(): void {
          changed = true;
          wakeUp?.();
        },
        async change(maxMs: number, signal?: AbortSignal): Promise<void> {
          if (!changed && signal?.aborted !== true) {
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, maxMs);
              wakeUp = () => {
                clearTimeout(timer);
                resolve();
              };
              signal?.addEventListener('abort', wakeUp, { once: true });
            });
            if (wakeUp !== undefined) signal?.removeEventListener('abort', wakeUp);
            wakeUp = undefined;
          }
          changed = false;
        },
        close: (): void => void watches.delete(watch),
      };
      watches.add(watch);
      if (!polling) void poll();
      return watch;
    },
  };
}
