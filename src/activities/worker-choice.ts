// Which worker gets a job that will live on its machine. Pure.
import type { AdmitRequest } from '../specs/activities.ts';
import type { WorkerRow } from '../store/contract.ts';

/** A worker not heard of for so long gets no new work. */
const FRESH_MS = 15_000;

/** Whether a worker takes new work at a time (ms since the epoch). */
export const isOnline = (worker: WorkerRow, now: number): boolean => !worker.offline && now - Date.parse(worker.seenAt) <= FRESH_MS;

/** The smaller the better: load per core first, in steps of a tenth, then memory, then fewest jobs. */
function healthFirst(a: WorkerRow, b: WorkerRow): number {
  const load = Math.round(a.load * 10) - Math.round(b.load * 10);
  return load || b.freeMemory - a.freeMemory || a.running - b.running;
}

/** The healthiest online worker of a group with room, or the only one that it may be; one of `notWorkers` only when there is no other. */
export function chooseWorker(
  workers: readonly WorkerRow[],
  { workers: group, worker: only, notWorkers }: Pick<AdmitRequest, 'workers' | 'worker' | 'notWorkers'>,
  now: number,
): string | undefined {
  const fits = (worker: WorkerRow): boolean => worker.group === group && (only === undefined || worker.workerId === only);
  const able = workers.filter((worker) => fits(worker) && worker.running < worker.slots && isOnline(worker, now));
  const wanted = able.filter(({ workerId }) => !notWorkers.includes(workerId));
  return (wanted.length > 0 ? wanted : able).sort(healthFirst)[0]?.workerId;
}
