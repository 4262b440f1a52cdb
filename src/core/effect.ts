// Messages are durable when Temporal has them; the answer waits a moment longer, so that most callers see the effect at once.
import type { JobSummary } from '../specs/views.schema.ts';
import type { JobRow } from '../store/contract.ts';
import type { Deps } from './deps.ts';
import { jobSummary } from './views.ts';

/** Longest wait for an effect. */
const PATIENCE_MS = 2_000;

/** What a message's caller learns: `done` when the effect was seen, `pending` when it is durable and on its way. */
export interface Accepted {
  readonly id: string;
  readonly effect: 'done' | 'pending';
  readonly job: JobSummary;
}

/** The answer for a message that had its effect before. */
export const effectSeen = (row: JobRow): Accepted => ({ id: row.jobId, effect: 'done', job: jobSummary(row) });

/** Waits until `seen` says yes to the job's row, at most 2 s. */
export async function awaitEffect(deps: Deps, before: JobRow, id: string, seen: (row: JobRow) => boolean): Promise<Accepted> {
  const until = performance.now() + PATIENCE_MS;
  const watch = deps.pulse.watch({ jobId: before.jobId });
  try {
    for (;;) {
      const row = (await deps.store.executions.job(before.jobId)) ?? before;
      const left = until - performance.now();
      if (seen(row) || left <= 0) return { id, effect: seen(row) ? 'done' : 'pending', job: jobSummary(row) };
      await watch.change(left);
    }
  } finally {
    watch.close();
  }
}
