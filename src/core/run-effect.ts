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
const PAGE = 1_000;

/** What a message's caller learns: `done` when the effect was seen, `pending` when it is durable and on its way. */
export interface RunAccepted {
  readonly id: string;
  readonly effect: 'done' | 'pending';
  readonly run: RunSummary;
}

/** The answer for a message that had its effect before. */
export const runEffectSeen = (row: RunRow, id: string): RunAccepted => ({ id, effect: 'done', run: runSummary(row) });

/** The event by which the run has answered this message. */
const answerTo = (events: readonly RunEvent[], id: string): RunEvent | undefined => events.find(({ message }) => message === id);

/** CONFLICT with the run's own words when that is how it has answered. */
function requireTaken({ runId }: RunRow, answer: RunEvent | undefined): void {
  if (answer?.type === 'refused') throw new LongshoreError('CONFLICT', `Run ${runId}: ${answer.reason ?? 'refused'}.`);
}

/** The event by which the run has answered a message that is sent again because its answer was lost. CONFLICT where it had refused. */
export async function answerBefore(deps: Deps, run: RunRow, id: string | undefined): Promise<RunEvent | undefined> {
  if (id === undefined) return undefined;
  for (let after = 0; after < run.seq;) {
    const events = await deps.store.runs.events(run.runId, after, PAGE);
    const answer = answerTo(events, id);
    requireTaken(run, answer);
    if (answer !== undefined || events.length < PAGE) return answer;
    after = events.at(-1)!.seq;
  }
  return undefined;
}

/** A message that is sent again is answered as before; undefined for one that the run has not answered. */
export async function answeredBefore(deps: Deps, run: RunRow, id: string | undefined): Promise<RunAccepted | undefined> {
  const answer = await answerBefore(deps, run, id);
  return answer && runEffectSeen(run, id!);
}

/** What an effect is looked for in: the run as it stands, and what has happened since the message was sent. */
export interface Since {
  readonly run: RunRow;
  readonly events: readonly RunEvent[];
}

/** Waits until `seen` says yes, at most 2 s; default: until the run has answered it. CONFLICT with the run's own words when it refuses. */
export async function awaitRunEffect(
  deps: Deps,
  before: RunDetail,
  message: { readonly id: string },
  seen: (since: Since) => boolean | Promise<boolean> = ({ events }) => answerTo(events, message.id) !== undefined,
): Promise<RunAccepted> {
  const until = performance.now() + PATIENCE_MS;
  const { runs } = deps.store;
  const watch = deps.pulse.watch({ runId: before.runId });
  try {
    for (;;) {
      const run = (await runs.run(before.runId)) ?? before;
      const events = run.seq > before.seq ? await runs.events(before.runId, before.seq, MOST_EVENTS) : [];
      requireTaken(before, answerTo(events, message.id));
      const done = await seen({ run, events });
      const left = until - performance.now();
      if (done || left <= 0) return { id: message.id, effect: done ? 'done' : 'pending', run: runSummary(run) };
      await watch.change(left);
    }
  } finally {
    watch.close();
  }
}
