// The items of a node between its question and its jobs: themselves while they are small, else by digest.
import { buffer } from 'node:stream/consumers';
import type { Json } from '../../specs/execution.ts';
import { MAX_INLINE_BYTES } from '../../specs/job.schema.ts';
import type { CarriedItems } from '../../specs/run.ts';
import type { ArtifactStore } from '../../store/artifacts.ts';

/** Lists that are kept: their items come one after another. */
const MOST = 8;

export async function carryItems(list: readonly Json[], artifacts: ArtifactStore): Promise<CarriedItems> {
  const bytes = Buffer.from(JSON.stringify(list));
  return { count: list.length, ...(bytes.length <= MAX_INLINE_BYTES ? { list } : await artifacts.put(bytes)) };
}

/** Reads carried items; a long list is read once for many of its items. NOT_FOUND when it is gone. */
export function createItemReader(artifacts: ArtifactStore): (items: CarriedItems) => Promise<readonly Json[]> {
  const known = new Map<string, Promise<readonly Json[]>>();
  const read = async (sha256: string): Promise<readonly Json[]> => JSON.parse((await buffer(await artifacts.get(sha256))).toString()) as Json[];
  return async (items) => {
    if ('list' in items) return items.list;
    const list = known.get(items.sha256) ?? read(items.sha256);
    known.delete(items.sha256);
    known.set(items.sha256, list);
    list.catch(() => known.delete(items.sha256));
    if (known.size > MOST) known.delete(known.keys().next().value!);
    return await list;
  };
}
