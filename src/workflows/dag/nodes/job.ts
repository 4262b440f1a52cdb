// One job of a node in the history of its run: asks for its input, then one attempt after the other by the same lifecycle as any job.
import { condition } from '@temporalio/workflow';
import { nodeJobAddress, nodeJobPath } from '../../../specs/identity.ts';
import type { CarriedState, JobInput } from '../../../specs/execution.ts';
import type { CarriedItems, ItemId, NodePlace } from '../../../specs/run.ts';
import { isEnd, isWaiting } from '../../../specs/status.ts';
import { JobRun, type Resume } from '../../job/job.run.ts';
import type { JobHost } from '../../job/host.ts';
import { runAttempt } from '../../lifecycle.ts';
import { aside } from '../aside.ts';
import type { NodeEnd } from '../dag.state.ts';
import type { NodeEnded, RunHost, Stop, Why } from '../host.ts';

export interface JobStart {
  readonly node: number;
  readonly item?: ItemId;
  readonly items?: CarriedItems;
  /** The job's attempt that this will be. */
  readonly attempt: number;
  /** Of a rerun. */
  readonly why?: Why;
}

/** `tries`: the job's last attempt; that before this start where none was made. */
export interface JobEnd extends NodeEnded {
  readonly tries: number;
}

/** What a continue-as-new carries of a job. */
export interface CarriedJob {
  readonly input: JobInput;
  readonly resume: Resume;
}

export class NodeJob {
  readonly #host: RunHost;
  readonly #start: JobStart;
  readonly #ended: (end: JobEnd) => void;
  readonly path: string;
  job: JobRun | undefined;
  #stop: Stop | undefined;
  #weight = 0;

  /** It has a place already. `ended` is called once, unless the run leaves before. */
  constructor(host: RunHost, start: JobStart, ended: (end: JobEnd) => void) {
    this.#host = host;
    this.#start = start;
    this.#ended = ended;
    this.path = nodeJobPath(host.node(start.node).name, start.item);
  }

  /** Asks for its input, and runs it. */
  run(): void {
    aside(async () => ((await this.#ask()) ? await this.#drive() : undefined));
  }

  /** Goes on after a continue-as-new. */
  resume({ input, resume }: CarriedJob): void {
    this.#weigh(input);
    const carried: CarriedState = { attempt: resume.state.attempt, seq: 0, status: resume.state.status, appliedIds: [], resume: resume as never };
    this.job = new JobRun({ ...input, carried }, jobHost(this.#host, this.#start));
    aside(() => this.#drive());
  }

  stop(stop: Stop): void {
    this.#stop = stop;
    const { how, by, reason } = stop;
    this.job?.receive('kill', { how, by, ...(reason !== undefined && { reason }) });
  }

  async #ask(): Promise<boolean> {
    const { node, item, items, attempt } = this.#start;
    const { name } = this.#host.node(node);
    const answer = await this.#host.ask(
      { ask: 'job', node: name, attempt, ...(item !== undefined && { item }), ...(items && { items }) },
      () => this.#stop !== undefined || this.#host.leaving(),
    );
    if (this.#stop) return this.#endWithout(withdrawn(this.#stop));
    // The run leaves: the next one asks again.
    if (answer === undefined) return false;
    if ('failed' in answer) return this.#endWithout({ status: 'FAILED', ...answer.failed });
    if (!('input' in answer)) return this.#endWithout(noAnswer(answer));
    const { runId: run, dag } = this.#host.input();
    const place: NodePlace = { run, dag, node: name, ...(item !== undefined && { item }), owner: this.#host.workflowId };
    const input: JobInput = { ...answer.input, place };
    this.#weigh(input);
    this.job = this.#open(input, answer.carried);
    if (item === undefined) this.#host.changed(node, { jobId: input.jobId }, true);
    return true;
  }

  /** The job with its next attempt, which waits for its place in the queue. */
  #open(input: JobInput, carried: CarriedState | undefined): JobRun {
    const { attempt, why = { by: 'the run' } } = this.#start;
    const host = jobHost(this.#host, this.#start);
    if (attempt === 1) return new JobRun(input, host);
    const job = new JobRun({ ...input, carried: before(attempt, carried) }, host);
    if (job.ended) job.tell({ type: 'rerun', ...why });
    // What the attempt before started may still live: its end is not proved, and its key is stopped if it is ever seen again.
    else job.wishes.resolve = { as: 'rerun', ...why };
    return job;
  }

  async #drive(): Promise<void> {
    const job = this.job!;
    const { renewWanted, lifecycles } = this.#host.surroundings;
    while (!job.ended) {
      lifecycles.underWay += 1;
      const left = await runAttempt(job.course());
      lifecycles.underWay -= 1;
      if (left !== 'renew') continue;
      if (this.#host.leaving()) return;
      // It made place too early: others still have something in flight.
      await condition(() => !renewWanted());
    }
    const { status, code, reason, attempt } = job.state;
    this.#leave();
    this.#ended({ status: status as NodeEnd, tries: attempt, ...(code && { code }), ...(reason !== undefined && { reason }) });
  }

  #endWithout(end: NodeEnded): false {
    this.#leave();
    this.#ended({ ...end, tries: this.#start.attempt - 1 });
    return false;
  }

  #weigh(input: JobInput): void {
    this.#weight = JSON.stringify(input).length;
    this.#host.places.weigh(this.#weight);
  }

  #leave(): void {
    this.#host.places.release(this.#weight);
    this.#host.places.fill();
  }
}

/** The end of a job that was killed before it was made. */
export const withdrawn = ({ by, reason }: Stop): NodeEnded => ({
  status: 'CANCELED',
  code: 'KILLED',
  reason: [`killed by ${by} before it was started`, reason].filter(Boolean).join(': '),
});

/** An answer to another question: a bug, which must not stop the whole run. */
export const noAnswer = (answer: unknown): NodeEnded => ({
  status: 'FAILED',
  code: 'INTERNAL',
  reason: `no answer to this question: ${JSON.stringify(answer).slice(0, 200)}`,
});

/**
 * The state that the attempts before this one have left. A store that has lost them, or knows of this very attempt by a task that was lost,
 * does not change its number: its key must be new, and the same again after a crash.
 */
function before(attempt: number, carried: CarriedState = { attempt: 1, seq: 0, status: 'CANCELED', appliedIds: [] }): CarriedState {
  if (carried.attempt !== attempt - 1) return { ...carried, attempt: attempt - 1, status: 'CANCELED' };
  if (isWaiting(carried.status)) return { ...carried, status: 'CANCELED' };
  return isEnd(carried.status) ? carried : { ...carried, status: 'UNKNOWN' };
}

/** What the job asks of the run in whose history it is. */
function jobHost(host: RunHost, { node, item }: JobStart): JobHost {
  const { name } = host.node(node);
  return {
    ...host.surroundings,
    address: nodeJobAddress(host.workflowId, name, item),
    path: nodeJobPath(name, item),
    // Temporal's search knows the run.
    show: () => undefined,
    changed: () => undefined,
    pushed: (job) => host.pushed(job),
  };
}

/** The recorder of a job that has ended but is not written: nothing else of it goes on. */
export const endedJob = (host: RunHost, start: JobStart, { input, resume }: CarriedJob): JobRun =>
  new JobRun(
    { ...input, carried: { attempt: resume.state.attempt, seq: 0, status: resume.state.status, appliedIds: [], resume: resume as never } },
    jobHost(host, start),
  );
