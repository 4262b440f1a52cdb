// The way of everything that a run tells to the store and to webhooks: its own events and those of its jobs, many in one local activity,
// those of one job in order, each tried until it succeeds. Nothing waits for it but what the README says.
import { condition } from '@temporalio/workflow';
import type { RecordRequest } from '../specs/activities.ts';
import type { RunEvent, RunRecord } from '../specs/run.ts';
import type { JobRun } from './job/job.run.ts';
import { local, type LocalActivities } from './local.ts';
import { MOST_DELIVERIES } from './records.ts';
import { backoffMs } from './timings.ts';

/** So many jobs are written at a time, if they have no more than so many characters: what is written is in history, too. */
const MOST_JOBS = 100;
const MOST_CHARACTERS = 1_000_000;

/** The run's own events on their way. */
export interface RunEvents {
  /** Whether there is one that does not wait for what follows it. */
  readonly urgent: boolean;
  /** Those to be written next, the oldest first. */
  next(): readonly RunEvent[];
  written(events: readonly RunEvent[]): void;
  record(events: readonly RunEvent[]): RunRecord;
}

export class Journal {
  readonly #run: RunEvents;
  /** Jobs that have something to write or to tell; what could not be written goes to the end. */
  readonly #jobs = new Set<JobRun>();
  #most = MOST_JOBS;
  #failures = 0;
  #busy = false;

  constructor(run: RunEvents) {
    this.#run = run;
  }

  /** A job has something new. */
  pushed(job: JobRun): void {
    if (!this.#jobs.has(job)) this.#jobs.add(job);
  }

  /** Jobs of which not everything is written and handed on. */
  get jobs(): ReadonlySet<JobRun> {
    return this.#jobs;
  }

  get idle(): boolean {
    return !this.#busy;
  }

  /** Whether all that ended jobs have left is in the store: what follows them reads it there. */
  get endsWritten(): boolean {
    for (const job of this.#jobs) if (job.ended && !job.recorder.written) return false;
    return true;
  }

  /** Whether everything is in the store. */
  get written(): boolean {
    if (this.#run.next().length > 0) return false;
    for (const job of this.#jobs) if (!job.recorder.written) return false;
    return true;
  }

  /** Whether everything is written and handed to its webhooks. */
  get empty(): boolean {
    return this.#jobs.size === 0 && this.#run.next().length === 0;
  }

  /** Writes for ever; run it beside the lifecycles. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#urgent);
      this.#busy = true;
      const writing = !this.written;
      const done = await local((activities) => this.#step(activities)).then(
        () => true,
        () => false,
      );
      this.#busy = false;
      this.#failures = done ? 0 : this.#failures + 1;
      if (done) this.#most = MOST_JOBS;
      // What is to be written does not wait for webhooks that cannot be told.
      else await condition(() => !writing && !this.written, backoffMs(this.#failures - 1));
    }
  }

  get #urgent(): boolean {
    if (this.#run.urgent) return true;
    for (const job of this.#jobs) if (job.recorder.urgent) return true;
    return false;
  }

  async #step(activities: LocalActivities): Promise<void> {
    const events = this.#run.next();
    const jobs: { job: JobRun; request: RecordRequest }[] = [];
    let size = JSON.stringify(events).length;
    for (const job of this.#jobs) {
      if (jobs.length >= this.#most) break;
      const request = job.recorder.next();
      if (!request) continue;
      size += JSON.stringify(request.events).length;
      if (size > MOST_CHARACTERS && jobs.length > 0) break;
      jobs.push({ job, request });
    }
    if (jobs.length === 0 && events.length === 0) return await this.#notify(activities);
    try {
      await activities.recordAll({ jobs: jobs.map(({ request }) => request), runs: events.length > 0 ? [this.#run.record(events)] : [] });
    } catch (error) {
      // One that cannot be written must not keep the others from it for ever.
      this.#most = Math.max(1, Math.floor(jobs.length / 2));
      for (const { job } of jobs) {
        this.#jobs.delete(job);
        this.#jobs.add(job);
      }
      throw error;
    }
    this.#run.written(events);
    for (const { job, request } of jobs) {
      job.recorder.wrote(request.events);
      this.#done(job);
    }
  }

  async #notify(activities: LocalActivities): Promise<void> {
    const batch: { job: JobRun; items: ReturnType<JobRun['recorder']['outgoing']> }[] = [];
    let left = MOST_DELIVERIES;
    for (const job of this.#jobs) {
      const items = job.recorder.outgoing(left);
      if (items.length > 0) batch.push({ job, items });
      left -= items.length;
      if (left <= 0) break;
    }
    const deliveries = batch.flatMap(({ job, items }) => job.recorder.deliveries(items));
    if (deliveries.length > 0) await activities.notify(deliveries);
    for (const { job, items } of batch) {
      job.recorder.handed(items);
      this.#done(job);
    }
  }

  #done(job: JobRun): void {
    if (job.recorder.empty) this.#jobs.delete(job);
  }
}
