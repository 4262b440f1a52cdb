// Spark jobs on a real cluster, both ways: through the adapter, and by spark-submit.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Adapter, Attempt, StartContext } from '../../../src/adapters/contract.ts';
import { yarn as yarnType } from '../../../src/adapters/yarn/index.ts';
import type { Container, LaunchPlan } from '../../../src/jobtypes/contract.ts';
import { spark as jobType } from '../../../src/jobtypes/spark/index.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import type { ClusterRecord, Handle, Observation } from '../../../src/specs/execution.ts';
import { jobSpecSchema, type JobSpecInput } from '../../../src/specs/job.schema.ts';
import { newKey } from '../../adapters/local/fixture.ts';
import type { YarnCluster } from './cluster.ts';
import { appsByTag } from './rest.ts';

const PATIENCE = { timeout: 280_000, interval: 100 } as const;
/** Smallest JVMs that work, quick to start. */
const QUICK = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
export const SMALL = { driverMemory: '512Mi', executorMemory: '512Mi', numExecutors: 1, driverJavaOptions: QUICK };

export interface Started {
  readonly attempt: Attempt;
  readonly handle: Handle;
  /** From the call to the ResourceManager's ACCEPTED, in milliseconds. */
  readonly acceptedMs: number;
}

export interface Prepared {
  readonly attempt: Attempt;
  readonly plan: LaunchPlan;
}

export class SparkJobs {
  readonly #yarn: YarnCluster;
  readonly #dataDir: string;
  readonly #record: ClusterRecord;
  #adapter: Adapter | undefined;

  constructor(yarn: YarnCluster, defaults: Record<string, string> = {}) {
    this.#yarn = yarn;
    this.#dataDir = join(yarn.folder, 'worker');
    const { home, python } = yarn.spark!;
    const env = { SPARK_HOME: home, HADOOP_CONF_DIR: yarn.confDir, JAVA_HOME: yarn.javaHome, PYSPARK_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1' };
    const all = { 'spark.yarn.jars': `local:${home}/jars/*`, 'spark.executor.extraJavaOptions': QUICK, 'spark.ui.enabled': 'false', ...defaults };
    this.#record = {
      name: 'yarn',
      type: 'yarn',
      version: 1,
      workers: 'default',
      config: {
        resourceManagers: [yarn.rm],
        staging: this.#staging,
        ...(yarn.webhdfs && { webhdfs: [yarn.webhdfs] }),
        jobHistory: yarn.history,
        timeline: yarn.timeline,
      },
      engines: { spark: { env, defaults: all } },
      givesIds: true,
    };
  }

  get #staging(): string {
    return `${this.#yarn.hdfs ?? `file://${this.#yarn.folder}`}/staging`;
  }

  async adapter(): Promise<Adapter> {
    return (this.#adapter ??= await this.another());
  }

  /** As a worker that was started again, or another one, would make it. */
  another(workerId = 'w1'): Promise<Adapter> {
    return yarnType.create(this.#record, { workerId, dataDir: workerId === 'w1' ? this.#dataDir : `${this.#dataDir}-${workerId}` });
  }

  async close(): Promise<void> {
    await this.#adapter?.close?.();
  }

  /** An attempt up to its plan. Files of the spec are inline, or copied from a place on this machine: https: stands before its path. */
  async prepare(config: object, spec: Partial<JobSpecInput> = {}, submit: 'rest' | 'spark-submit' = 'rest'): Promise<Prepared> {
    const cluster = { ...this.#record, engines: { spark: { ...this.#record.engines['spark']!, submit } } };
    const key = newKey();
    const workspace = workspacePaths(this.#dataDir, key);
    await makeWorkspace(workspace);
    const full = jobSpecSchema.parse({ name: 'spark-job', type: 'spark', cluster: 'yarn', queue: 'etl', user: 'alice', ...spec, config });
    const ref = { key, mark: 'cluster-test', app: 'test', jobId: '77', workflowId: 'job:test:77', firstRunId: 'run', attempt: 1 };
    const container: Container<never> = {
      ref,
      spec: full,
      cluster,
      workspace,
      config: jobType.config.parse(config) as never,
      signal: new AbortController().signal,
      async fetch(file, to) {
        const path = join(workspace.workDir, to!);
        if (typeof file !== 'object' || !('inline' in file)) throw new Error('only inline files here');
        await writeFile(path, file.inline);
        return path;
      },
    };
    const plan = await jobType.prepare(container, undefined);
    const adapter = await this.adapter();
    const bare: Attempt = { ref, spec: full, cluster, workspace };
    return { attempt: { ...bare, ref: { ...ref, id: await adapter.allocateId!(bare) } }, plan };
  }

  async byRest(config: object, spec?: Partial<JobSpecInput>, secrets: ReadonlyMap<string, string> = new Map()): Promise<Started> {
    return await this.start(await this.prepare(config, spec), { secrets });
  }

  async bySparkSubmit(config: object, spec?: Partial<JobSpecInput>): Promise<Started> {
    return await this.start(await this.prepare(config, spec, 'spark-submit'));
  }

  /** Stage and start, as a launch calls them. */
  async start({ attempt, plan }: Prepared, change: Partial<StartContext> = {}, by?: Adapter): Promise<Started> {
    const adapter = by ?? (await this.adapter());
    const context = { plan, secrets: new Map<string, string>(), signal: new AbortController().signal, ...change };
    const began = performance.now();
    const staged = await adapter.stage!(attempt, context);
    const handle = await adapter.start(attempt, { gate: async () => {}, ...context, staged });
    return { attempt, handle, acceptedMs: await this.#accepted(attempt, began) };
  }

  async #accepted({ ref }: Attempt, began: number): Promise<number> {
    await expect
      .poll(async () => (await appsByTag(this.#yarn.rm, ref.key))[0]?.state, { timeout: 60_000, interval: 10 })
      .toMatch(/ACCEPTED|RUNNING|FINISHED|FAILED/);
    return Math.round(performance.now() - began);
  }

  async ended({ attempt, handle }: Started): Promise<Observation> {
    const adapter = await this.adapter();
    let seen: Observation | undefined;
    const look = async () => (seen = (await adapter.describe([{ attempt, handle }]))[0]!).phase;
    await expect.poll(look, PATIENCE).toBe('ended');
    return seen!;
  }

  /** The whole of a stream, when it is known to be whole. */
  async log({ attempt, handle }: Started, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const adapter = await this.adapter();
    const pieces: Uint8Array[] = [];
    let offset = 0;
    const read = async (): Promise<boolean> => {
      const { bytes, end } = await adapter.readLog(attempt, handle, stream, offset, 1024 * 1024);
      pieces.push(bytes);
      offset += bytes.length;
      return end;
    };
    await expect.poll(read, PATIENCE).toBe(true);
    return Buffer.concat(pieces).toString('utf8');
  }
}
