// Queues with what runs, waits and may run, for people.
import type { Admission } from '../contract.ts';
import type { ClusterSpec } from '../../specs/documents.schema.ts';
import { allNewest } from './definitions.ts';
import type { Queries } from './sql.ts';
import { filled } from './values.ts';

type QueueView = Awaited<ReturnType<Admission['queues']>>[number];

/** Queues with leases or a limit, by cluster and queue. With an app, only its own numbers stand under `apps`. */
export async function queueViews(db: Queries, app?: string): Promise<QueueView[]> {
  const rows = await db
    .selectFrom('leases')
    .select((e) => ['cluster', 'queue', 'app', 'state', e.fn.countAll().as('count')])
    .groupBy(['state', 'cluster', 'queue', 'app'])
    .execute();
  const limits = await queueLimits(db);
  const counted = rows.map((row) => ({ ...row, place: `${row.cluster}/${row.queue}`, count: Number(row.count) }));
  const places = [...new Set([...counted.map(({ place }) => place), ...limits.keys()])].sort();
  return places.map((place) => {
    const here = counted.filter((row) => row.place === place);
    const apps = [...new Set(here.map((row) => row.app))].filter((name) => app === undefined || name === app).sort();
    const [cluster, queue] = place.split('/') as [string, string];
    return {
      cluster,
      queue,
      ...totals(here),
      ...filled({ limit: limits.get(place) }),
      apps: apps.map((name) => ({ app: name, ...totals(here.filter((row) => row.app === name)) })),
    };
  });
}

function totals(rows: readonly { state: string; count: number }[]): { running: number; waiting: number } {
  const sum = { running: 0, waiting: 0 };
  for (const { state, count } of rows) sum[state === 'waiting' ? 'waiting' : 'running'] += count;
  return sum;
}

async function queueLimits(db: Queries): Promise<Map<string, number>> {
  const limits = new Map<string, number>();
  for (const { name, spec } of await allNewest(db, 'Cluster'))
    for (const [queue, limit] of Object.entries((spec as Partial<ClusterSpec>).limits?.queues ?? {})) limits.set(`${name}/${queue}`, limit);
  return limits;
}
