// A stage with runs: what their workflow asks is answered from a store in memory, with the real compiler of DAGs.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { Client, type Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { SchedulerActivities } from '../../../src/specs/activities.ts';
import { compileDag } from '../../../src/specs/dag-plan.ts';
import { validateDag } from '../../../src/specs/dag-check.ts';
import { dagSpecSchema, type DagSpec, type DagSpecInput } from '../../../src/specs/dag.schema.ts';
import type { RunOutcome } from '../../../src/specs/dag.ts';
import type { CarriedState, JobEvent, JobInput, Json, Observation } from '../../../src/specs/execution.ts';
import { nodeJobAddress } from '../../../src/specs/identity.ts';
import { jobSpecSchema } from '../../../src/specs/job.schema.ts';
import type {
  CarriedDag,
  CarriedItems,
  LastRun,
  NodeChange,
  NodeFacts,
  RunActivities,
  RunAnswer,
  RunDuties,
  RunEvent,
  RunInput,
  RunQuestion,
  RunQuestions,
  RunResult,
  RunSnapshot,
} from '../../../src/specs/run.ts';
import { durationMs } from '../../../src/specs/units.ts';
import { firstContradicted } from '../../../src/store/sql/lost-timeline.ts';
import type { dag } from '../../../src/workflows/index.ts';
import { Stage, failed, held, launched, seen, succeeded, until } from '../harness.ts';
import { eventually } from '../eventually.ts';

export type Nodes = Record<string, DagSpecInput['nodes'][string]>;
export type Run = WorkflowHandleWithFirstExecutionRunId<typeof dag>;

const JOB = { type: 'shell', config: { script: 'true' } };
/** The spec of these nodes, which are jobs where they do not say otherwise. */
export function specOf(nodes: Nodes, more: Partial<DagSpecInput> = {}): DagSpec {
  const given = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, (node.wait ?? node.dag) ? node : { job: JOB, ...node }]));
  const spec = dagSpecSchema.parse({ name: 'd', nodes: given, ...more });
  const errors = validateDag(spec);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return spec;
}

let runs = 0;

export class RunStage extends Stage {
  readonly runEvents: RunEvent[] = [];
  /** By run: its executions in Temporal that have recorded something. */
  readonly #executions = new Map<string, Set<string>>();
  /** By run, node. */
  readonly rows = new Map<string, Map<string, NodeChange>>();
  /** What the store says of attempts of items, to a run that takes up one that was cut off. */
  tries: NonNullable<LastRun['rows']>['tries'] & object = {};
  readonly runInputs = new Map<string, RunInput>();
  readonly asked: RunQuestion[] = [];
  readonly #jobs = new Map<string, string>();
  readonly #runOf = new Map<RunEvent, string>();
  /** Specs that are too large for Temporal, by digest. */
  readonly #artifacts = new Map<string, DagSpec>();
  /** Specs of child runs by node. */
  readonly children = new Map<string, DagSpec>();
  /** Child runs do not know whose they are: their ends are told to nobody. */
  orphans = false;
  /** What the test decides about runs. */
  readonly decides: {
    when: (node: string, nodes: { readonly [name: string]: NodeFacts }, run: RunInput) => boolean | string;
    answer: (question: RunQuestion) => RunAnswer | undefined;
    before: () => void;
    recordRun: (events: readonly RunEvent[]) => void;
    closedChildren: RunDuties['closedChildren'];
    awaitCycles: RunDuties['awaitCycles'];
  } = {
    when: () => true,
    answer: () => undefined,
    before: () => undefined,
    recordRun: () => undefined,
    closedChildren: () => Promise.resolve([]),
    awaitCycles: () => Promise.resolve({ met: true }),
  };

  override more(base: Pick<SchedulerActivities, 'admit' | 'take' | 'record'>): RunActivities & RunDuties {
    return {
      admitAll: all(base.admit),
      takeAll: all(base.take),
      recordAll: async ({ jobs, runs: records }) => {
        for (const { events, input, workflowId, temporalRunId } of records) {
          this.#executions.set(workflowId, (this.#executions.get(workflowId) ?? new Set()).add(temporalRunId));
          this.decides.recordRun(events);
          this.#keep(workflowId, input, events);
        }
        for (const request of jobs) await base.record(request);
        return { jobs: jobs.map(({ jobId, events }) => ({ jobId, events })), runs: records.flatMap(({ events }) => events) };
      },
      runPlan: (spec) => {
        this.decides.before();
        return Promise.resolve(compileDag(this.#specOf(spec)));
      },
      answerAll: (questions) => {
        this.decides.before();
        return Promise.resolve(questions.questions.map((question) => this.#answer(question, questions)));
      },
      lastDagRun: (workflowId) => this.#last(workflowId),
      awaitCycles: (input) => this.decides.awaitCycles(input),
      closedChildren: (ids) => this.decides.closedChildren(ids),
    };
  }

  async run(nodes: Nodes, more: Partial<DagSpecInput> = {}, input: Partial<RunInput> = {}): Promise<Run> {
    const runId = `${this.id}${String(++runs).padStart(4, '0')}`;
    const createdAt = new Date(await this.env.currentTimeMs()).toISOString();
    const given: RunInput = {
      runId,
      app: 'etl',
      dag: 'd',
      digest: 'd',
      spec: this.#carried(specOf(nodes, more)),
      params: {},
      mark: 'm',
      createdAt,
      by: 'alice',
      ...input,
    };
    const workflowId = `dag:etl:d:~${runId}`;
    this.runInputs.set(workflowId, given);
    const handle = await this.env.client.workflow.start<typeof dag>('dag', {
      taskQueue: this.queue,
      workflowTaskTimeout: this.taskTimeout,
      workflowId,
      args: [given],
    });
    this.started.push(handle);
    return handle;
  }

  /** How many executions of the run have recorded something. */
  executions({ workflowId }: Run): number {
    return this.#executions.get(workflowId)?.size ?? 0;
  }

  /** The jobs of these names fail from now on; the others succeed. */
  failing(...names: string[]): void {
    this.script.launch = ({ spec }) => Promise.resolve(launched(names.includes(spec.name) ? failed : succeeded));
  }

  /** The jobs of these names, or all, run until they are stopped or the function that comes back is called. */
  running(...names: string[]): (name: string, end?: Observation) => void {
    const { launch, describe } = this.script;
    const ends = new Map<string, ReturnType<typeof held<Observation>>>();
    const endOf = (name: string) => {
      const end = ends.get(name) ?? held<Observation>();
      ends.set(name, end);
      return end;
    };
    const holds = (name: string): boolean => names.length === 0 || names.includes(name);
    this.script.launch = (input) => (holds(input.spec.name) ? Promise.resolve(launched(seen('running'))) : launch(input));
    this.script.describe = async (input) =>
      holds(input.spec.name) ? { observation: await until(endOf(input.spec.name).promise) } : await describe(input);
    return (name, end = succeeded) => endOf(name).resolve(end);
  }

  /** Waits until the job at this place of a run shows a status. */
  async shows(run: Run, path: string, status: string): Promise<void> {
    const jobs = async () => (await runSnapshot(run)).jobs;
    await eventually(
      async () => (await jobs())[path]?.status === status,
      async () => [path, status, await jobs()],
    );
  }

  /** Waits until the row of a node shows a status or phase. */
  async untilRow(run: Run, node: string, status: string): Promise<void> {
    await eventually(
      () => this.nodesOf(run)[node] === status,
      () => [node, status, this.nodesOf(run)],
    );
  }

  /** A rerun of a closed run: its workflow starts anew, without input. */
  async again(run: Run, message: object, signal = 'rerun'): Promise<Run> {
    const { signaledRunId } = await this.env.client.workflow.signalWithStart<typeof dag, [object]>('dag', {
      taskQueue: this.queue,
      workflowId: run.workflowId,
      signal,
      signalArgs: [message],
    });
    const handle = Object.assign(this.env.client.workflow.getHandle<typeof dag>(run.workflowId, signaledRunId), {
      firstExecutionRunId: signaledRunId,
    });
    this.started.push(handle);
    return handle;
  }

  /** Statuses as the rows of nodes tell them; a live node's is its job's. */
  nodesOf(run: Run): Record<string, string> {
    const rows = this.rows.get(run.workflowId) ?? new Map<string, NodeChange>();
    return Object.fromEntries([...rows].map(([name, { phase, status }]) => [name, status === 'job' ? phase : status]));
  }

  row(run: Run, node: string): NodeChange | undefined {
    return this.rows.get(run.workflowId)?.get(node);
  }

  /** Events of the job of a node. */
  jobEvents(run: Run, node: string, item?: number | 'final'): readonly JobEvent[] {
    return this.eventsOf.get(this.jobIdOf(run.workflowId, node, item)) ?? [];
  }

  jobIdOf(workflowId: string, node: string, item?: number | 'final'): string {
    const address = nodeJobAddress(workflowId, node, item);
    const jobId = this.#jobs.get(address) ?? `j${this.id}-${this.#jobs.size + 1}`;
    this.#jobs.set(address, jobId);
    return jobId;
  }

  /** Nodes whose jobs were launched, in order, as "node attempt". */
  launches(): string[] {
    return this.inputs<{ spec: { name: string }; attempt: { attempt: number } }>('launch').map(
      ({ spec, attempt }) => `${spec.name} ${attempt.attempt}`,
    );
  }

  #keep(workflowId: string, input: RunInput, events: readonly RunEvent[]): void {
    const rows = this.rows.get(workflowId) ?? new Map<string, NodeChange>();
    this.rows.set(workflowId, rows);
    this.runInputs.set(workflowId, input);
    const own = (): RunEvent[] => this.runEvents.filter((event) => this.#runOf.get(event) === workflowId);
    // What a workflow task wrote that Temporal never heard of is taken back, as the store does.
    const lost = firstContradicted(events, own()) ?? Infinity;
    for (const event of own().filter(({ seq }) => seq >= lost)) this.runEvents.splice(this.runEvents.indexOf(event), 1);
    const last = own().at(-1)?.seq ?? 0;
    for (const event of events.filter(({ seq }) => seq > last)) {
      this.#runOf.set(event, workflowId);
      this.runEvents.push(event);
    }
    rows.clear();
    for (const { nodes = [] } of own()) for (const change of nodes) rows.set(change.node, { ...rows.get(change.node), ...change });
  }

  #carried(spec: DagSpec): CarriedDag {
    const text = JSON.stringify(spec);
    if (text.length <= 16_384) return { spec };
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.#artifacts.set(sha256, spec);
    return { sha256, size: text.length };
  }

  #specOf(carried: CarriedDag): DagSpec {
    const spec = 'spec' in carried ? carried.spec : this.#artifacts.get(carried.sha256);
    if (spec === undefined) throw ApplicationFailure.nonRetryable('there is no such artifact');
    return spec;
  }

  #answer(question: RunQuestion, { run, workflowId, nodes }: RunQuestions): RunAnswer {
    this.asked.push(question);
    const decided = this.decides.answer(question);
    if (decided) return decided;
    const spec = this.#specOf(run.spec);
    const node = spec.nodes[question.node]!;
    switch (question.ask) {
      case 'when': {
        const holds = this.decides.when(question.node, nodes, run);
        return typeof holds === 'string' ? { failed: { code: 'INTERNAL', reason: holds } } : { holds };
      }
      case 'items': {
        const list = (node.foreach ?? node.mapReduce)?.item ?? [this.host, this.otherHost];
        return { items: itemsOf(list as Json[]) };
      }
      case 'time':
        return { until: new Date(Date.parse(question.since) + durationMs((node.wait as { time: string }).time)).toISOString() };
      case 'job':
        return this.#jobOf(question, run, workflowId);
      default:
        return this.#childOf(question, run, workflowId);
    }
  }

  #jobOf({ node, item, attempt }: Extract<RunQuestion, { ask: 'job' }>, run: RunQuestions['run'], workflowId: string): RunAnswer {
    const jobId = this.jobIdOf(workflowId, node, item);
    const dagSpec = this.#specOf(run.spec);
    const retry = (dagSpec.nodes[node]!.job as { retry?: object } | undefined)?.retry ?? dagSpec.defaults.retry;
    const input: JobInput = {
      jobId,
      app: run.app,
      digest: 'd',
      spec: jobSpecSchema.parse({
        name: item === undefined ? node : `${node}-${item}`,
        type: 'shell',
        ...(retry && { retry }),
        env: { PARAMS: JSON.stringify(run.params) },
      }),
      mark: run.mark,
      createdAt: run.createdAt,
      by: run.by,
      ...(run.timings && { timings: run.timings }),
    };
    const last = (this.eventsOf.get(jobId) ?? []).findLast((event) => event.attempt < attempt);
    const carried: CarriedState | undefined = last && { attempt: last.attempt, seq: last.seq, status: last.status, appliedIds: [] };
    return { input, ...(carried && attempt > 1 && { carried }) };
  }

  #childOf({ node, attempt }: Extract<RunQuestion, { ask: 'dag' }>, run: RunQuestions['run'], parent: string): RunAnswer {
    const workflowId = `${parent}/${node}${attempt > 1 ? `~${attempt}` : ''}`;
    const child: RunInput = {
      ...run,
      runId: `${run.runId}${attempt}`,
      dag: 'child',
      spec: { spec: this.children.get(node)! },
      ...(!this.orphans && { parent: { workflowId: parent, node, attempt } }),
    };
    this.runInputs.set(workflowId, child);
    return { child, workflowId };
  }

  async #last(workflowId: string): Promise<LastRun | null> {
    const input = this.runInputs.get(workflowId);
    if (!input) return null;
    const closed = this.started.filter((handle) => handle.workflowId === workflowId);
    const results: RunResult[] = [];
    // The environment's own client lets time pass while it waits for a result.
    const client = new Client({ connection: this.env.connection });
    for (const { firstExecutionRunId } of closed as Run[]) {
      const handle = client.workflow.getHandle<typeof dag>(workflowId, firstExecutionRunId);
      const { status } = await handle.describe();
      if (status.name !== 'RUNNING' && status.name !== 'TERMINATED') results.push(await handle.result());
    }
    const result = results.at(-1);
    if (result) return { input, result };
    const events = this.runEvents.filter((event) => this.#runOf.get(event) === workflowId);
    const { seq = 0, generation = 1 } = events.at(-1) ?? {};
    return { input, rows: { seq, generation, nodes: [...(this.rows.get(workflowId)?.values() ?? [])], tries: this.tries } };
  }
}

/** Each question by itself, as the merged activities answer them. */
const all =
  <Q, A>(one: (question: Q) => Promise<A>) =>
  (questions: readonly Q[]) =>
    Promise.all(
      questions.map(async (question) => {
        try {
          return { ok: await one(question) };
        } catch (error) {
          const { type = 'Error', message, nonRetryable = false } = error as ApplicationFailure;
          return { error: { type: String(type), message, final: nonRetryable === true } };
        }
      }),
    );

const itemsOf = (list: readonly Json[]): CarriedItems => ({ count: list.length, list });
export const runSnapshot = (run: Run): Promise<RunSnapshot> => run.query<RunSnapshot>('snapshot');

/**
 * How the run ends; what is skipped until then is. The time-skipping server at times loses the last events of an execution that was continued
 * as new, and whoever waits for its end there waits for ever: the newest execution is looked at instead.
 */
export async function outcomeOf({ client, workflowId }: Run): Promise<RunOutcome> {
  const { testService } = client.connection as Connection;
  await testService?.unlockTimeSkipping({});
  try {
    for (;;) {
      const { status, runId } = await client.getHandle(workflowId).describe();
      if (status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW')
        return (await client.getHandle<typeof dag>(workflowId, runId).result()).outcome;
      await sleep(100);
    }
  } finally {
    await testService?.lockTimeSkipping({});
  }
}
