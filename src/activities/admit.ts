// The way of an attempt through its queue: a lease from the store, the cluster's record, and a worker where jobs live on one.
import type { AdmitRequest, AdmitResult } from '../specs/activities.ts';
import type { ClusterRecord } from '../specs/execution.ts';
import { toldBy } from '../specs/telling.ts';
import { clusterRecord } from './cluster-record.ts';
import type { SchedulerDeps } from './deps.ts';
import { chooseWorker, isOnline } from './worker-choice.ts';

/** The reason begins so while a job waits for a worker; whoever sees one come online looks for these words. */
export const NO_WORKER = 'no worker of group';

/** Where it would run: undefined while no worker is there. */
async function placeFor(
  { store, adapters }: SchedulerDeps,
  cluster: ClusterRecord,
  request: AdmitRequest,
): Promise<{ workerId?: string } | undefined> {
  if (!adapters.get(cluster.type).hostBound) return {};
  // Asked again because the answer was lost, it gets the answer again: what was written with the first one must not turn out untrue.
  const before = await store.admission.workerOf(request.attempt.key);
  const workers = await store.workers.list();
  const kept = workers.find((worker) => worker.workerId === before && isOnline(worker, Date.now()) && !request.notWorkers.includes(worker.workerId));
  const chosen = kept?.workerId ?? chooseWorker(workers, request, Date.now());
  // A waiting attempt that has its worker was already told of as STARTING, and does not wait again because that worker is gone: the launch
  // finds that out, and moves it.
  const workerId = chosen ?? (request.telling && before);
  return workerId === undefined ? undefined : { workerId };
}

/** A job without a worker does not enter the queue: there it would take the room of one that can run. */
async function noWorker({ store }: SchedulerDeps, { workers, worker, telling }: AdmitRequest): Promise<AdmitResult> {
  const one = worker === undefined ? '' : ` (only ${worker} may run it)`;
  const reason = `${NO_WORKER} ${workers} is online and has room${one}`;
  const told = telling && toldBy(telling, { granted: false, reason });
  if (told) await store.executions.record(told);
  return { admitted: false, reason, outside: true, ...(told && { events: told.events }) };
}

/** Enters the queue, or passes at once. */
export async function admit(deps: SchedulerDeps, request: AdmitRequest): Promise<AdmitResult> {
  const cluster = await clusterRecord(deps, request.cluster);
  const place = await placeFor(deps, cluster, request);
  if (place === undefined) return await noWorker(deps, request);
  const { granted, reason, events } = await deps.store.admission.request(request, new Date().toISOString(), place.workerId);
  const told = events && { events };
  return granted ? { admitted: true, cluster, ...place, ...told } : { admitted: false, reason: reason ?? 'it waits for its turn', ...told };
}

/** Takes a grant. One that has lapsed, or was for a worker that came online, is a new request. */
export async function take(deps: SchedulerDeps, request: AdmitRequest): Promise<AdmitResult> {
  const cluster = await clusterRecord(deps, request.cluster);
  const place = await placeFor(deps, cluster, request);
  if (place === undefined) return await noWorker(deps, request);
  const { taken, events } = await deps.store.admission.take(request.attempt.key, new Date().toISOString(), place.workerId, request.telling);
  return taken ? { admitted: true, cluster, ...place, ...(events && { events }) } : await admit(deps, request);
}
