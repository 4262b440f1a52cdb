// Lists what carries the installation's mark on a cluster; stops and clears away what is known to be over.
import { shorten } from './failure.ts';
import { beating } from './beat.ts';
import { crashPoint, guardStands } from '../crash-points.ts';
import { durationMs } from '../specs/units.ts';
import type { Adapter } from '../adapters/contract.ts';
import type { SweepInput, SweepReport } from '../specs/activities.ts';
import type { LifecycleDeps } from './container.ts';

/** A report lists at most so many things of each kind, so that it fits history; the next sweep sees others. */
export const MOST_REPORTED = 1_000;

export async function sweep(deps: LifecycleDeps, input: SweepInput): Promise<SweepReport> {
  const done: string[] = [];
  return await beating(
    () => ({ stopped: done.length }),
    async () => {
      const { adapter } = await deps.clusters.get(input.cluster);
      const seen = await adapter.list(input.mark);
      const unwanted = new Set(input.stop);
      const [asked, others] = [seen.filter(({ key }) => unwanted.has(key)), seen.filter(({ key }) => !unwanted.has(key))];
      for (const { key } of guardStands('sweep') ? asked : []) {
        if (done.includes(key)) continue;
        crashPoint('sweep.before-stop');
        try {
          await adapter.stopKey(key, input.mark);
          crashPoint('sweep.after-stop');
          done.push(key);
        } catch (error) {
          deps.logger.warn({ key, err: error }, 'the sweep could not stop a key; the next one tries again');
        }
      }
      const reported = [...asked, ...rotated(others)].slice(0, MOST_REPORTED);
      return {
        seen: reported.map(({ key, handle, phase }) => ({ key, handle: { id: shorten(handle.id, 200) }, phase })),
        stopped: done,
        ...(await prune(deps, adapter, input)),
      };
    },
  );
}

/** Removes what is known to be over, and tells of what else might be. */
async function prune({ config, logger }: LifecycleDeps, adapter: Adapter, input: SweepInput): Promise<Pick<SweepReport, 'remains'>> {
  const olderThanMs = durationMs(config.retention.runs);
  try {
    await adapter.prune?.(input.prune ?? [], olderThanMs);
    const remains = (await adapter.remains?.(olderThanMs)) ?? [];
    return remains.length === 0 ? {} : { remains: rotated(remains).slice(0, MOST_REPORTED) };
  } catch (error) {
    logger.warn({ cluster: input.cluster.name, err: error }, 'the sweep could not remove what is older than retention; the next one tries again');
    return {};
  }
}

/** From a place of chance on, so that in time everything is among the first. */
function rotated<T>(list: readonly T[]): T[] {
  const from = Math.floor(Math.random() * list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}
