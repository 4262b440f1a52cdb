// Admission: every attempt has a lease, waiting, granted or taken. What runs is counted from the leases, never kept in a counter of its own.
import type { AdmitRequest, Telling } from '../../specs/activities.ts';
import type { JobEvent, Timestamp } from '../../specs/execution.ts';
import { toldBy } from '../../specs/telling.ts';
import { crashPoint, guardStands } from '../../crash-points.ts';
import type { Admission, AdmissionRules, Lease, QueueHead } from '../contract.ts';
import { grantable, type LeaseRow } from './grants.ts';
import { recordEvents } from './record.ts';
import { queueViews } from './queues.ts';
import type { Queries, Sql } from './sql.ts';
import { countRunning, limitsOf, usageOf, type Usage } from './usage.ts';
import { filled } from './values.ts';

/** A grant that nobody takes for so long goes back to waiting, at its old place. */
const LAPSE_MS = 120_000;
/** Most grants in one transaction: each is a signal to send, and a transaction must stay short. */
const GRANTS = 200;
/** Those before a waiting job are counted up to here, so that a long queue costs no more to join than a short one. */
const COUNTED = 1_000;

export function sqlAdmission({ db, write }: Sql, rules: AdmissionRules): Admission {
  return {
    async request(request, at, workerId) {
      const answer = await write((trx) => requestPlace(trx, rules, request, at, workerId));
      crashPoint('admit.after-commit');
      return answer;
    },

    async take(key, at, workerId, telling) {
      const answer = await write((trx) => take(trx, rules, key, at, workerId, telling));
      crashPoint('take.after-commit');
      return answer;
    },

    workerOf: async (key) => (await leaseOf(db, key))?.worker_id ?? undefined,

    async grant(at) {
      // Most of the time nobody waits, and then nothing needs the write lock.
      const untaken = db.selectFrom('leases').select('key').where('state', 'in', ['waiting', 'granted']).limit(1);
      if ((await untaken.executeTakeFirst()) === undefined) return [];
      const leases = await write((trx) => grant(trx, rules, at));
      crashPoint('grant.after-commit');
      return leases;
    },

    async release(key) {
      if (guardStands('lease-release')) await write((trx) => trx.deleteFrom('leases').where('key', '=', key).execute());
    },

    async reason(key) {
      const lease = await leaseOf(db, key);
      return lease?.state === 'waiting' ? reasonOf(db, rules, lease) : undefined;
    },

    async leases({ after = '', limit }) {
      return (await db.selectFrom('leases').selectAll().where('key', '>', after).orderBy('key').limit(limit).execute()).map(toLease);
    },

    queues: (app) => queueViews(db, app),
  };
}

async function requestPlace(trx: Queries, rules: AdmissionRules, request: AdmitRequest, at: Timestamp, workerId: string | undefined) {
  const { key, app } = request.attempt;
  const { cluster, queue, group, priority } = request;
  const limits = await limitsOf(trx, rules, [{ app, cluster, queue }]);
  const free = limits.counted({ app, cluster, queue, group, priority, waitedMs: 0, unservedMs: 0 }).length === 0;
  const lease = await enter(
    trx,
    request,
    at,
    free ? { state: 'taken', granted_at: at, taken_at: at, worker_id: workerId ?? null } : { state: 'waiting' },
  );
  const granted = lease.state !== 'waiting' || free || (await passes(trx, rules, lease, await countRunning(trx, limits), at));
  if (granted && (lease.state !== 'taken' || lease.worker_id !== (workerId ?? null))) await setTaken(trx, key, at, workerId);
  const answer = granted
    ? ({ granted, ...(workerId !== undefined && { workerId }) } as const)
    : ({ granted, reason: await reasonOf(trx, rules, lease) } as const);
  const events = await tell(trx, request.telling, answer);
  crashPoint('admit.before-commit');
  return { granted, ...(!answer.granted && { reason: answer.reason }), ...events };
}

/** Writes what the answer means for the job: in the same transaction, so that no launch waits for a second one. */
async function tell(trx: Queries, telling: Telling | undefined, answer: Parameters<typeof toldBy>[1]): Promise<{ events?: readonly JobEvent[] }> {
  if (telling === undefined) return {};
  const told = toldBy(telling, answer);
  await recordEvents(trx, told);
  return { events: told.events };
}

/** Its lease; one that is new begins so. Asked again after a lost answer it has its place or its grant; asked again elsewhere, by a modified job, it moves and waits there. */
async function enter(
  trx: Queries,
  { attempt, ...request }: AdmitRequest,
  at: Timestamp,
  begins: Pick<LeaseRow, 'state'> & Partial<LeaseRow>,
): Promise<LeaseRow> {
  const place = { cluster: request.cluster, queue: request.queue, group_name: request.group, priority: request.priority };
  const known = await leaseOf(trx, attempt.key);
  if (known === undefined) {
    const ids = { key: attempt.key, job_id: attempt.jobId, workflow_id: attempt.workflowId, app: attempt.app };
    const row = { ...ids, ...place, workers: request.workers, arrived_at: at, ...begins };
    return trx.insertInto('leases').values(row).returningAll().executeTakeFirstOrThrow();
  }
  const moved = Object.entries(place).some(([column, value]) => known[column as keyof typeof place] !== value);
  if (known.state === 'taken' || !moved) return known;
  const change = { ...place, state: 'waiting', granted_at: null } as const;
  return trx.updateTable('leases').set(change).where('key', '=', attempt.key).returningAll().executeTakeFirstOrThrow();
}

/** At once: its limits have room, and what waits before it would not need it. */
async function passes(trx: Queries, rules: AdmissionRules, lease: LeaseRow, usage: Usage, at: Timestamp): Promise<boolean> {
  if (usage.full(headOf(lease, at)).length > 0) return false;
  const other = trx.selectFrom('leases').select('key').where('state', '=', 'waiting').where('key', '!=', lease.key).limit(1);
  if ((await other.executeTakeFirst()) === undefined) return true;
  let places = 0;
  for await (const { key } of grantable(trx, rules, at)) {
    if (key === lease.key) return true;
    if (++places === GRANTS) return false;
  }
  return false;
}

async function take(trx: Queries, rules: AdmissionRules, key: string, at: Timestamp, workerId: string | undefined, telling: Telling | undefined) {
  const lease = await leaseOf(trx, key);
  if (lease === undefined) return { taken: false, reason: 'it has no place in the queue' };
  const lapsed = lease.state === 'granted' && lease.granted_at! < lapsedBefore(at);
  if (lapsed) await lapse(trx, at);
  if (lapsed || lease.state === 'waiting') return { taken: false, reason: await reasonOf(trx, rules, lease) };
  if (lease.state === 'granted' || lease.worker_id !== (workerId ?? null)) await setTaken(trx, key, at, workerId);
  const events = await tell(trx, telling, { granted: true, ...(workerId !== undefined && { workerId }) });
  crashPoint('take.before-commit');
  return { taken: true, ...events };
}

async function grant(trx: Queries, rules: AdmissionRules, at: Timestamp): Promise<Lease[]> {
  await lapse(trx, at);
  let granted = 0;
  for await (const { key, cluster, queue, app, group_name, priority } of grantable(trx, rules, at)) {
    await trx.updateTable('leases').set({ state: 'granted', granted_at: at }).where('key', '=', key).execute();
    await trx
      .insertInto('queue_keys')
      .values({ cluster, queue, app, group_name, priority, served_at: at })
      .onConflict((c) => c.columns(['cluster', 'queue', 'app', 'group_name', 'priority']).doUpdateSet({ served_at: at }))
      .execute();
    if (++granted === GRANTS) break;
  }
  if (granted > 0) await forgetServed(trx, at);
  const untaken = await trx.selectFrom('leases').selectAll().where('state', '=', 'granted').orderBy('arrival').execute();
  crashPoint('grant.before-commit');
  return untaken.map(toLease);
}

/** When a queue key was served says nothing once nobody waits there: ageing counts from an arrival then. */
const forgetServed = (trx: Queries, at: Timestamp) =>
  trx
    .deleteFrom('queue_keys as k')
    .where('k.served_at', '<', at)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('leases as l')
            .select('l.key')
            .where('l.state', '=', 'waiting')
            .whereRef('l.cluster', '=', 'k.cluster')
            .whereRef('l.queue', '=', 'k.queue')
            .whereRef('l.app', '=', 'k.app')
            .whereRef('l.group_name', '=', 'k.group_name')
            .whereRef('l.priority', '=', 'k.priority'),
        ),
      ),
    )
    .execute();

const leaseOf = (db: Queries, key: string) => db.selectFrom('leases').selectAll().where('key', '=', key).executeTakeFirst();

const setTaken = (trx: Queries, key: string, at: Timestamp, workerId: string | undefined) =>
  trx
    .updateTable('leases')
    .set((e) => ({ state: 'taken', taken_at: at, granted_at: e.fn.coalesce('granted_at', e.val(at)), worker_id: workerId ?? null }))
    .where('key', '=', key)
    .execute();

const lapsedBefore = (at: Timestamp): Timestamp => new Date(Date.parse(at) - LAPSE_MS).toISOString();

const lapse = (trx: Queries, at: Timestamp) =>
  trx
    .updateTable('leases')
    .set({ state: 'waiting', granted_at: null })
    .where('state', '=', 'granted')
    .where('granted_at', '<', lapsedBefore(at))
    .execute();

/** The lease as if it stood first in its queue key. */
function headOf(lease: LeaseRow, at: Timestamp): QueueHead {
  const waitedMs = Math.max(0, Date.parse(at) - Date.parse(lease.arrived_at));
  const { cluster, queue, app, group_name, priority } = lease;
  return { cluster, queue, app, group: group_name, priority, waitedMs, unservedMs: waitedMs };
}

/** "app etl has 20 of 20 running; 3 before you": before it by priority and arrival, in its app where that is full, else in its queue. */
async function reasonOf(db: Queries, rules: AdmissionRules, lease: LeaseRow): Promise<string> {
  const usage = await usageOf(db, rules, [lease]);
  const full = usage.full(headOf(lease, lease.arrived_at)).map(({ name, running, limit }) => `${name} has ${running} of ${limit} running`);
  const { appRunning, appLimit = Infinity } = usage.of(lease);
  const ahead = await countAhead(db, lease, appRunning >= appLimit);
  return `${full.length === 0 ? 'it waits for its turn' : full.join(', ')}; ${ahead > COUNTED ? `more than ${COUNTED}` : ahead} before you`;
}

async function countAhead(db: Queries, lease: LeaseRow, inApp: boolean): Promise<number> {
  const ahead = db
    .selectFrom('leases')
    .select('arrival')
    .where('state', '=', 'waiting')
    .where((e) => e(e.refTuple('priority', 'arrival'), '<', e.tuple(lease.priority, lease.arrival)))
    .limit(COUNTED + 1);
  const place = inApp ? ahead.where('app', '=', lease.app) : ahead.where('cluster', '=', lease.cluster).where('queue', '=', lease.queue);
  const { count } = await db
    .selectFrom(place.as('ahead'))
    .select((e) => e.fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

const toLease = (row: LeaseRow): Lease => ({
  key: row.key,
  jobId: row.job_id,
  workflowId: row.workflow_id,
  app: row.app,
  cluster: row.cluster,
  queue: row.queue,
  group: row.group_name,
  priority: row.priority,
  workers: row.workers,
  arrivedAt: row.arrived_at,
  ...filled({ grantedAt: row.granted_at, takenAt: row.taken_at, workerId: row.worker_id }),
});
