// Small valid things for the store's suites.
import { randomBytes } from 'node:crypto';
import { jobSpecSchema, type JobSpecInput } from '../../src/specs/job.schema.ts';
import type { RunStatus } from '../../src/specs/dag.ts';
import { attemptKey, nodeJobAddress, runWorkflowId } from '../../src/specs/identity.ts';
import type { AdmitRequest, RecordRequest, Telling } from '../../src/specs/activities.ts';
import type { JobEvent, JobInput } from '../../src/specs/execution.ts';
import type { ItemId, NodeChange, RunCycle, RunEvent, RunInput, RunRecord } from '../../src/specs/run.ts';
import { digestOf } from '../../src/specs/canonical.ts';
import type { Status } from '../../src/specs/status.ts';
import type { Store } from '../../src/store/contract.ts';

/** Near the end of 63 bits, where a double would lose the last digits. */
const FIRST = 9_000_000_000_000_000_001n;
let jobs = 0n;
let runs = 0n;

export const time = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

export const newKey = (): string => attemptKey(randomBytes(8).toString('hex'), 'run', '', 1);

/** The n-th job is created at second n. */
export function sampleInput(spec: Partial<JobSpecInput> = {}, more: Partial<JobInput> = {}): JobInput {
  const n = jobs++;
  const full = jobSpecSchema.parse({ name: 'report', type: 'shell', ...spec });
  return {
    jobId: String(FIRST + n),
    app: 'etl',
    digest: digestOf(full),
    spec: full,
    mark: 'mark',
    createdAt: time(Number(n)),
    by: 'alice',
    ...more,
  };
}

export const workflowIdOf = (input: JobInput): string => `job:${input.app}:~${input.jobId}`;

export const event = (seq: number, status: Status, more: Partial<JobEvent> = {}): JobEvent => ({
  seq,
  at: time(100_000 + seq),
  attempt: 1,
  status,
  attemptStatus: status,
  type: 'status',
  ...more,
});

export const recordOf = (input: JobInput, events: readonly JobEvent[], release?: string): RecordRequest => ({
  jobId: input.jobId,
  workflowId: workflowIdOf(input),
  runId: 'run-1',
  input,
  events,
  ...(release === undefined ? {} : { release }),
});

/** The n-th run is created at second n. */
export function sampleRun(more: Partial<RunInput> = {}): RunInput {
  const n = runs++;
  return {
    runId: String(FIRST + n),
    app: 'etl',
    dag: 'flights',
    version: 1,
    digest: digestOf(String(n)),
    spec: { sha256: 'a'.repeat(64), size: 20_000 },
    params: { day: '2026-01-01' },
    mark: 'mark',
    createdAt: time(Number(n)),
    by: 'alice',
    ...more,
  };
}

/** The instant of the cycle of an hour. */
export const cycleAt = (hour: number): string => `${time(hour * 3600).slice(0, 19)}Z`;
export const cycleOf = (at: string): RunCycle => ({ at, planned: at, dataDate: at.slice(0, 10), zone: 'UTC' });

export const runWorkflowOf = (run: RunInput): string => runWorkflowId(run.app, run.dag, run);

export const runEvent = (seq: number, status: RunStatus, more: Partial<RunEvent> = {}): RunEvent => ({
  seq,
  at: time(100_000 + seq),
  type: 'status',
  status,
  generation: 1,
  ...more,
});

/** A node whose job is under way, unless said otherwise. */
export const node = (name: string, more: Partial<NodeChange> = {}): NodeChange => ({ node: name, phase: 'live', status: 'job', attempt: 1, ...more });

export const runRecordOf = (run: RunInput, events: readonly RunEvent[]): RunRecord => ({
  input: run,
  workflowId: runWorkflowOf(run),
  temporalRunId: 'temporal-1',
  events,
});

/** The job of a node, and its record: its address is no workflow's. */
export function nodeJob(run: RunInput, name: string, item?: ItemId, spec: Partial<JobSpecInput> = {}): JobInput {
  const place = { run: run.runId, dag: run.dag, node: name, owner: runWorkflowOf(run), ...(item !== undefined && { item }) };
  return sampleInput({ name, ...spec }, { app: run.app, place });
}
export const nodeRecordOf = (job: JobInput, events: readonly JobEvent[], release?: string): RecordRequest => ({
  ...recordOf(job, events, release),
  workflowId: nodeJobAddress(job.place!.owner, job.place!.node, job.place!.item),
});

export function admitOf(more: { key?: string; app?: string } & Partial<Omit<AdmitRequest, 'attempt'>> = {}): AdmitRequest {
  const { key = newKey(), app = 'etl', ...rest } = more;
  const attempt = { key, mark: 'mark', app, jobId: '1', workflowId: `job:${app}:${key}`, firstRunId: 'run', attempt: 1 };
  return { attempt, cluster: 'yarn', queue: 'default', group: 'default', priority: 5, workers: 'default', notWorkers: [], ...rest };
}

/** What a job has to tell that asks for the first time. */
export const tellingOf = (input: JobInput): Telling => ({
  record: recordOf(input, [event(1, 'CREATED'), event(2, 'ACCEPTED')]),
  starting: event(3, 'STARTING', { set: { key: 'k' } }),
  waiting: event(3, 'ACCEPTED'),
});

/** Stores an App or Cluster with these limits. */
export async function limit(store: Store, kind: 'App' | 'Cluster', name: string, limits: { running?: number; queues?: Record<string, number> }) {
  const spec = kind === 'App' ? { name, limits } : { name, type: 'test', limits: { queues: {}, ...limits } };
  await store.definitions.put({ kind, app: '', name, digest: digestOf(spec), spec, createdBy: 'root' });
}
