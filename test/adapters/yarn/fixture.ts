// A yarn adapter on a stub cluster, with attempts to start on it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter, Attempt, StartContext } from '../../../src/adapters/contract.ts';
import { yarn } from '../../../src/adapters/yarn/index.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import type { ClusterRecord, Handle, Json, Observation } from '../../../src/specs/execution.ts';
import { attemptKey } from '../../../src/specs/identity.ts';
import { jobSpecSchema, type JobSpecInput } from '../../../src/specs/job.schema.ts';
import { StubCluster, type StubOptions } from './stub/cluster.ts';

/** What a test changes of the Cluster document's config; undefined leaves a field out. */
export type Config = { readonly [field: string]: Json | undefined };

export const newKey = (): string => attemptKey(randomBytes(8).toString('hex'), 'run', '', 1);
export const processContext = (argv: readonly string[] = ['true'], change: Partial<StartContext> = {}): StartContext => ({
  plan: { template: 'process', outputPath: '', data: { argv: [...argv], env: {} } },
  secrets: new Map(),
  gate: async () => {},
  signal: new AbortController().signal,
  ...change,
});

export class Bench {
  readonly stub: StubCluster;
  readonly folder: string;
  readonly config: Config;
  readonly mark = `mark-${randomBytes(8).toString('hex')}`;
  adapter!: Adapter;
  readonly #adapters: Adapter[] = [];

  private constructor(stub: StubCluster, folder: string, config: Config) {
    this.stub = stub;
    this.folder = folder;
    this.config = config;
  }

  static async start(options: StubOptions & { readonly config?: Config } = {}): Promise<Bench> {
    const [stub, folder] = await Promise.all([StubCluster.start(options), mkdtemp(join(tmpdir(), 'longshore-yarn-stub-'))]);
    const bench = new Bench(stub, folder, { ...stub.config, staging: `file://${folder}/staging`, ...options.config });
    bench.adapter = await bench.another();
    return bench;
  }

  get cluster(): ClusterRecord {
    const config = Object.fromEntries(Object.entries(this.config).filter(([, value]) => value !== undefined)) as Record<string, Json>;
    return { name: 'yarn', type: 'yarn', version: 1, workers: 'default', config, engines: {}, givesIds: true };
  }
  get dataDir(): string {
    return join(this.folder, 'data');
  }

  /** An adapter as another worker would make it, or the same with another config. */
  async another(config: Config = {}): Promise<Adapter> {
    const merged = { ...this.cluster.config, ...config };
    const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as Record<string, Json>;
    const adapter = await yarn.create({ ...this.cluster, config: kept }, { workerId: 'w1', dataDir: this.dataDir });
    this.#adapters.push(adapter);
    return adapter;
  }

  /** An attempt with a workspace; `id: undefined` asks the cluster for one. */
  async attempt(spec: Partial<JobSpecInput> = {}, given: { readonly id?: string; readonly mark?: string } = {}): Promise<Attempt> {
    const key = newKey();
    const ref = {
      key,
      mark: given.mark ?? this.mark,
      app: 'test',
      jobId: '7',
      workflowId: 'job:test:7',
      firstRunId: 'run',
      attempt: 1,
    };
    const parsed = jobSpecSchema.parse({ name: 'test', type: 'shell', cluster: 'yarn', ...spec });
    const nameless: Attempt = { ref, spec: parsed, cluster: this.cluster, workspace: workspacePaths(this.dataDir, key) };
    await makeWorkspace(nameless.workspace);
    return { ...nameless, ref: { ...ref, id: given.id ?? (await this.adapter.allocateId!(nameless)) } };
  }

  async launch(attempt: Attempt, context = processContext(), by = this.adapter): Promise<Handle> {
    return await by.start(attempt, { ...context, staged: await by.stage!(attempt, context) });
  }

  /** A new attempt that runs. */
  async running(spec: Partial<JobSpecInput> = {}): Promise<{ attempt: Attempt; handle: Handle; id: string }> {
    const attempt = await this.attempt(spec);
    const handle = await this.launch(attempt);
    this.stub.run(handle.id);
    return { attempt, handle, id: handle.id };
  }

  async observe(attempt: Attempt, handle: Handle): Promise<Observation> {
    return (await this.adapter.describe([{ attempt, handle }]))[0]!;
  }

  /** The staging folder of a user. */
  home(user: string): string {
    return join(this.folder, 'staging', user);
  }

  async close(): Promise<void> {
    for (const adapter of this.#adapters) await adapter.close?.();
    await this.stub.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
