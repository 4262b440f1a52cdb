// Small valid things for the store's suites.
import { randomBytes } from 'node:crypto';
import { jobSpecSchema, type JobSpecInput } from '../../src/specs/job.schema.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import type { AdmitRequest, RecordRequest, Telling } from '../../src/specs/activities.ts';
import type { JobEvent, JobInput } from '../../src/specs/execution.ts';
import { digestOf } from '../../src/specs/canonical.ts';
import type { Status } from '../../src/specs/status.ts';
import type { Store } from '../../src/store/contract.ts';

/** Near the end of 63 bits, where a double would lose the last digits. */
const FIRST = 9_000_000_000_000_000_001n;
let jobs = 0n;

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
