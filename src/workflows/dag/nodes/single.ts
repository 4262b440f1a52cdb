// A node that is one job.
import type { Json } from '../../../specs/execution.ts';
import type { JobRun } from '../../job/job.run.ts';
import type { NodeRun, RunHost, Stop, Why } from '../host.ts';
import { NodeJob, withdrawn, type CarriedJob, type JobEnd } from './job.ts';

/** `attempt` is the node's, `job` that of its job: the difference are starts that made no attempt of the job. */
export interface SingleStart {
  readonly attempt: number;
  readonly job: number;
  readonly why?: Why;
}

export class SingleJob implements NodeRun {
  readonly #host: RunHost;
  readonly #node: number;
  readonly #start: SingleStart;
  readonly #resumed: CarriedJob | undefined;
  readonly #lost: () => void;
  #job: NodeJob | undefined;
  #done = false;

  /** `lost`: this start made no attempt of the job. */
  constructor(host: RunHost, node: number, start: SingleStart, lost: () => void, resumed?: CarriedJob) {
    this.#host = host;
    this.#node = node;
    this.#start = start;
    this.#lost = lost;
    this.#resumed = resumed;
  }

  start(): void {
    const { places } = this.#host;
    if (this.#resumed) {
      places.take();
      this.#make().resume(this.#resumed);
      return;
    }
    if (!places.free) this.#host.changed(this.#node, { reason: 'the run has as many jobs under way as it may' });
    places.claim({ wants: () => !this.#done && this.#job === undefined, start: () => this.#make().run() });
  }

  stop(stop: Stop): void {
    if (this.#job) {
      this.#job.stop(stop);
    } else if (!this.#done) {
      this.#done = true;
      this.#lost();
      this.#host.ended(this.#node, { ...withdrawn(stop), attempt: this.#start.attempt });
    }
  }

  *jobs(): Iterable<{ path: string; job: JobRun }> {
    if (this.#job?.job) yield { path: this.#job.path, job: this.#job.job };
  }

  job(): JobRun | undefined {
    return this.#job?.job;
  }

  carried(): Json {
    const { attempt, job, why } = this.#start;
    return { attempt, job, ...(why && { why: { ...why } }) };
  }

  #make(): NodeJob {
    const { job: attempt, why } = this.#start;
    this.#job = new NodeJob(this.#host, { node: this.#node, attempt, ...(why && { why }) }, (end) => this.#ended(end));
    return this.#job;
  }

  #ended({ tries, ...end }: JobEnd): void {
    this.#done = true;
    const { attempt, job } = this.#start;
    if (tries < job) this.#lost();
    this.#host.ended(this.#node, { ...end, attempt: attempt + Math.max(0, tries - job) });
  }
}
