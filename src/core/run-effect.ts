// A message to a run is durable when Temporal has it; the answer waits a moment longer, so that most callers see what came of it.
import { LongshoreError } from '../specs/errors.ts';
import type { RunEvent } from '../specs/run.ts';
import type { RunSummary } from '../specs/run-views.schema.ts';
import type { RunDetail, RunRow } from '../store/contract.ts';
import type { Deps } from './deps.ts';
import { runSummary } from './run-views.ts';

/** Longest wait for an effect. */
const PATIENCE_MS = 2_000;
const MOST_EVENTS = 200;

/** What a message's caller learns: `done` when the effect was seen, `pending` when it is durable and on its way. */
export interface RunAccepted {
  readonly id: string;
  readonly effect: 'done' | 'pending';
  readonly run: RunSummary;
}

/** The answer for a message that had its effect before. */
export const runEffectSeen = (row: RunRow): RunAccepted => ({ id: row.runId, effect: 'done', run: runSummary(row) });

/** What an effect is looked for in: the run as it stands, and what has happened since the message was sent. */
export interface Since {
  readonly run: RunRow;
  readonly events: readonly RunEvent[];
}

/** Waits until `seen` says yes, at most 2 s. CONFLICT with the run's own words when it refuses what `by` has asked. */
export async function awaitRunEffect(
  deps: Deps,
  before: RunDetail,
  message: { readonly id: string; readonly by: string },
  seen: (since: Since) => boolean | Promise<boolean>,
): Promise<RunAccepted> {
  const until = performance.now() + PATIENCE_MS;
  const { runs } = deps.store;
  const watch = deps.pulse.watch({ runId: before.runId });
  try {
    for (;;) {
      const run = (await runs.run(before.runId)) ?? before;
      const events = run.seq > before.seq ? await runs.events(before.runId, before.seq, MOST_EVENTS) : [];
      const refused = events.find((event) => event.type === 'refused' && event.by === message.by);
      if (refused !== undefined) throw new LongshoreError('CONFLICT', `Run ${before.runId}: ${refused.reason ?? 'refused'}.`);
      const done = await seen({ run, events });
      const left = until - performance.now();
      if (done || left <= 0) return { id: message.id, effect: done ? 'done' : 'pending', run: runSummary(run) };
      await watch.change(left);
    }
  } finally {
    watch.close();
  }
}
