// What a scenario plays with: the stack, its jobs, the receiver, seeded randomness; and the way from the last fault to the verdict.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guard } from '../../../src/crash-points.ts';
import type { RunStatus } from '../../../src/specs/dag.ts';
import type { RunView } from '../../../src/specs/run-views.schema.ts';
import { isEnd, type Status } from '../../../src/specs/status.ts';
import type { JobView } from '../../../src/specs/views.schema.ts';
import { check } from '../checker/check.ts';
import type { Call, Intent, Limits, RunIntent, ScheduleSeen, TruthLine, Violation } from '../checker/evidence.ts';
import { JobClient } from './client.ts';
import { collect, truthLines } from './collect.ts';
import { mix, plan, type Change, type Kind, type MixPlace, type PlannedJob } from './mix.ts';
import type { Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { Stack, type StackOptions } from './stack.ts';
import { mixOfRuns, planRun, type PlannedRun, type RunShape } from './runs.ts';
import { until } from './until.ts';
import type { Supervised } from './supervised.ts';
import type { Yarn } from './yarn.ts';

export interface WorldOptions {
  readonly name: string;
  readonly folder: string;
  readonly random: Random;
  readonly without: readonly Guard[];
  /** Fewer jobs and faults. */
  readonly quick: boolean;
  readonly stack?: StackOptions;
  readonly limits?: Partial<Limits>;
  /** The cluster of a scenario on YARN; whoever started it stops it. */
  readonly yarn?: Yarn;
  readonly log: (line: string) => void;
}

const isRefusal = ({ action, status = 0 }: Call): boolean => action === 'create' && status >= 400 && status < 500;

const LIMITS: Limits = { killGraceMs: 10_000, recoveryMs: 120_000 };

export class World {
  readonly stack: Stack;
  readonly client: JobClient;
  readonly receiver: Receiver;
  readonly random: Random;
  readonly quick: boolean;
  readonly place: MixPlace;
  readonly intents: Intent[] = [];
  readonly runIntents: RunIntent[] = [];
  /** What became of the schedules of the scenario. */
  readonly schedules: ScheduleSeen[] = [];
  readonly log: (line: string) => void;
  readonly #options: WorldOptions;
  readonly #busy: Promise<unknown>[] = [];
  readonly #undo: (() => unknown)[] = [];
  #reading = true;

  private constructor(options: WorldOptions, stack: Stack, receiver: Receiver) {
    this.#options = options;
    this.stack = stack;
    this.receiver = receiver;
    this.random = options.random;
    this.quick = options.quick;
    this.log = options.log;
    this.client = new JobClient(
      () => `http://127.0.0.1:${stack.apiProxy.port}`,
      () => stack.token,
    );
    this.place = {
      run: `${options.name}-${process.pid}-${Date.now()}`,
      truth: path.join(options.folder, 'truth.jsonl'),
      webhook: receiver.url,
      ...(options.yarn && { spec: options.yarn.spec }),
    };
  }

  static async open(options: WorldOptions): Promise<World> {
    await writeFile(path.join(options.folder, 'truth.jsonl'), '');
    const receiver = await Receiver.start();
    options.yarn?.begin(options.folder);
    const cluster = options.yarn && { cluster: options.yarn.document };
    const stack = await Stack.start(options.folder, options.without, { ...options.stack, ...cluster }).catch(async (error: unknown) => {
      await receiver.close();
      throw error;
    });
    receiver.key = ((await stack.admin('GET', '/api/v1/apps/default/signing-key')) as { key: string }).key;
    const world = new World(options, stack, receiver);
    world.#busy.push(world.#read());
    return world;
  }

  /** The cluster of a scenario on YARN. */
  get yarn(): Yarn {
    if (this.#options.yarn === undefined) throw new Error('this scenario has no YARN');
    return this.#options.yarn;
  }

  /** Puts jobs in flight: creates each and kills those that are to be killed, in the background. Resolves when all are created. */
  async submit(jobs: readonly PlannedJob[]): Promise<void> {
    this.intents.push(...jobs.map((job) => job.intent));
    const created = jobs.map(async (job) => await this.client.create(job));
    this.#busy.push(
      ...jobs.map(async (job, i) => {
        await created[i];
        if (job.killAfterMs === undefined) return;
        await delay(job.killAfterMs);
        await this.client.kill(job.intent.requestId);
      }),
    );
    await Promise.all(created);
    const refused = jobs.find(({ intent }) => this.client.calls.every((call) => call.requestId !== intent.requestId || isRefusal(call)));
    if (refused !== undefined) throw new Error(`job ${refused.intent.requestId} was refused`);
  }

  /** A mix of all kinds in flight, without waiting for the answers. */
  load(prefix: string, count: number): void {
    this.background(this.submit(mix(prefix, count, this.place, this.random)));
  }

  /** Puts runs in flight: creates each and kills those that are to be killed, in the background. Resolves when all are created. */
  async submitRuns(runs: readonly PlannedRun[]): Promise<void> {
    this.runIntents.push(...runs.map(({ intent }) => intent));
    const created = runs.map(async (run) => await this.client.createRun(run));
    this.#busy.push(
      ...runs.map(async ({ intent, killAfterMs }, i) => {
        await created[i];
        if (killAfterMs === undefined) return;
        await delay(killAfterMs);
        await this.client.killRun(intent.requestId);
      }),
    );
    await Promise.all(created);
    const refused = runs.find(({ intent }) => this.client.calls.every((call) => call.requestId !== intent.requestId || isRefusal(call)));
    if (refused !== undefined) throw new Error(`run ${refused.intent.requestId} was refused`);
  }

  /** A mix of all shapes of runs in flight, without waiting for the answers. */
  loadRuns(prefix: string, count: number): void {
    this.background(this.submitRuns(mixOfRuns(prefix, count, this.place, this.random)));
  }

  planRun(requestId: string, shape: RunShape): PlannedRun {
    return planRun(requestId, shape, this.place, this.random);
  }

  /** Waits until the run has this status, in this generation or a later one. */
  async runReaches(requestId: string, status: RunStatus, generation = 1, timeoutMs = 60_000): Promise<RunView> {
    return await until(
      `run ${requestId} to be ${status} in generation ${generation}`,
      async () => {
        const run = await this.client.run(requestId);
        return run.status === status && run.generation >= generation && run;
      },
      timeoutMs,
    );
  }

  /** Starts a process again so that it dies, once, at a crash point; `meanwhile` brings it there. Resolves when it has died. */
  async dies(victim: Supervised, point: string, hit: number, meanwhile: () => unknown): Promise<void> {
    this.stack.plans.set(victim.name, [{ point, action: 'kill', hit }]);
    await victim.crash();
    const doomed = victim.incarnations + 1;
    await until(`${victim.name} to start`, () => victim.incarnations >= doomed, 10_000, 20);
    this.stack.plans.delete(victim.name);
    meanwhile();
    await until(`${victim.name} to die at ${point}`, () => victim.incarnations > doomed, 90_000);
    this.log(`${victim.name} died at ${point}`);
  }

  /** Something that is waited for only at the end. */
  background(work: Promise<unknown>): void {
    work.catch(() => undefined);
    this.#busy.push(work);
  }

  /** A job of this kind, counted among those to be judged. */
  plan(kind: Kind, requestId: string, change?: Change): PlannedJob {
    return plan(kind, requestId, this.place, this.random, change);
  }

  /** A second client, of one API process without a proxy, whose requests count as well. */
  clientOf(url: string): JobClient {
    return new JobClient(
      () => url,
      () => this.stack.token,
      this.client,
    );
  }

  /** Waits until the job has one of these statuses. */
  async reaches(requestId: string, statuses: readonly Status[], timeoutMs = 60_000): Promise<JobView> {
    return await until(
      `job ${requestId} to be ${statuses.join(' or ')}`,
      async () => {
        const job = await this.client.job(requestId);
        return statuses.includes(job.status) && job;
      },
      timeoutMs,
    );
  }

  /** What the payloads noted so far. */
  async truth(): Promise<TruthLine[]> {
    return await truthLines(this.place.truth);
  }

  /** Waits until the job's payload has noted its start. */
  async started(requestId: string, timeoutMs = 60_000): Promise<TruthLine> {
    return await until(
      `the payload of ${requestId} to start`,
      async () => (await this.truth()).find((line) => line.job === requestId && line.event === 'start'),
      timeoutMs,
    );
  }

  /** Waits until some of the job's log can be read. */
  async hasLog(requestId: string, timeoutMs = 60_000): Promise<void> {
    const route = `/api/v1/jobs/${await this.client.idOf(requestId)}/logs`;
    await until(`a log of ${requestId}`, async () => (await this.client.text(route)) !== '', timeoutMs);
  }

  /** A reader who looks all the time: states must never go back before anyone's eyes. */
  async #read(): Promise<void> {
    while (this.#reading) {
      await this.client.list().catch(() => undefined);
      await this.client.listRuns().catch(() => undefined);
      await delay(1_000);
    }
  }

  /** Heals everything, waits for the ends, and asks the judge. */
  async judge(): Promise<Violation[]> {
    const limits = { ...LIMITS, ...this.#options.limits };
    await this.#options.yarn?.heal();
    await this.stack.heal();
    const healedAt = Date.now();
    const settledAt = await this.#settled(limits.recoveryMs);
    this.#reading = false;
    this.client.close();
    await Promise.all(this.#busy);
    const evidence = await collect({
      stack: this.stack,
      client: this.client,
      receiver: this.receiver,
      place: this.place,
      intents: this.intents,
      runIntents: this.runIntents,
      schedules: this.schedules,
      healedAt,
      settledAt,
      limits,
      ...(this.#options.yarn && { yarn: this.#options.yarn }),
    });
    await writeFile(path.join(this.stack.folder, 'evidence.json'), JSON.stringify(evidence, undefined, 1));
    if (settledAt !== undefined)
      this.log(
        `recovered in ${settledAt - healedAt} ms, ${evidence.jobs.length} jobs, ${evidence.runs.length} runs, ${evidence.truth.filter((l) => l.event === 'start').length} starts`,
      );
    return check(evidence);
  }

  async #settled(timeoutMs: number): Promise<number | undefined> {
    const may = new Map(this.intents.map((intent) => [intent.requestId, intent.may]));
    const done = async (): Promise<boolean> => {
      const jobs = await this.client.list();
      const by = new Map(jobs.map((job) => [job.requestId, job.status]));
      const runs = await this.client.listRuns();
      if (this.runIntents.some(({ requestId }) => !runs.some((run) => run.requestId === requestId)) || runs.some((run) => run.status !== 'FINISH'))
        return false;
      return [...may].every(([requestId, ends]) => {
        const status = by.get(requestId);
        return status !== undefined && (isEnd(status) || (status === 'UNKNOWN' && ends.includes('UNKNOWN')));
      });
    };
    return await until('every job to end', done, timeoutMs, 300).then(
      () => Date.now(),
      () => undefined,
    );
  }

  /** Something to undo at the end. */
  onClose(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  async close(): Promise<void> {
    this.#reading = false;
    for (const undo of this.#undo) await undo();
    this.client.close();
    await this.stack.stop();
    await this.receiver.close();
  }
}
