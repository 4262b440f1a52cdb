// `longshore prune`: removes what retention no longer keeps. A dry run counts what a real one would remove at that moment.
import { durationMs } from '../specs/units.ts';
import type { EndedJob } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { usedArtifacts } from './used-artifacts.ts';

export interface PruneArgs {
  readonly dryRun: boolean;
}
export interface Pruned {
  readonly dryRun: boolean;
  /** Jobs with their attempts and events. */
  readonly jobs: number;
  /** Attempts whose log went. */
  readonly logs: number;
  readonly artifacts: number;
  /** Bytes of logs and artifacts. */
  readonly bytes: number;
  readonly audit: number;
}

const PAGE = 500;
const STREAMS = ['stdout', 'stderr'] as const;

export async function prune(deps: Deps, _caller: Caller, { dryRun }: PruneArgs): Promise<Pruned> {
  const { retention } = deps.config;
  const records = before(retention.records);
  const doomed: string[] = [];
  const logs = { count: 0, bytes: 0 };
  for await (const job of endedWithin(deps, { before: records })) {
    // A record takes its log with it, however long logs are kept.
    await pruneLogs(deps, job, logs, dryRun);
    doomed.push(job.jobId);
  }
  await pruneKeptJobsLogs(deps, { from: records, before: before(retention.logs) }, logs, dryRun);
  // Records before artifacts: an artifact may be used by nothing but them.
  if (!dryRun) for (let i = 0; i < doomed.length; i += PAGE) await deps.store.executions.remove(doomed.slice(i, i + PAGE));
  const artifacts = await pruneArtifacts(deps, new Date(before(retention.artifacts)), new Set(doomed), dryRun);
  const audit = dryRun ? await countAudit(deps, before(retention.audit)) : await deps.store.audit.prune(before(retention.audit));
  return { dryRun, jobs: doomed.length, logs: logs.count, artifacts: artifacts.count, bytes: logs.bytes + artifacts.bytes, audit };
}

const before = (kept: string): string => new Date(Date.now() - durationMs(kept)).toISOString();

/** Logs of jobs whose records stay. It begins where the prune before ended, and not with every job that ever did. */
async function pruneKeptJobsLogs(deps: Deps, within: { from: string; before: string }, logs: Removed, dryRun: boolean): Promise<void> {
  const done = await deps.store.executions.logsPruned();
  const from = done !== undefined && done > within.from ? done : within.from;
  for await (const job of endedWithin(deps, { ...within, from })) await pruneLogs(deps, job, logs, dryRun);
  if (!dryRun && within.before > from) await deps.store.executions.markLogsPruned(within.before);
}

async function* endedWithin(deps: Deps, within: { from?: string; before: string }): AsyncGenerator<EndedJob> {
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

async function pruneLogs(deps: Deps, { keys }: EndedJob, removed: Removed, dryRun: boolean): Promise<void> {
  for (const key of keys) {
    const lengths = await Promise.all(STREAMS.map(async (stream) => (await deps.logs.length({ key, stream })).length));
    const size = lengths.reduce((a, b) => a + b);
    if (size > 0) removed.count++;
    removed.bytes += size;
    if (!dryRun) await deps.logs.remove(key);
  }
}

async function pruneArtifacts(deps: Deps, before: Date, doomed: ReadonlySet<string>, dryRun: boolean): Promise<Removed> {
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
