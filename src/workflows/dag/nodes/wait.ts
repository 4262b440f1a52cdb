// A node that waits: for a time, a signal, a person's approval, or cycles of another DAG. It takes no place.
import { ActivityFailure, CancellationScope, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import { durationMs } from '../../../specs/units.ts';
import type { Json, Timestamp } from '../../../specs/execution.ts';
import type { RunDuties } from '../../../specs/run.ts';
import { aside } from '../aside.ts';
import type { NodeEnded, NodeMessage, NodeRun, RunHost, Stop } from '../host.ts';
import { noAnswer } from './job.ts';

export interface WaitStart {
  readonly attempt: number;
  /** Since when it waits. */
  readonly since: Timestamp;
  /** Until when it waits for a time, once that is known. */
  readonly until?: Timestamp;
}

const { awaitCycles } = proxyActivities<RunDuties>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '1 min',
  retry: { initialInterval: '1 s', maximumInterval: '1 min' },
});

export class WaitNode implements NodeRun {
  readonly #host: RunHost;
  readonly #node: number;
  readonly #attempt: number;
  readonly #since: Timestamp;
  readonly #scope = new CancellationScope();
  #until: Timestamp | undefined;
  #stop: Stop | undefined;
  #done = false;

  constructor(host: RunHost, node: number, start: WaitStart) {
    this.#host = host;
    this.#node = node;
    this.#attempt = start.attempt;
    this.#since = start.since;
    this.#until = start.until;
  }

  start(): void {
    const { waits, timeout } = this.#host.node(this.#node);
    if (timeout !== undefined) {
      const end = { status: 'FAILED', code: 'TOTAL_TIMEOUT', reason: `waited for longer than ${timeout}` } as const;
      aside(() => this.#at(Date.parse(this.#since) + durationMs(timeout), end));
    }
    if (waits === 'time') aside(() => this.#time());
    else if (waits === 'dag') aside(() => this.#cycles());
  }

  stop(stop: Stop): void {
    this.#stop = stop;
    this.#end({ status: 'KILLED', code: 'KILLED', reason: [`killed by ${stop.by}`, stop.reason].filter(Boolean).join(': ') });
  }

  told(message: NodeMessage): void {
    if (message.type === 'signal') this.#end({ status: 'SUCCEED' });
  }

  dismiss(): void {
    this.#done = true;
    this.#scope.cancel();
  }

  *jobs(): Iterable<never> {}

  job(): undefined {
    return undefined;
  }

  carried(): Json {
    const carried: WaitStart = { attempt: this.#attempt, since: this.#since, ...(this.#until !== undefined && { until: this.#until }) };
    return carried as unknown as Json;
  }

  async #time(): Promise<void> {
    if (this.#until === undefined) {
      const { name } = this.#host.node(this.#node);
      const answer = await this.#host.ask({ ask: 'time', node: name, since: this.#since }, () => this.#stop !== undefined || this.#host.leaving());
      if (answer === undefined || this.#done) return;
      if ('failed' in answer) return this.#end({ status: 'FAILED', ...answer.failed });
      if (!('until' in answer)) return this.#end(noAnswer(answer));
      this.#until = answer.until;
      this.#host.changed(this.#node, { reason: `waits until ${answer.until}` });
    }
    await this.#at(Date.parse(this.#until), { status: 'SUCCEED' });
  }

  async #cycles(): Promise<void> {
    const { carried: _carried, ...run } = this.#host.input();
    try {
      const answer = await this.#scope.run(() => awaitCycles({ run, node: this.#host.node(this.#node).name }));
      this.#end('failed' in answer ? { status: 'FAILED', reason: answer.failed } : { status: 'SUCCEED' });
    } catch (error) {
      if (isCancellation(error)) return;
      if (!(error instanceof ActivityFailure)) throw error;
      this.#end({ status: 'FAILED', code: 'INTERNAL', reason: error.cause?.message ?? error.message });
    }
  }

  /** Ends it at a time. What follows from its end is outside of its scope, which is cancelled then. */
  async #at(time: number, end: NodeEnded): Promise<void> {
    try {
      await this.#scope.run(() => sleep(Math.max(1, time - Date.now())));
    } catch (error) {
      if (isCancellation(error)) return;
      throw error;
    }
    this.#end(end);
  }

  #end(end: NodeEnded): void {
    if (this.#done) return;
    this.dismiss();
    this.#host.ended(this.#node, { ...end, attempt: this.#attempt });
  }
}
