// Finding and seeing applications: by id, by tag, in the history, and those that were seen a moment ago.
import type { Observation } from '../../specs/execution.ts';
import { APPLICATION_ID, type App } from './answers.ts';
import type { ResourceManagers } from './client.ts';
import { describeMany } from './describe.ts';
import { withLogs } from './history-logs.ts';
import { lookUpEnded } from './history.ts';
import type { Http } from './http.ts';
import type { YarnConfig } from './index.ts';
import { isAggregated, isOver, observe } from './phases.ts';
import { isOurs, type Marks } from './stop.ts';

/** Where a running application has its log does not change so often that each copy of it must ask anew. */
const RECENT_MS = 5_000;

export interface Applications {
  /** Everything that ever carried the key: the applications of the ids, and whatever has its tags; oldest first. */
  allOf(marks: Marks, ids: readonly (string | undefined)[]): Promise<App[]>;
  observe(id: string): Promise<Observation>;
  /** What is seen of each, in their order, by one list of all that live. */
  observeAll(tags: ReadonlySet<string>, ids: readonly string[]): Promise<Observation[]>;
  /** What the ResourceManager no longer knows is looked up in the history; what nobody knows is lost, never a guess. */
  observeGone(id: string): Promise<Observation>;
  /** As far as its log needs it: as it was seen running a moment ago, or as it is now. Undefined when nobody knows it. */
  forLog(id: string): Promise<App | undefined>;
}

export function applications(http: Http, rm: ResourceManagers, { timeline }: YarnConfig): Applications {
  const recent = new Map<string, { readonly app: App; readonly at: number }>();

  function remember(app: App): App {
    recent.delete(app.id);
    recent.set(app.id, { app, at: performance.now() });
    return app;
  }

  function noted(app: App): App {
    if (!isOver(app)) return remember(app);
    recent.delete(app.id);
    return app;
  }

  /** Those noted first come first. */
  function forgetOld(): void {
    for (const [id, { at }] of recent) {
      if (performance.now() - at < RECENT_MS) return;
      recent.delete(id);
    }
  }

  async function lookUp(id: string): Promise<App | undefined> {
    return timeline === undefined || !APPLICATION_ID.test(id) ? undefined : await lookUpEnded(http, timeline, id);
  }

  async function lookUpLogs(id: string): Promise<App | undefined> {
    const app = await lookUp(id);
    return app && (await withLogs(http, timeline!, app));
  }

  async function observeGone(id: string): Promise<Observation> {
    const now = new Date();
    const app = await lookUp(id);
    if (app !== undefined) return observe(app, now);
    const where =
      timeline === undefined ? 'the ResourceManager does not know it (any more)' : 'neither the ResourceManager nor the application history knows it';
    return { phase: 'not-found', code: 'LOST', message: `${id.slice(0, 100)}: ${where}`, observedAt: now.toISOString() };
  }

  async function observeNow(id: string): Promise<Observation> {
    const app = await rm.app(id);
    return app === undefined ? await observeGone(id) : observe(noted(app), new Date());
  }

  return {
    async allOf(marks, ids) {
      const tagged = await rm.apps({ tag: marks.key });
      const others = [...new Set(ids)].filter((id) => id !== undefined && !tagged.some((app) => app.id === id)) as string[];
      const named = await Promise.all(others.map((id) => rm.app(id)));
      return [...tagged, ...named.filter((app) => app !== undefined)].filter((app) => isOurs(app, marks)).toSorted(byAge);
    },
    observe: observeNow,
    async observeAll(tags, ids) {
      forgetOld();
      return await describeMany(rm, tags, ids, { see: (app) => observe(noted(app), new Date()), observeOne: observeNow });
    },
    observeGone,
    async forLog(id) {
      forgetOld();
      const seen = recent.get(id)?.app;
      if (seen !== undefined) return seen;
      const ended = (await rm.app(id)) ?? (await lookUpLogs(id));
      // Nothing will be any different with it, and its logs may be many.
      return ended !== undefined && isAggregated(ended) ? remember(ended) : ended;
    },
  };
}

const byAge = (a: App, b: App): number => (a.startedTime ?? 0) - (b.startedTime ?? 0) || (a.id < b.id ? -1 : 1);
