// What a sweep may stop: keys whose attempt has ended or was superseded, and those whose workflow is closed without an end.
import type { SweepPlan, SweepReport, SweepTarget } from '../specs/activities.ts';
import type { JobEvent } from '../specs/execution.ts';
import { attemptKey, nodeJobPath } from '../specs/identity.ts';
import { isEnd, mayFollow } from '../specs/status.ts';
import type { Executions, JobRow, Lease } from '../store/contract.ts';
import { findCluster } from './cluster-record.ts';
import type { SchedulerDeps } from './deps.ts';
import { forEachLimited } from './loop.ts';
import { standingOf, type Owner, type Standing } from './owner.ts';
import { MOST_REPORTED } from './sweep.ts';

/** Rows and leases looked at in one sweep; the next one goes on behind them. */
const PAGE = 500;
const AT_ONCE = 8;
const HOST_GONE_MS = 120_000;
/** What is left of a key that the store does not know is removed after so long: its row went with retention, or it is somebody else's. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/** What a scheduler remembers between two sweeps of a target; without it (another process, a restart) a sweep only sees less. */
export interface SweepMemory {
  /** Where the next page of rows begins. */
  rowsAfter?: string | undefined;
  leasesAfter?: string | undefined;
  /** Keys that the last report listed: alive, or ended and never cleaned. */
  seen: readonly string[];
  /** What the last report said that cleaned attempts have left. */
  remains?: SweepReport['remains'];
}

type Row = Awaited<ReturnType<Executions['unfinished']>>[number];
/** Null when the cluster is gone. */
export async function sweepPlan(deps: SchedulerDeps, target: SweepTarget, memory: SweepMemory): Promise<SweepPlan | null> {
  const { store, client } = deps;
  const cluster = await findCluster(deps, target.cluster);
  if (cluster === undefined) return null;
  const stop = new Set<string>();
  const terminated: { jobId: string; key: string }[] = [];

  await forEachLimited(await nextRows(deps, target, memory), AT_ONCE, async (row) => {
    const owner = ofRow(row, await standingOf(client, row.owner));
    if (owner === 'open' || owner === 'ended' || !(await isHere(deps, target, row.jobId, row.attempt))) return;
    if (owner === 'missing') return await historyLost(deps, row);
    if (await isHostGone(store, target)) return await workerGone(deps, row, target.workerId!);
    terminated.push({ jobId: row.jobId, key: row.key ?? '' });
    if (row.key !== undefined) stop.add(row.key);
  });
  await forEachLimited(await nextLeases(deps, target, memory), AT_ONCE, async (lease) => {
    if (await isOver(deps, target, lease)) stop.add(lease.key);
  });
  for (const key of memory.seen) {
    const attempt = await store.executions.attemptByKey(key);
    if (attempt !== undefined && hasPassed(attempt)) stop.add(key);
  }
  const prune: string[] = [];
  for (const { key, since } of memory.remains ?? []) {
    const attempt = await store.executions.attemptByKey(key);
    if (attempt === undefined ? Date.now() - Date.parse(since) > FORGOTTEN_MS : hasPassed(attempt)) prune.push(key);
  }
  return { cluster, mark: await store.mark(), stop: [...stop], terminated, ...(prune.length > 0 && { prune }) };
}

/** A run has ended with all of its jobs: one that is open in a closed run has lost its owner, and so has one that an execution before it began. */
function ofRow(row: Row, { owner, firstRunId }: Standing): Owner {
  if (row.run === undefined) return owner;
  if (owner === 'ended') return 'broken';
  const isForeign = row.key !== undefined && row.status !== 'UNKNOWN' && owner === 'open' && isOfAnother(row, row.key, firstRunId);
  return isForeign ? 'broken' : owner;
}

/**
 * Whether a key of a job in a run was made before the run was terminated and begun anew: then nobody is going to stop what lives under it.
 * Executions that continue one another make the same keys.
 */
function isOfAnother({ owner, node, item, attempt }: JobRow, key: string, firstRunId: string | undefined): boolean {
  return node !== undefined && firstRunId !== undefined && key !== attemptKey(owner, firstRunId, nodeJobPath(node, item), attempt);
}

/** Ended or superseded: nobody will start it or ask for it again. */
const hasPassed = ({ status, attempt, currentAttempt }: NonNullable<Awaited<ReturnType<Executions['attemptByKey']>>>): boolean =>
  isEnd(status) || attempt < currentAttempt;

async function nextRows({ store }: SchedulerDeps, target: SweepTarget, memory: SweepMemory): Promise<Row[]> {
  const page = await store.executions.unfinished({ ...(memory.rowsAfter !== undefined && { after: memory.rowsAfter }), limit: PAGE });
  memory.rowsAfter = page.length === PAGE ? page.at(-1)!.jobId : undefined;
  return page.filter(({ cluster }) => cluster === target.cluster);
}

async function nextLeases({ store }: SchedulerDeps, target: SweepTarget, memory: SweepMemory): Promise<Lease[]> {
  const page = await store.admission.leases({ ...(memory.leasesAfter !== undefined && { after: memory.leasesAfter }), limit: PAGE });
  memory.leasesAfter = page.length === PAGE ? page.at(-1)!.key : undefined;
  return page.filter(({ cluster }) => cluster === target.cluster);
}

/** Where jobs live on a worker's machine, each machine is swept for its own; what never got a worker is anybody's. */
async function isHere({ store }: SchedulerDeps, target: SweepTarget, jobId: string, attempt: number): Promise<boolean> {
  if (target.workerId === undefined) return true;
  const row = (await store.executions.attempts(jobId)).find((candidate) => candidate.attempt === attempt);
  return row?.workerId === undefined || row.workerId === target.workerId;
}

/** A lease whose attempt needs it no more. UNKNOWN keeps its lease, whatever became of its workflow. */
async function isOver(deps: SchedulerDeps, target: SweepTarget, lease: Lease): Promise<boolean> {
  const attempt = await deps.store.executions.attemptByKey(lease.key);
  if (attempt?.status === 'UNKNOWN') return false;
  if (attempt !== undefined && !(await isHere(deps, target, attempt.jobId, attempt.attempt))) return false;
  if (attempt !== undefined && hasPassed(attempt)) return true;
  const { owner, firstRunId } = await standingOf(deps.client, lease.workflowId);
  if (owner !== 'open') return owner !== 'missing';
  const job = await deps.store.executions.job(lease.jobId);
  return job !== undefined && isOfAnother(job, lease.key, firstRunId);
}

/** Nobody can know what becomes of it: a person resolves or reruns. What was never started has certainly not run. */
async function historyLost({ store, logger }: SchedulerDeps, row: Row): Promise<void> {
  const status = mayFollow(row.status, 'UNKNOWN') ? 'UNKNOWN' : 'CANCELED';
  if (row.status === 'UNKNOWN') return;
  logger.warn({ jobId: row.jobId }, 'Temporal has lost the history of a job');
  await writeEvent(store.executions, row, {
    status,
    code: 'HISTORY_LOST',
    blame: 'platform',
    reason: `Temporal no longer knows this ${row.run === undefined ? 'job' : "job's run"}`,
  });
}

/** Whether nothing has been heard of the swept machine for so long that no sweep will answer. */
async function isHostGone({ workers }: SchedulerDeps['store'], { workerId }: SweepTarget): Promise<boolean> {
  if (workerId === undefined) return false;
  const worker = (await workers.list()).find((candidate) => candidate.workerId === workerId);
  return worker === undefined || Date.now() - Date.parse(worker.seenAt) > HOST_GONE_MS;
}

/** Terminated, and its machine is gone, too: whether it still runs there nobody can say. */
async function workerGone({ store }: SchedulerDeps, row: Row, workerId: string): Promise<void> {
  if (!mayFollow(row.status, 'UNKNOWN')) return;
  const reason = `${row.run === undefined ? 'its workflow' : 'the workflow of its run'} was terminated in Temporal, and worker ${workerId}, where it ran, is gone`;
  await writeEvent(store.executions, row, { status: 'UNKNOWN', code: 'WORKER_GONE', blame: 'platform', reason });
}

async function writeEvent(
  executions: Executions,
  row: Row,
  what: Pick<JobEvent, 'status' | 'code' | 'blame' | 'reason'> & Partial<JobEvent>,
  release?: string,
): Promise<void> {
  const known = await executions.byWorkflowId(row.workflowId);
  // Somebody wrote meanwhile: a rerun, or the same sweep of another scheduler.
  if (known === undefined || known.seq !== row.seq) return;
  const event: JobEvent = {
    seq: row.seq + 1,
    at: new Date().toISOString(),
    attempt: row.attempt,
    attemptStatus: what.status,
    type: 'status',
    ...what,
  };
  const { jobId, workflowId } = row;
  await executions.record({
    jobId,
    workflowId,
    runId: known.runId ?? '',
    input: known.input,
    events: [event],
    ...(release !== undefined && { release }),
  });
}

/** Writes what the report proves: ends, freed leases; tells of keys that nobody knows. */
export async function sweepSettle(deps: SchedulerDeps, plan: SweepPlan, report: SweepReport, memory: SweepMemory): Promise<void> {
  const { store, logger } = deps;
  const living = new Set(report.seen.filter(({ phase }) => phase !== 'ended').map(({ key }) => key));
  memory.seen = report.seen.map(({ key }) => key);
  memory.remains = report.remains;
  // A cut list proves nothing of what it leaves out; but what this sweep was to stop is in front, so it is left out only when all is that.
  const asked = new Set(plan.stop);
  const isProof = report.seen.length < MOST_REPORTED || report.seen.some(({ key }) => !asked.has(key));
  const gone = (key: string): boolean => isProof && asked.has(key) && !living.has(key);
  for (const { jobId, key } of plan.terminated) {
    const row = await store.executions.job(jobId);
    if (row === undefined || isEnd(row.status) || (key !== '' && !gone(key))) continue;
    const status = mayFollow(row.status, 'KILLED') ? 'KILLED' : 'CANCELED';
    const end = {
      status,
      code: 'TERMINATED',
      blame: 'killed',
      reason: row.run === undefined ? 'its workflow was terminated in Temporal' : 'the workflow of its run has closed without it',
      set: { endedAt: new Date().toISOString() },
    } as const;
    await writeEvent(store.executions, row, end, key === '' ? undefined : key);
  }
  for (const key of plan.stop) if (gone(key)) await store.admission.release(key);
  if (plan.stop.length > 0) deps.poke();
  for (const key of living) {
    if ((await store.executions.attemptByKey(key)) === undefined)
      logger.warn({ key, cluster: plan.cluster.name }, 'something with our mark runs that no job knows');
  }
}
