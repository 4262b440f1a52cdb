// The way of events to the store and to webhooks: in order, each tried until it succeeds. While the store is away the lifecycle goes on.
import { condition } from '@temporalio/workflow';
import type { Delivery, RecordRequest, SchedulerActivities } from '../specs/activities.ts';
import type { JobEvent } from '../specs/execution.ts';
import { isEnd } from '../specs/status.ts';
import { local } from './local.ts';
import { backoffMs } from './timings.ts';

/** An event on its way. `written`: it is in the store; what is left are its webhooks. */
export interface Unwritten {
  readonly event: JobEvent;
  readonly release?: string;
  readonly written?: boolean;
}

/** What the recorder asks of the job. */
export interface Recording {
  /** Everything of a RecordRequest but what changes. */
  request(): Omit<RecordRequest, 'events' | 'release'>;
  /** The webhook that wants this event, if any. */
  delivery(event: JobEvent): Delivery | undefined;
  /** There is something new. */
  pushed(): void;
}

/** So many webhooks are told at a time. */
export const MOST_DELIVERIES = 20;

/** The queue of events that are not yet in the store, or not yet handed to their webhooks. */
export class Recorder {
  readonly #recording: Recording;
  #queue: Unwritten[];
  /** Written together with the answer to a question, and not yet told by the job. */
  #ahead: JobEvent | undefined;
  #failures = 0;
  #busy = false;

  constructor(recording: Recording, unwritten: readonly Unwritten[] = []) {
    this.#recording = recording;
    this.#queue = [...unwritten];
  }

  /** Adds an event; the running loop writes it. */
  push(event: JobEvent, release?: string): void {
    this.#queue.push({ event, ...(release !== undefined && { release }) });
    if (this.#ahead) this.wrote([this.#ahead]);
    this.#recording.pushed();
  }

  /** What a continue-as-new must carry. */
  get unwritten(): readonly Unwritten[] {
    return this.#queue;
  }

  /** Whether no local activity is in flight: only then may the run be continued as new. */
  get idle(): boolean {
    return !this.#busy;
  }

  /** Whether everything is in the store. */
  get written(): boolean {
    return this.#queue.every(({ written }) => written);
  }

  /** Whether everything is written and handed to its webhooks: only then may the run close. */
  get empty(): boolean {
    return this.#queue.length === 0;
  }

  /** What is not in the store, to be told there with something else; nothing while a lease is to be freed with it. */
  pending(): RecordRequest | undefined {
    const waiting = this.#queue.filter(({ written }) => !written);
    if (waiting.some(({ release }) => release !== undefined)) return undefined;
    return { ...this.#recording.request(), events: waiting.map(({ event }) => event) };
  }

  /** These are in the store: what is left of them are their webhooks. */
  wrote(events: readonly JobEvent[]): void {
    const last = events.at(-1);
    this.#ahead = last && !this.#queue.some(({ event }) => event.seq >= last.seq) ? last : undefined;
    this.#queue = this.#queue.flatMap((item) => {
      const stored = events.find((event) => isSame(event, item.event));
      if (!stored || item.written) return [item];
      return this.#recording.delivery(stored) ? [{ event: stored, written: true }] : [];
    });
  }

  /** Whether there is something to do that does not wait for what follows it. */
  get urgent(): boolean {
    return this.#queue.some(isUrgent);
  }

  /** What is to be written next, with at most one lease to be freed. */
  next(): RecordRequest | undefined {
    const batch = nextBatch(this.#queue.filter(({ written }) => !written));
    if (batch.length === 0) return undefined;
    const release = batch.find((item) => item.release !== undefined)?.release;
    return { ...this.#recording.request(), events: batch.map(({ event }) => event), ...(release !== undefined && { release }) };
  }

  /** What is written and not yet handed to its webhooks, in order, at most so many. */
  outgoing(most: number): readonly Unwritten[] {
    return this.#queue.filter(({ written }) => written).slice(0, most);
  }

  /** The deliveries of these, where a webhook still wants them. */
  deliveries(items: readonly Unwritten[]): readonly Delivery[] {
    return items.flatMap(({ event }) => this.#recording.delivery(event) ?? []);
  }

  /** These were handed to their webhooks. */
  handed(items: readonly Unwritten[]): void {
    this.#queue = this.#queue.filter((item) => !items.includes(item));
  }

  /** Writes for ever; run it beside the lifecycle. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.urgent);
      this.#busy = true;
      const writing = !this.written;
      const done = await local((activities) => this.#step(activities)).then(
        () => true,
        () => false,
      );
      this.#busy = false;
      this.#failures = done ? 0 : this.#failures + 1;
      // What is to be written does not wait for webhooks that cannot be told.
      if (!done) await condition(() => !writing && !this.written, backoffMs(this.#failures - 1));
    }
  }

  /** One record, or, when all is written, one notification. The queue may have become shorter while others had their turn. */
  async #step(activities: SchedulerActivities): Promise<void> {
    const request = this.next();
    if (!request) return await this.#notify(activities);
    await activities.record(request);
    this.wrote(request.events);
  }

  async #notify(activities: SchedulerActivities): Promise<void> {
    const batch = this.outgoing(MOST_DELIVERIES);
    const deliveries = this.deliveries(batch);
    if (deliveries.length > 0) await activities.notify(deliveries);
    this.handed(batch);
  }
}

/** Two tellings of one decision: what is decided otherwise has another type or another status. */
const isSame = (a: JobEvent, b: JobEvent): boolean => a.seq === b.seq && a.type === b.type && a.attemptStatus === b.attemptStatus;

/** A record frees at most one lease. */
function nextBatch(queue: readonly Unwritten[]): readonly Unwritten[] {
  const releases = queue.flatMap((item, index) => (item.release === undefined ? [] : [index]));
  return queue.slice(0, releases[1] ?? queue.length);
}

/** A job that passes at once is told of in one record from CREATED to STARTING; a wait is told of when its reason is known. */
const isUrgent = ({ event, written }: Unwritten): boolean =>
  written === true || event.type !== 'status' || !(event.status === 'CREATED' || (event.status === 'ACCEPTED' && event.reason === undefined));

/** The name under which a webhook subscribes to an event. */
export function hookName(event: JobEvent): string {
  if (event.type !== 'status') return 'all';
  return isEnd(event.status) ? 'ended' : event.status.toLowerCase();
}
