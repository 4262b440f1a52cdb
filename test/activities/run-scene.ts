// A run's activities with the real store, artifacts and types; the test plays the workflow that asks.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { SchedulerDeps } from '../../src/activities/deps.ts';
import { createRunActivities } from '../../src/activities/run/index.ts';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import { carryDag } from '../../src/compose/carried-dag.ts';
import { pinDag } from '../../src/compose/dag.ts';
import { newJobId } from '../../src/compose/job-id.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import { digestOf } from '../../src/specs/canonical.ts';
import { dagSpecSchema, type DagSpecInput } from '../../src/specs/dag.schema.ts';
import { appSpecSchema, clusterSpecSchema } from '../../src/specs/documents.schema.ts';
import type { JobEvent, JobInput, Json, Outputs } from '../../src/specs/execution.ts';
import { nodeJobAddress, runWorkflowId } from '../../src/specs/identity.ts';
import { jobSpecSchema, type JobPatch } from '../../src/specs/job.schema.ts';
import type { NodeFacts, RunAnswer, RunInput, RunQuestion } from '../../src/specs/run.ts';
import type { Status } from '../../src/specs/status.ts';
import type { Store } from '../../src/store/contract.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

export const APP = 'etl';
export const GRANTS = { clusters: ['local'], workers: ['default'], queues: ['default'], users: [], secrets: [] };

export interface RunScene {
  readonly deps: SchedulerDeps;
  readonly store: Store;
  readonly activities: ReturnType<typeof createRunActivities>;
  /** Stores a document as it would be stored. */
  put(kind: 'App' | 'Cluster' | 'Job' | 'Dag', name: string, spec: object): Promise<void>;
  /** A run of a DAG, pinned, with these parameters. */
  run(dag: Partial<DagSpecInput>, more?: Partial<RunInput>): Promise<RunInput>;
  ask(run: RunInput, question: RunQuestion, nodes?: Readonly<Record<string, NodeFacts>>): Promise<RunAnswer>;
  /** Writes what a job of a node has become. */
  ended(input: JobInput, status: Status, outputs?: Outputs, attempt?: number): Promise<void>;
  close(): Promise<void>;
}

export async function runScene(client: Partial<Client> = {}): Promise<RunScene> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-run-'));
  const store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
  const artifacts = folderArtifactStore(join(folder, 'artifacts'), { maxBytes: 1e8 });
  const deps = {
    store,
    artifacts,
    adapters: createAdapterRegistry(),
    jobTypes: createJobTypeRegistry(),
    logger: pino({ level: 'silent' }),
    client,
    poke: () => undefined,
  } as unknown as SchedulerDeps;
  const activities = createRunActivities(deps);
  const schemas = { App: appSpecSchema, Cluster: clusterSpecSchema, Job: jobSpecSchema, Dag: dagSpecSchema };
  const scene: RunScene = {
    deps,
    store,
    activities,
    async put(kind, name, given) {
      const spec = schemas[kind].parse({ name, ...given }) as unknown as { readonly [key: string]: Json };
      const app = kind === 'Job' || kind === 'Dag' ? APP : '';
      await store.definitions.put({ kind, app, name, digest: digestOf(spec), spec, createdBy: 'test' });
    },
    async run(dag, more = {}) {
      const spec = await pinDag(deps, APP, dagSpecSchema.parse({ name: 'flights', nodes: {}, ...dag }));
      const input: RunInput = {
        runId: newJobId(),
        app: APP,
        dag: spec.name,
        digest: digestOf(spec),
        spec: await carryDag(spec, artifacts),
        params: {},
        mark: 'mark',
        createdAt: '2026-11-26T05:00:07.000Z',
        by: 'etl/alice',
        ...more,
      };
      await store.runs.created(input, runWorkflowId(APP, input.dag, input));
      return input;
    },
    async ask(run, question, nodes = {}) {
      const workflowId = runWorkflowId(APP, run.dag, run);
      const [answer] = await activities.answerAll({ run, workflowId, nodes, questions: [question] });
      return answer!;
    },
    async ended(input, status, outputs = {}, attempt = 1) {
      const { node, item, owner } = input.place!;
      const address = nodeJobAddress(owner, node, item);
      const seq = (await store.executions.byWorkflowId(address))?.seq ?? 0;
      const at = '2026-11-26T05:10:00.000Z';
      const event = (n: number, to: Status, set?: object): JobEvent => ({
        seq: seq + n,
        at,
        attempt,
        status: to,
        attemptStatus: to,
        type: n === 1 && attempt > 1 ? 'rerun' : 'status',
        ...(set && { set }),
      });
      const events = [event(1, attempt > 1 ? 'ACCEPTED' : 'CREATED'), event(2, 'STARTING'), event(3, status, { outputs, endedAt: at })];
      await activities.recordAll({ jobs: [{ jobId: input.jobId, workflowId: address, runId: 'r', input, events }], runs: [] });
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
  await scene.put('App', APP, { grants: GRANTS });
  await scene.put('Cluster', 'local', { type: 'local' });
  return scene;
}

export const shell = (inline: string, more: JobPatch = {}) => ({ type: 'shell', config: { script: { inline } }, ...more });
export const succeeded: NodeFacts = { status: 'SUCCEED', attempt: 1 };
