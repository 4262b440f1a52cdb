// What counts for queue keys: running jobs, counted from the leases themselves so that nothing can leak, and the limits of the documents.
import type { AdmissionRules, Counted, QueueHead, QueueUsage } from '../contract.ts';
import type { AppSpec, ClusterSpec, Kind } from '../../specs/documents.schema.ts';
import { newestOf } from './definitions.ts';
import type { Queries } from './sql.ts';
import { filled } from './values.ts';

type Place = Pick<QueueHead, 'app' | 'cluster' | 'queue'>;

/** Documents and counts of one transaction, read once; grants made in it are added, so that the next decision sees them. */
export class Usage {
  readonly #apps: ReadonlyMap<string, Partial<AppSpec>>;
  readonly #clusters: ReadonlyMap<string, Partial<ClusterSpec>>;
  readonly #rules: AdmissionRules;
  readonly #running = new Map<string, number>();

  constructor(apps: ReadonlyMap<string, Partial<AppSpec>>, clusters: ReadonlyMap<string, Partial<ClusterSpec>>, rules: AdmissionRules) {
    this.#apps = apps;
    this.#clusters = clusters;
    this.#rules = rules;
  }

  /** So many more run here, or their places are kept for them. */
  add(place: Place, count = 1): void {
    for (const counter of Object.values(counters(place))) this.#running.set(counter, (this.#running.get(counter) ?? 0) + count);
  }

  of(place: Place): QueueUsage {
    const of = counters(place);
    const running = (counter: string) => this.#running.get(counter) ?? 0;
    return {
      ...this.#limits(place),
      appRunning: running(of.app),
      clusterRunning: running(of.cluster),
      queueRunning: running(of.queue),
      appOnCluster: running(of.appOnCluster),
    };
  }

  #limits({ app, cluster, queue }: Place) {
    const onCluster = this.#clusters.get(cluster)?.limits;
    return filled({ appLimit: this.#apps.get(app)?.limits?.running, clusterLimit: onCluster?.running, queueLimit: onCluster?.queues?.[queue] });
  }

  /** Every limit that one more of this queue key counts against. */
  counted(head: QueueHead): readonly Counted[] {
    return this.#rulesFor(head.cluster).allocate(head, this.of(head));
  }

  /** Those that have no room for it. */
  full(head: QueueHead): Counted[] {
    return this.counted(head).filter(({ running, limit }) => running >= limit);
  }

  rank(head: QueueHead): readonly number[] {
    return this.#rulesFor(head.cluster).gather(head, this.of(head));
  }

  #rulesFor(cluster: string): Pick<AdmissionRules, 'gather' | 'allocate'> {
    return this.#rules.byType?.[this.#clusters.get(cluster)?.type ?? ''] ?? this.#rules;
  }
}

/** Names cannot hold "/", so no two counters are one. */
const counters = ({ app, cluster, queue }: Place) => ({
  app: `app/${app}`,
  cluster: `cluster/${cluster}`,
  queue: `queue/${cluster}/${queue}`,
  appOnCluster: `both/${cluster}/${app}`,
});

/** The documents of the places' apps and clusters, with what runs counted: granted and taken leases. */
export async function usageOf(db: Queries, rules: AdmissionRules, places: readonly Place[]): Promise<Usage> {
  return await countRunning(db, await limitsOf(db, rules, places));
}

/** The documents alone: enough to see whether there is any limit, and the cheaper part. */
export async function limitsOf(db: Queries, rules: AdmissionRules, places: readonly Place[]): Promise<Usage> {
  const apps = await specsOf<AppSpec>(db, 'App', new Set(places.map(({ app }) => app)));
  const clusters = await specsOf<ClusterSpec>(db, 'Cluster', new Set(places.map(({ cluster }) => cluster)));
  return new Usage(apps, clusters, rules);
}

/** Adds what runs to limits that were read. */
export async function countRunning(db: Queries, usage: Usage): Promise<Usage> {
  const rows = await db
    .selectFrom('leases')
    .select((e) => ['app', 'cluster', 'queue', e.fn.countAll().as('count')])
    .where('state', 'in', ['granted', 'taken'])
    .groupBy(['cluster', 'queue', 'app'])
    .execute();
  for (const row of rows) usage.add(row, Number(row.count));
  return usage;
}

async function specsOf<T>(db: Queries, kind: Kind, names: ReadonlySet<string>): Promise<Map<string, Partial<T>>> {
  const found = await newestOf(db, kind, '', [...names]);
  return new Map(found.map(({ name, spec }) => [name, spec as Partial<T>]));
}
