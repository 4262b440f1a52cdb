// Events of a run: as pages, and as they happen, with the statuses of its nodes between them.
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeSummary, RunEventView, RunSummary } from '../specs/run-views.schema.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { nodesOf } from './run-nodes.ts';
import { runEventView, runSummary } from './run-views.ts';

const BATCH = 500;
/** Nodes in one message of a stream. */
const NODES_BATCH = 500;
/** A stream looks again at least so often, whatever the pulse says. */
const QUIET_MS = 5_000;
/** Statuses of nodes are looked at no more often: what changes meanwhile is told together. */
const TOGETHER_MS = 100;

export interface RunEventsArgs {
  readonly runId: string;
  /** Sequence after which to begin; 0 from the first. */
  readonly after: number;
  readonly limit: number;
}

/** One page, oldest first. */
export async function runEvents(deps: Deps, caller: Caller, args: RunEventsArgs): Promise<{ items: RunEventView[]; next?: string }> {
  await ownRun(deps, caller, args.runId);
  const items = (await deps.store.runs.events(args.runId, args.after, args.limit)).map((event) => runEventView(args.runId, event));
  return { items, ...(items.length === args.limit && { next: String(items.at(-1)!.seq) }) };
}

/** What a stream of a run says. */
export type RunSaid = { readonly event: RunEventView } | { readonly nodes: readonly NodeSummary[] } | { readonly end: RunSummary };

/**
 * Every event after `after`; every node as it stands, and again whenever that has changed; and, once the run has ended and all of that is
 * out, how it ended.
 */
export async function* followRun(
  deps: Deps,
  caller: Caller,
  args: { readonly runId: string; readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<RunSaid> {
  const watch = deps.pulse.watch({ runId: args.runId });
  const shown = new Map<string, string>();
  let after = args.after;
  try {
    while (!signal.aborted) {
      const run = await ownRun(deps, caller, args.runId);
      const events = await deps.store.runs.events(args.runId, after, BATCH);
      for (const event of events) {
        yield { event: runEventView(args.runId, event) };
        after = event.seq;
      }
      if (events.length === BATCH) continue;
      const news = changed(shown, (await nodesOf(deps, run)).summaries);
      for (let i = 0; i < news.length; i += NODES_BATCH) yield { nodes: news.slice(i, i + NODES_BATCH) };
      if (run.status === 'FINISH' && after >= run.seq) {
        yield { end: runSummary(run) };
        return;
      }
      await pause(TOGETHER_MS, signal);
      await watch.change(QUIET_MS, signal);
    }
  } finally {
    watch.close();
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => await delay(ms, undefined, { signal }).catch(() => undefined);

/** The nodes that are not as they were last shown. */
function changed(shown: Map<string, string>, nodes: readonly NodeSummary[]): NodeSummary[] {
  return nodes.filter((node) => {
    const now = JSON.stringify(node);
    if (shown.get(node.name) === now) return false;
    shown.set(node.name, now);
    return true;
  });
}
