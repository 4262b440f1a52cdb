// The order of grants: the heads of the queue keys by rank, and behind each head its key's leases by arrival.
import type { Selectable } from 'kysely';
import type { AdmissionRules, QueueHead } from '../contract.ts';
import type { Timestamp } from '../../specs/execution.ts';
import type { Queries } from './sql.ts';
import type { LeasesTable } from './tables.ts';
import { usageOf } from './usage.ts';

export type LeaseRow = Selectable<LeasesTable>;

/** Leases of one key read at a time. */
const BATCH = 20;

interface Candidate {
  head: QueueHead;
  arrival: number;
  rank: readonly number[];
  readonly batch: LeaseRow[];
}

/**
 * Waiting leases in the order in which they may start now; each one that is taken from here counts against the limits for the next.
 * Ends when nothing more fits. Each lease costs one look at every queue key that still has room, and not at every waiting lease.
 */
export async function* grantable(db: Queries, rules: AdmissionRules, at: Timestamp): AsyncGenerator<LeaseRow> {
  const heads = await queueHeads(db, at);
  const usage = await usageOf(
    db,
    rules,
    heads.map(({ head }) => head),
  );
  let candidates: Candidate[] = heads.map(({ head, arrival }) => ({ head, arrival, rank: usage.rank(head), batch: [] }));
  const fits = ({ head }: Candidate): boolean => usage.full(head).length === 0;
  for (;;) {
    let next = best(candidates);
    if (next !== undefined && !fits(next)) {
      // A limit was reached. What is full stays full here, so that all it stops are dropped in one go, and not each when its turn comes.
      candidates = candidates.filter(fits);
      next = best(candidates);
    }
    if (next === undefined) return;
    if (next.batch.length === 0) next.batch.push(...(await leasesOf(db, next.head, next.arrival - 1)));
    const lease = next.batch.shift()!;
    usage.add(next.head);
    yield lease;
    if (!(await moveOn(db, next, at))) candidates = candidates.filter((candidate) => candidate !== next);
    for (const candidate of candidates)
      if (candidate.head.app === lease.app || candidate.head.cluster === lease.cluster) candidate.rank = usage.rank(candidate.head);
  }
}

/** The first by rank. */
function best(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>((first, one) => (first === undefined || before(one, first) ? one : first), undefined);
}

function before(a: Candidate, b: Candidate): boolean {
  const different = a.rank.findIndex((value, i) => value !== b.rank[i]);
  return different === -1 ? a.arrival < b.arrival : a.rank[different]! < b.rank[different]!;
}

/** The key's next lease becomes its head, freshly served. False when it has none. */
async function moveOn(db: Queries, candidate: Candidate, at: Timestamp): Promise<boolean> {
  if (candidate.batch.length === 0) candidate.batch.push(...(await leasesOf(db, candidate.head, candidate.arrival)));
  const [next] = candidate.batch;
  if (next === undefined) return false;
  candidate.arrival = next.arrival;
  candidate.head = { ...candidate.head, waitedMs: since(next.arrived_at, at), unservedMs: 0 };
  return true;
}

const since = (time: Timestamp, at: Timestamp): number => Math.max(0, Date.parse(at) - Date.parse(time));

/** The oldest waiting lease of every queue key: one walk along the index that holds exactly these columns. */
async function queueHeads(db: Queries, at: Timestamp): Promise<{ head: QueueHead; arrival: number }[]> {
  const rows = await db
    .selectFrom(
      db
        .selectFrom('leases')
        .select((e) => [
          'cluster',
          'queue',
          'app',
          'group_name',
          'priority',
          e.fn.min('arrival').as('arrival'),
          e.fn.min('arrived_at').as('arrived_at'),
        ])
        .where('state', '=', 'waiting')
        .groupBy(['cluster', 'queue', 'app', 'group_name', 'priority'])
        .as('h'),
    )
    .leftJoin('queue_keys as k', (join) =>
      join
        .onRef('k.cluster', '=', 'h.cluster')
        .onRef('k.queue', '=', 'h.queue')
        .onRef('k.app', '=', 'h.app')
        .onRef('k.group_name', '=', 'h.group_name')
        .onRef('k.priority', '=', 'h.priority'),
    )
    .selectAll('h')
    .select('k.served_at')
    .execute();
  return rows.map(({ group_name, arrival, arrived_at, served_at, ...place }) => {
    const waitedMs = since(arrived_at, at);
    const unservedMs = served_at === null ? waitedMs : Math.min(waitedMs, since(served_at, at));
    return { head: { ...place, group: group_name, waitedMs, unservedMs }, arrival };
  });
}

const leasesOf = (db: Queries, head: QueueHead, after: number): Promise<LeaseRow[]> =>
  db
    .selectFrom('leases')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('cluster', '=', head.cluster)
    .where('queue', '=', head.queue)
    .where('app', '=', head.app)
    .where('group_name', '=', head.group)
    .where('priority', '=', head.priority)
    .where('arrival', '>', after)
    .orderBy('arrival')
    .limit(BATCH)
    .execute();
