// Events of one job and of an app: as pages, and as they happen.
import type { EventView, JobSummary, ProgressView } from '../specs/views.schema.ts';
import { isEnd } from '../specs/status.ts';
import type { JobRow } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { handleOf, ownJob } from './own-job.ts';
import { eventView, jobSummary } from './views.ts';

const BATCH = 500;
/** A stream looks again at least so often, whatever the pulse says. */
const QUIET_MS = 5_000;
/** A running job is asked so often how it is getting on. */
const PROGRESS_MS = 1_000;

export interface JobEventsArgs {
  readonly jobId: string;
  /** Sequence after which to begin; 0 from the first. */
  readonly after: number;
  readonly limit: number;
}

/** One page, oldest first. */
export async function jobEvents(deps: Deps, caller: Caller, args: JobEventsArgs): Promise<{ items: EventView[]; next?: string }> {
  await ownJob(deps, caller, args.jobId);
  const items = (await deps.store.executions.events(args.jobId, args.after, args.limit)).map((event) => eventView(args.jobId, event));
  return { items, ...(items.length === args.limit && { next: String(items.at(-1)!.seq) }) };
}

/** Every event after `after`; its progress between them, as it changes; and, once the job has ended and all its events are out, how it ended. */
export async function* followJob(
  deps: Deps,
  caller: Caller,
  args: { readonly jobId: string; readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<{ event: EventView } | { progress: ProgressView } | { end: JobSummary }> {
  const watch = deps.pulse.watch({ jobId: args.jobId });
  let after = args.after;
  let shown: ProgressView | undefined;
  let heard: ProgressView | undefined;
  // Beside the loop, so that no event waits for what is only news.
  const listen = async (row: JobRow): Promise<void> => {
    const { progress: text } = (await deps.live.of(row, () => handleOf(deps, row))) ?? {};
    if (text === undefined || (text === heard?.text && row.attempt === heard.attempt)) return;
    heard = { attempt: row.attempt, text };
    watch.poke();
  };
  try {
    while (!signal.aborted) {
      const row = await ownJob(deps, caller, args.jobId);
      const events = await deps.store.executions.events(args.jobId, after, BATCH);
      for (const event of events) {
        yield { event: eventView(args.jobId, event) };
        after = event.seq;
      }
      if (events.length === BATCH) continue;
      if (isEnd(row.status) && after >= row.seq) {
        yield { end: jobSummary(row) };
        return;
      }
      if (heard !== undefined && heard !== shown) yield { progress: (shown = heard) };
      const runs = row.status === 'RUNNING';
      if (runs) void listen(row);
      await watch.change(runs ? PROGRESS_MS : QUIET_MS, signal);
    }
  } finally {
    watch.close();
  }
}

/**
 * Events of all jobs of the caller's app from now on, or after a position that an earlier stream gave; first, without an event, the
 * position that it begins after. Never ends by itself.
 */
export async function* feed(
  deps: Deps,
  caller: Caller,
  args: { readonly after?: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<{ position: number; event?: EventView }> {
  const watch = deps.pulse.watch({ app: caller.app });
  try {
    let after = args.after ?? (await deps.store.executions.head());
    yield { position: after };
    while (!signal.aborted) {
      const events = await deps.store.executions.feed(caller.app, after, BATCH);
      for (const event of events) {
        yield { position: event.position, event: eventView(event.jobId, event) };
        after = event.position;
      }
      if (events.length < BATCH) await watch.change(QUIET_MS, signal);
    }
  } finally {
    watch.close();
  }
}
