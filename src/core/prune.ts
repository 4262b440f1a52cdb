// `longshore prune`: removes what retention no longer keeps. A dry run counts what a real one would remove at that moment.
import { durationMs } from '../specs/units.ts';
import type { EndedJob, EndedRun, Executions } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { usedArtifacts } from './used-artifacts.ts';

export interface PruneArgs {
  readonly dryRun: boolean;
}
export interface Pruned {
  readonly dryRun: boolean;
  /** Runs with their nodes and events; their jobs are counted with the others. */
  readonly runs: number;
  /** Jobs with their attempts and events. */
  readonly jobs: number;
  /** Attempts whose log went. */
  readonly logs: number;
  /** Cycles of schedules that were decided. */
  readonly cycles: number;
  readonly backfills: number;
  readonly artifacts: number;
  /** Bytes of logs and artifacts. */
  readonly bytes: number;
  readonly audit: number;
}

const PAGE = 500;

export async function prune(deps: Deps, _caller: Caller, { dryRun }: PruneArgs): Promise<Pruned> {
  const { retention } = deps.config;
  const logs = { count: 0, bytes: 0 };
  const doomed = await doomedRecords(deps, before(retention.records), logs, dryRun);
  await pruneKeptJobsLogs(deps, before(retention.logs), doomed, logs, dryRun);
  // Records before artifacts: an artifact may be used by nothing but them.
  if (!dryRun) {
    await inPages(doomed.alone, (ids) => deps.store.executions.remove(ids));
    await inPages(doomed.runs, (ids) => deps.store.runs.remove(ids));
  }
  const artifacts = await pruneArtifacts(deps, new Date(before(retention.artifacts)), doomed, dryRun);
  const audit = dryRun ? await countAudit(deps, before(retention.audit)) : await deps.store.audit.prune(before(retention.audit));
  const cycles = await deps.store.schedules.pruneCycles(before(retention.records), dryRun);
  const backfills = await deps.store.backfills.prune(before(retention.records), dryRun);
  const bytes = logs.bytes + artifacts.bytes;
  return { dryRun, runs: doomed.runs.size, jobs: doomed.jobs.size, logs: logs.count, cycles, backfills, artifacts: artifacts.count, bytes, audit };
}

/** Ids of what goes; `jobs` are those that go by their own age (`alone`) and those of the runs. */
interface Doomed {
  readonly runs: ReadonlySet<string>;
  readonly alone: ReadonlySet<string>;
  readonly jobs: ReadonlySet<string>;
}

/** What has ended before a time. A job of a run goes with its run, however long ago it ended. A record takes its log with it, however long logs are kept. */
async function doomedRecords(deps: Deps, before: string, logs: Removed, dryRun: boolean): Promise<Doomed> {
  const alone = new Set<string>();
  for await (const job of endedWithin(deps, { before, run: false })) {
    await pruneLogs(deps, job, logs, dryRun);
    alone.add(job.jobId);
  }
  const runs = new Set<string>();
  const jobs = new Set(alone);
  for await (const { runId } of endedRuns(deps, before)) {
    for (const job of await deps.store.runs.jobKeys(runId)) {
      await pruneLogs(deps, job, logs, dryRun);
      jobs.add(job.jobId);
    }
    runs.add(runId);
  }
  return { runs, alone, jobs };
}

async function inPages(ids: ReadonlySet<string>, work: (page: readonly string[]) => Promise<void>): Promise<void> {
  const all = [...ids];
  for (let i = 0; i < all.length; i += PAGE) await work(all.slice(i, i + PAGE));
}

const before = (kept: string): string => new Date(Date.now() - durationMs(kept)).toISOString();

/** Logs of jobs whose records stay. It begins where the prune before ended, and not with every job that ever did. */
async function pruneKeptJobsLogs(deps: Deps, before: string, doomed: Doomed, logs: Removed, dryRun: boolean): Promise<void> {
  const from = await deps.store.executions.logsPruned();
  for await (const job of endedWithin(deps, { before, ...(from !== undefined && { from }) }))
    if (!doomed.jobs.has(job.jobId)) await pruneLogs(deps, job, logs, dryRun);
  if (!dryRun && (from === undefined || before > from)) await deps.store.executions.markLogsPruned(before);
}

async function* endedRuns(deps: Deps, before: string): AsyncGenerator<EndedRun> {
  for (let after: EndedRun | undefined; ;) {
    const page = await deps.store.runs.ended(before, { limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

async function* endedWithin(deps: Deps, within: Parameters<Executions['ended']>[0]): AsyncGenerator<EndedJob> {
  for (let after: EndedJob | undefined; ;) {
    const page = await deps.store.executions.ended(within, { limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

interface Removed {
  count: number;
  bytes: number;
}

async function pruneLogs(deps: Deps, { keys }: Pick<EndedJob, 'keys'>, removed: Removed, dryRun: boolean): Promise<void> {
  for (const key of keys) {
    const size = (await deps.logs.streams(key)).reduce((sum, { length }) => sum + length, 0);
    if (size > 0) removed.count++;
    removed.bytes += size;
    if (!dryRun) await deps.logs.remove(key);
  }
}

async function pruneArtifacts(deps: Deps, before: Date, doomed: Doomed, dryRun: boolean): Promise<Removed> {
  const removed: Removed = { count: 0, bytes: 0 };
  let used: ReadonlySet<string> | undefined;
  for await (const { sha256, size } of deps.artifacts.list(before)) {
    used ??= await usedArtifacts(deps, doomed);
    if (used.has(sha256)) continue;
    removed.count++;
    removed.bytes += size;
    if (!dryRun) await deps.artifacts.remove(sha256);
  }
  return removed;
}

async function countAudit(deps: Deps, before: string): Promise<number> {
  let count = 0;
  for (let position: number | undefined; ;) {
    const page = await deps.store.audit.list({ limit: PAGE, ...(position !== undefined && { before: position }) });
    count += page.filter((entry) => entry.at < before).length;
    if (page.length < PAGE) return count;
    position = page.at(-1)!.position;
  }
}
