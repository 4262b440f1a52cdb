// A time-skipping Temporal server with the real workflows and activities that a test scripts: what the cluster, the store and the
// workers do is the test's decision, what becomes of it is the workflow's.
import { Context, heartbeat } from '@temporalio/activity';
import type { Duration } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { hasChanged } from '../../src/activities/observation.ts';
import type {
  AdmitRequest,
  AdmitResult,
  Delivery,
  DescribeInput,
  DescribeResult,
  DutyActivities,
  FinishInput,
  FinishResult,
  LaunchResult,
  RecordRequest,
  SchedulerActivities,
  StopInput,
  StopResult,
  WorkerActivities,
} from '../../src/specs/activities.ts';
import type { ClusterRecord, JobEvent, JobInput, Observation } from '../../src/specs/execution.ts';
import { QUEUES } from '../../src/specs/identity.ts';
import { jobSpecSchema, type JobSpecInput } from '../../src/specs/job.schema.ts';
import type { JobSnapshot } from '../../src/specs/messages.ts';
import { toldBy } from '../../src/specs/telling.ts';
import type { job } from '../../src/workflows/index.ts';
import { SEARCH_ATTRIBUTES } from '../../src/specs/search-attributes.ts';
import { devServer, quietTemporal, timeSkippingEnvironment, workflowBundle, type DevServer } from '../helpers/temporal.ts';

/** The time-skipping server with our search attributes. */
export async function environment(): Promise<TestWorkflowEnvironment> {
  const env = await timeSkippingEnvironment();
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, 2 /* Keyword */]));
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  return env;
}

/** A real server of its own, where time is not skipped. */
export async function realEnvironment(): Promise<{ server: DevServer; env: TestWorkflowEnvironment; close(): Promise<void> }> {
  quietTemporal();
  const server = await devServer();
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  const close = async (): Promise<void> => {
    await env.teardown();
    await server.stop();
  };
  return { server, env, close };
}

let count = 0;

/** What one test decides; everything has an answer already. */
export interface Script {
  admit: (request: AdmitRequest) => AdmitResult | Promise<AdmitResult>;
  take: (request: AdmitRequest) => AdmitResult | Promise<AdmitResult>;
  record: (request: RecordRequest) => void | Promise<void>;
  launch: WorkerActivities['launch'];
  describe: WorkerActivities['describe'];
  stop: WorkerActivities['stop'];
  finish: WorkerActivities['finish'];
  allocateId: WorkerActivities['allocateId'];
  notify: SchedulerActivities['notify'];
  sweep: WorkerActivities['sweep'];
  announce: WorkerActivities['announce'];
  lastRun: SchedulerActivities['lastRun'];
  sweepPlan: DutyActivities['sweepPlan'];
  sweepSettle: DutyActivities['sweepSettle'];
  deliver: DutyActivities['deliver'];
  deadLetter: DutyActivities['deadLetter'];
}

export const seen = (phase: Observation['phase'], more: Partial<Observation> = {}): Observation => ({
  phase,
  observedAt: new Date().toISOString(),
  ...more,
});
export const succeeded = seen('ended', {
  final: 'succeeded',
  exitCode: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
});
export const failed = seen('ended', { final: 'failed', exitCode: 1 });
export const launched = (observation: Observation): LaunchResult => ({
  handle: { id: 'host/1' },
  observation,
  timings: [{ step: 'start', startedAt: observation.observedAt, ms: 1 }],
});

/** Messages that nobody should send. */
export const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  'kill',
  42,
  true,
  [],
  [[1]],
  {},
  { id: 7, by: {}, reason: [], how: 'gently', as: 1, attempt: '1', with: 3, handle: 'x' },
  { id: 'x'.repeat(5000), with: { priority: 'first', timeouts: { run: 'soon' }, retry: { attempts: 'all' }, env: 5, nonsense: 1 } },
  { with: { resources: { memory: 'lots' } } },
  { with: { resources: { memory: 5, cpu: 'all' } } },
  { with: { env: { LONGSHORE_OUTPUT: '/tmp/x', 'A=B': '1' }, secrets: { PWD: 'p' } } },
  { as: 'adopt', handle: { id: '' } },
];

/** A promise with its ends in hand. */
export function held<T>(): { promise: Promise<T>; resolve: (value: T) => void; fail: (error: Error) => void } {
  let ends: { resolve: (value: T) => void; fail: (error: Error) => void } | undefined;
  const promise = new Promise<T>((resolve, fail) => {
    ends = { resolve, fail };
  });
  return { promise, ...ends! };
}

/** One installation: queues, workers and clusters of its own on a shared server. */
export class Stage {
  readonly env: TestWorkflowEnvironment;
  readonly id = ++count;
  readonly queue = `scheduler-${this.id}`;
  readonly host = `w${this.id}-a`;
  readonly otherHost = `w${this.id}-b`;
  readonly group = `g${this.id}`;
  readonly calls: { readonly step: string; readonly host: string; readonly input: unknown }[] = [];
  readonly events: JobEvent[] = [];
  readonly eventsOf = new Map<string, JobEvent[]>();
  readonly released: string[] = [];
  readonly deliveries: Delivery[] = [];
  readonly script: Script;
  /** Of the workflow tasks of what is started: after 80% of it a local activity that still runs outlives its task. */
  taskTimeout: Duration = '10 s';
  #workers = new Map<string, { worker: Worker; done: Promise<void> }>();
  protected readonly started: WorkflowHandle[] = [];
  #jobs = 0;

  constructor(env: TestWorkflowEnvironment) {
    this.env = env;
    this.script = {
      admit: () => ({ admitted: true, cluster: this.cluster, workerId: this.host }),
      take: (request) => this.script.admit(request),
      record: () => undefined,
      launch: () => Promise.resolve(launched(succeeded)),
      describe: () => Promise.resolve({ observation: succeeded }),
      stop: () => Promise.resolve({ observation: seen('ended', { final: 'killed' }), stopped: [{ id: 'host/1' }] }),
      finish: () => Promise.resolve({ outputs: {}, timings: [] }),
      allocateId: () => Promise.resolve({ id: 'application_1' }),
      notify: () => Promise.resolve(),
      sweep: () => Promise.resolve({ seen: [], stopped: [] }),
      announce: () => untilCancelled(),
      lastRun: () => Promise.resolve(null),
      sweepPlan: () => Promise.resolve(null),
      sweepSettle: () => Promise.resolve(),
      deliver: () => Promise.resolve(),
      deadLetter: () => Promise.resolve(),
    };
  }

  /** Activities that a kind of stage has besides these. */
  more?(base: Pick<SchedulerActivities, 'admit' | 'take' | 'record'>): object;

  get cluster(): ClusterRecord {
    return { name: 'local', type: 'local', version: 1, workers: this.group, config: {}, engines: {} };
  }

  /** Starts the scheduler's worker and, unless told otherwise, the first host. */
  async open(options: { hosts?: boolean; maxCachedWorkflows?: number } = {}): Promise<this> {
    const { maxCachedWorkflows } = options;
    const record = async (request: RecordRequest): Promise<RecordRequest['events']> => {
      await this.script.record(request);
      const known = this.eventsOf.get(request.jobId) ?? [];
      this.eventsOf.set(request.jobId, known);
      for (const event of request.events.filter(({ seq }) => seq > (known.at(-1)?.seq ?? 0))) {
        known.push(event);
        this.events.push(event);
      }
      if (request.release !== undefined) this.released.push(request.release);
      return request.events;
    };
    /** A store that cannot take the events leaves them to be recorded later, so that a test can have the one without the other. */
    const told = async ({ telling }: AdmitRequest, answer: AdmitResult): Promise<AdmitResult> => {
      if (!telling) return answer;
      const { workerId } = { workerId: undefined, ...answer };
      const outcome = answer.admitted
        ? { granted: true as const, ...(workerId && { workerId }) }
        : { granted: false as const, reason: answer.reason };
      return await record(toldBy(telling, outcome)).then(
        (events) => ({ ...answer, events }),
        () => answer,
      );
    };
    const admit = async (request: AdmitRequest) => told(request, await this.#call('admit', 'scheduler', request, this.script.admit));
    const take = async (request: AdmitRequest) => told(request, await this.#call('take', 'scheduler', request, this.script.take));
    const activities: SchedulerActivities & DutyActivities = {
      ...this.more?.({ admit, take, record }),
      admit,
      take,
      record,
      clusterRecord: () => Promise.resolve(this.cluster),
      lastRun: (workflowId) => this.script.lastRun(workflowId),
      notify: async (deliveries) => {
        await this.script.notify(deliveries);
        this.deliveries.push(...deliveries);
      },
      sweepPlan: (target) => this.#call('sweepPlan', 'scheduler', target, this.script.sweepPlan),
      sweepSettle: (input) => this.#call('sweepSettle', 'scheduler', input, this.script.sweepSettle),
      deliver: (delivery) => this.#call('deliver', 'scheduler', delivery, this.script.deliver),
      deadLetter: (input) => this.#call('deadLetter', 'scheduler', input, this.script.deadLetter),
    };
    await this.#run(this.queue, {
      activities,
      workflowBundle: await workflowBundle(),
      ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
    });
    if (options.hosts !== false) await this.startHost(this.host);
    return this;
  }

  /** A worker machine comes up. */
  async startHost(host: string): Promise<void> {
    await this.#run(QUEUES.host(host), { activities: this.#workerActivities(host) });
    await this.#run(QUEUES.stop(QUEUES.host(host)), { activities: this.#workerActivities(host) });
  }

  /** A group's workers come up, and watch. */
  async startGroup(): Promise<void> {
    for (const queue of [QUEUES.group(this.group), QUEUES.stop(QUEUES.group(this.group)), QUEUES.watch(this.group)]) {
      await this.#run(queue, { activities: this.#workerActivities('group') });
    }
  }

  /** A worker machine stops taking steps; what it runs is left to the test. */
  async stopHost(host: string): Promise<void> {
    for (const queue of [QUEUES.host(host), QUEUES.stop(QUEUES.host(host))]) await this.#end(queue);
  }

  input(spec: Partial<JobSpecInput> = {}, more: Partial<JobInput> = {}): JobInput {
    const jobId = `${this.id}${String(++this.#jobs).padStart(4, '0')}`;
    return {
      jobId,
      app: 'etl',
      digest: 'd',
      spec: jobSpecSchema.parse({ name: 'report', type: 'shell', ...spec }),
      mark: 'm',
      createdAt: new Date().toISOString(),
      by: 'alice',
      ...more,
    };
  }

  async start(spec: Partial<JobSpecInput> = {}, more: Partial<JobInput> = {}): Promise<WorkflowHandleWithFirstExecutionRunId<typeof job>> {
    const input = this.input(spec, more);
    const createdAt = new Date(await this.env.currentTimeMs()).toISOString();
    const handle = await this.env.client.workflow.start('job', {
      taskQueue: this.queue,
      workflowTaskTimeout: this.taskTimeout,
      workflowId: `job:etl:~${input.jobId}`,
      args: [{ ...input, createdAt, ...more }],
    });
    this.started.push(handle);
    return handle;
  }

  steps(): string[] {
    return this.calls.map(({ step }) => step).filter((step) => step !== 'admit');
  }

  inputs<Input>(step: string): Input[] {
    return this.calls.filter((call) => call.step === step).map(({ input }) => input as Input);
  }

  /** The statuses that the store was told of, in order, without repeats. */
  statuses(): string[] {
    return this.events.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
  }

  /** Ends its workers; throws when a history of its jobs does not replay, as a scheduler that has it no longer in memory would. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((queue) => this.#end(queue)));
    for (const handle of this.started) {
      await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, await handle.fetchHistory(), handle.workflowId);
    }
  }

  /** Throws when an execution of the workflow does not replay, from the first one on; `close` looks at the newest alone. */
  async replay({ workflowId, firstExecutionRunId }: WorkflowHandleWithFirstExecutionRunId): Promise<void> {
    for (let runId: string | null | undefined = firstExecutionRunId; runId;) {
      const history = await this.env.client.workflow.getHandle(workflowId, runId).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
      runId = history.events!.at(-1)!.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
  }

  #workerActivities(host: string): WorkerActivities {
    const bind =
      <Input, Result>(step: keyof Script) =>
      (input: Input): Promise<Result> =>
        this.#call(step, host, input, this.script[step] as (input: Input) => Promise<Result>);
    return {
      allocateId: bind('allocateId'),
      launch: bind('launch'),
      describe: bind<DescribeInput, DescribeResult>('describe'),
      stop: bind<StopInput, StopResult>('stop'),
      finish: bind<FinishInput, FinishResult>('finish'),
      sweep: bind('sweep'),
      announce: bind('announce'),
    };
  }

  async #call<Input, Result>(step: string, host: string, input: Input, act: (input: Input) => Result | Promise<Result>): Promise<Result> {
    this.calls.push({ step, host, input });
    return await act(input);
  }

  async #run(queue: string, options: Partial<Parameters<typeof Worker.create>[0]>): Promise<void> {
    const worker = await Worker.create({ connection: this.env.nativeConnection, taskQueue: queue, ...options });
    this.#workers.set(queue, { worker, done: worker.run() });
  }

  async #end(queue: string): Promise<void> {
    const running = this.#workers.get(queue);
    if (!running) return;
    this.#workers.delete(queue);
    if (running.worker.getState() === 'RUNNING') running.worker.shutdown();
    await running.done;
  }
}

/** A step that takes as long as the test wants: it beats, and ends when it is cancelled. */
export async function until<T>(promise: Promise<T>): Promise<T> {
  const beat = setInterval(() => heartbeat(), 200);
  try {
    return await Promise.race([promise, Context.current().cancelled]);
  } finally {
    clearInterval(beat);
  }
}

/** What a real step does that goes on until nobody wants it any more. */
export const untilCancelled = (): Promise<never> => until(Context.current().cancelled);

/** A describe as the watcher does it: it tells what is not known yet, and waits where nothing is new. */
export const watched = async (says: Observation, { known }: DescribeInput): Promise<DescribeResult> =>
  hasChanged(known, says) ? { observation: says } : await untilCancelled();

export const snapshot = (handle: WorkflowHandle<typeof job>): Promise<JobSnapshot> => handle.query<JobSnapshot>('snapshot');
