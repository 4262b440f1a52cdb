// Which nodes of which DAGs wait for a run, and in which of their cycles.
import { feedsOf, readWaits } from '../schedules/feeds.ts';
import type { RunFeedView } from '../specs/run-views.schema.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';

/** By the newest versions of the DAGs; a run without a cycle feeds none. */
export async function runFeeds(deps: Deps, caller: Caller, args: { readonly runId: string }): Promise<{ items: RunFeedView[] }> {
  const { app, dag, cycle } = await ownRun(deps, caller, args.runId);
  const { store } = deps;
  if (cycle === undefined) return { items: [] };
  const feeds = await feedsOf(store, app, await readWaits(store, app), dag, cycle.at);
  return { items: feeds.map(({ run, ...feed }) => ({ ...feed, runId: run?.runId })) };
}
