// Many jobs at once: one list of what lives, and a look at each of those that are not in it.
import type { Observation } from '../../specs/execution.ts';
import type { App } from './answers.ts';
import type { ResourceManagers } from './client.ts';
import { LIVING } from './phases.ts';

/** Ended applications are asked for one by one, so many at once. */
const AT_ONCE = 8;

/**
 * What is seen of each id, in their order. One whose own look-up fails is left out, as a cluster that says nothing of it would, so that it hides
 * no other; throws when nothing is seen of any.
 */
export async function describeMany(
  rm: ResourceManagers,
  tags: ReadonlySet<string>,
  ids: readonly string[],
  { see, observeOne }: { readonly see: (app: App) => Observation; readonly observeOne: (id: string) => Promise<Observation> },
): Promise<Observation[]> {
  const living = new Map<string, App>();
  for (const tag of tags) for (const app of await rm.apps({ tag, states: LIVING, partial: true, glance: true })) living.set(app.id, app);
  const seen = ids.map((id) => {
    const app = living.get(id);
    return app && see(app);
  });
  // Those that have ended since the last tick.
  const missing = ids.flatMap((id, at) => (seen[at] === undefined ? [{ id, at }] : []));
  let problem: unknown;
  for (let from = 0; from < missing.length; from += AT_ONCE) {
    const now = missing.slice(from, from + AT_ONCE);
    const looked = await Promise.allSettled(now.map(async ({ id, at }) => (seen[at] = await observeOne(id))));
    problem ??= looked.find((one) => one.status === 'rejected')?.reason;
    // It does not answer any more: the rest would only wait.
    if (looked.every(({ status }) => status === 'rejected')) break;
  }
  if (problem !== undefined && seen.every((one) => one === undefined)) throw problem;
  return seen as Observation[];
}
