// Scheduler and worker on a real Temporal server, with the real store and the local adapter, in this process.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/config.ts';
import { createRuntime, type Runtime } from '../../src/processes/runtime.ts';
import { startScheduler } from '../../src/processes/scheduler.ts';
import { startWorker } from '../../src/processes/worker.ts';
import type { JobInput, JobResult } from '../../src/specs/execution.ts';
import { jobWorkflowId, QUEUES } from '../../src/specs/identity.ts';
import { jobSpecSchema, type JobSpecInput } from '../../src/specs/job.schema.ts';
import { devServer, quietTemporal, type DevServer } from '../helpers/temporal.ts';

export interface Stack {
  readonly server: DevServer;
  readonly runtime: Runtime;
  readonly dataDir: string;
  readonly workerId: string;
  /** Starts a job workflow as the API would. */
  start(spec: JobSpecInput): Promise<{ jobId: string; workflowId: string; result(): Promise<JobResult> }>;
  restartWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

let jobs = 0;

/** `env`: configuration as environment variables. */
export async function startStack(env: Record<string, string> = {}): Promise<Stack> {
  quietTemporal();
  const server = await devServer();
  const dataDir = await mkdtemp(join(tmpdir(), 'longshore-stack-'));
  const loaded = loadConfig(
    { data: dataDir },
    { LONGSHORE_WORKER_ALLOW: '{apps: "*", clusters: "*", users: "*"}', LONGSHORE_TIMINGS_SWEEP_EVERY: '1s', ...env },
  );
  const logger = pino({ level: process.stdout.isTTY ? 'info' : 'error' });
  const runtime = await createRuntime({ loaded, logger, workers: true, address: server.address });
  const { store, temporal } = runtime;
  await store.definitions.put({ kind: 'Cluster', app: '', name: 'local', digest: 'd', spec: { name: 'local', type: 'local' }, createdBy: 'test' });
  const scheduler = await startScheduler(runtime);
  let worker = await startWorker(runtime);
  const mark = await store.mark();
  return {
    server,
    runtime,
    dataDir,
    workerId: worker.workerId,
    async start(given) {
      const spec = jobSpecSchema.parse(given);
      const jobId = String(Date.now() * 1_000 + jobs++);
      const workflowId = jobWorkflowId('test', jobId);
      const createdAt = new Date().toISOString();
      // Work that Temporal gave to a worker that was just ending is given to another one after this time.
      const timings = { heartbeatMs: 10_000 };
      const input: JobInput = { jobId, app: 'test', digest: randomUUID(), spec, mark, by: 'test', createdAt, timings };
      const handle = await temporal.client.workflow.start('job', {
        workflowId,
        taskQueue: QUEUES.scheduler,
        args: [input],
        memo: { jobId, digest: input.digest },
      });
      await store.executions.created(input, workflowId);
      return { jobId, workflowId, result: () => handle.result() as Promise<JobResult> };
    },
    async restartWorker() {
      worker = await startWorker(runtime);
    },
    stopWorker: () => worker.stop(),
    async stop() {
      await worker.stop();
      await scheduler.stop();
      await runtime.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
