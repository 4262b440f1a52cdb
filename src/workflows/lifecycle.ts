// The course of one attempt: admit → launch → describe … describe → finish; a stop at any point. The rules of statuses are the
// machine's; here is only what to do next, and what the end of each try means.
import { condition } from '@temporalio/workflow';
import type { AttemptInput } from '../specs/activities.ts';
import type { Observation } from '../specs/execution.ts';
import { isWaiting } from '../specs/status.ts';
import { findPlace, newestRecord } from './admission.ts';
import type { Course, Left } from './course.ts';
import { lostDecision, personDecision, type Decision } from './decision.ts';
import { endAfterStop, hasEnded, isLost, naturalEnd, withdrawn, type StopCause } from './ends.ts';
import { finishInput, finishedEnd } from './finishing.ts';
import { allowedEnd } from './job/job.machine.ts';
import type { AttemptEnd, Next } from './job/job.state.ts';
import { Patience } from './patience.ts';
import { pursue, pursueStep } from './pursue.ts';
import { Timers } from './timers.ts';
import { allocateId, describe, finish, isFull, launch, mayHaveStarted, stop, type Outcome, type Place } from './steps.ts';

type Failed = Extract<Outcome<never>, { kind: 'failed' }>;

/** So often is a launch tried that fails with an error nobody has a name for. */
const MOST_UNKNOWN_FAILURES = 10;

/** Runs the current attempt of a course until it ends, or until the run should be continued as new. */
export async function runAttempt(course: Course): Promise<Left> {
  const timers = new Timers(course);
  try {
    return await new Lifecycle(course, timers).run();
  } finally {
    timers.disarm();
  }
}

class Lifecycle {
  readonly #course: Course;
  readonly #timers: Timers;
  readonly #patience: Patience;

  constructor(course: Course, timers: Timers) {
    this.#course = course;
    this.#timers = timers;
    this.#patience = new Patience(course);
  }

  async run(): Promise<Left> {
    const { attemptStatus } = this.#state;
    if (isWaiting(attemptStatus)) {
      const left = await this.#queue();
      if (left) return left;
    }
    for (;;) {
      this.#timers.arm();
      const decision = this.#decision();
      if (decision) return this.#end(decision.end, decision.next);
      if (this.#progress.ending) {
        const end = await this.#finish(this.#progress.ending);
        if (end) return this.#end(end);
      } else {
        const cause = this.#cause();
        const left = cause ? await this.#stop(cause) : await this.#advance();
        if (left) return left;
      }
      if (this.#course.renewWanted()) return 'renew';
    }
  }

  get #state() {
    return this.#course.state();
  }
  get #progress() {
    return this.#course.progress;
  }
  get #place(): Place {
    return this.#progress.place!;
  }
  get #unknown(): boolean {
    return this.#state.attemptStatus === 'UNKNOWN';
  }

  /** Waits in the queue. Undefined once the attempt is STARTING. */
  async #queue(): Promise<Left | undefined> {
    const { wishes } = this.#course;
    this.#course.tell({ type: 'waiting' });
    const { lastWorkerId } = this.#state;
    const avoid = this.#course.spec().retry.anotherWorker && lastWorkerId !== undefined ? [lastWorkerId] : [];
    const interrupted = () => this.#cause() !== undefined || wishes.modified === true || this.#course.renewWanted();
    for (;;) {
      this.#timers.arm();
      const { retryAt } = this.#state;
      const backoff = retryAt === undefined ? 0 : Date.parse(retryAt) - Date.now();
      if (backoff > 0) await condition(interrupted, backoff);
      const found = await findPlace(this.#course, avoid, interrupted, (reason) => this.#course.tell({ type: 'waiting', reason }));
      const cause = this.#cause();
      if (cause) return this.#end(withdrawn(cause));
      if (found && 'refused' in found) return this.#end(found.refused);
      if (wishes.modified) {
        // The old place in the queue is given up first; the lease's row goes with the event that tells of the change.
        await condition(() => this.#course.written() || this.#cause() !== undefined || this.#course.renewWanted());
        wishes.modified = false;
        this.#timers.disarm();
      } else if (found) {
        this.#begin(found.place);
        return undefined;
      } else {
        return 'renew';
      }
    }
  }

  #begin(place: Place): void {
    this.#progress.place = place;
    this.#timers.disarm();
    this.#course.tell({ type: 'starting', key: this.#course.ref.key, ...(place.workerId !== undefined && { workerId: place.workerId }) });
  }

  /** Looks for another worker, because the one before never took the launch. */
  async #move(): Promise<void> {
    const found = await findPlace(
      this.#course,
      this.#progress.notWorkers ?? [],
      () => this.#interrupted() || this.#course.renewWanted(),
      (reason) => this.#patience.note('note', reason),
    );
    if (found && 'refused' in found)
      this.#progress.cause = { why: 'failure', at: now(), code: found.refused.code!, reason: found.refused.reason ?? '' };
    else if (found) {
      this.#progress.place = found.place;
      const { workerId } = found.place;
      this.#course.tell({ type: 'moved', reason: `moved to worker ${workerId ?? 'any'}`, ...(workerId !== undefined && { workerId }) });
    }
  }

  async #advance(): Promise<undefined> {
    if (!this.#progress.place) await this.#move();
    else if (this.#state.handle) await this.#describe();
    else if (this.#progress.ambiguous) await condition(() => this.#interrupted() || this.#course.renewWanted());
    else return this.#launch();
    return undefined;
  }

  async #launch(): Promise<undefined> {
    const progress = this.#progress;
    const place = this.#place;
    if (place.cluster.givesIds && progress.id === undefined) {
      const given = await this.#act(() => allocateId(place, this.#input(), this.#patience.ms, this.#summary('allocate id')));
      if (given.kind === 'done') progress.id = given.result.id;
      return given.kind === 'done' || given.kind === 'cancelled' ? undefined : this.#launchFailed(given, false);
    }
    const begunBefore = progress.begun === true;
    const outcome = await this.#act(
      () => launch(place, this.#input(), this.#patience.ms, this.#summary('launch')),
      // Given up before it has begun anywhere, it could no longer go to another worker.
      () => begunBefore && this.#course.hurried(),
    );
    if (outcome.kind !== 'untaken' && !isFull(outcome)) progress.begun = true;
    if (outcome.kind === 'cancelled') return undefined;
    if (outcome.kind !== 'done') return this.#launchFailed(outcome, begunBefore);
    this.#patience.gotOn();
    const { observation, handle, timings, finished } = outcome.result;
    this.#course.tell({ type: 'observed', observation, handle, timings });
    this.#judge(observation);
    if (finished && progress.ending) progress.finished = finished;
    return undefined;
  }

  async #launchFailed(outcome: Exclude<Outcome<never>, { kind: 'done' | 'cancelled' }>, begunBefore: boolean): Promise<undefined> {
    const progress = this.#progress;
    const { workerId } = this.#place;
    if (workerId !== undefined && !begunBefore && (outcome.kind === 'untaken' || isFull(outcome))) {
      // Where there is no other, the same worker is asked again: not at once.
      if (outcome.kind === 'again') await this.#pause(outcome.reason);
      this.#leave(workerId, outcome.kind === 'untaken' ? `worker ${workerId} did not take it` : outcome.reason);
      return undefined;
    }
    if (outcome.kind === 'untaken') {
      this.#gone('launch');
      return undefined;
    }
    if (outcome.kind === 'again') {
      const hopeless = !outcome.known && this.#patience.failures + 1 >= MOST_UNKNOWN_FAILURES;
      if (hopeless) this.#provedFailure({ kind: 'failed', code: 'INTERNAL', reason: outcome.reason });
      else await this.#pause(outcome.reason, outcome.silentMs);
      return undefined;
    }
    if (outcome.code === 'AMBIGUOUS_START') {
      progress.ambiguous = true;
      this.#course.tell({ type: 'lost', code: outcome.code, reason: outcome.reason });
    } else if (begunBefore || mayHaveStarted(outcome)) {
      this.#provedFailure(outcome);
    } else {
      progress.ending = { status: 'START_FAILED', code: outcome.code, reason: outcome.reason, proved: true };
    }
    return undefined;
  }

  /** Nothing was begun on this worker: another one is looked for. */
  #leave(workerId: string, reason: string): void {
    this.#progress.notWorkers = [...new Set([...(this.#progress.notWorkers ?? []), workerId])];
    this.#course.tell({ type: 'moved', reason: `${reason}; another one is looked for` });
    delete this.#progress.place;
  }

  /** Something may live under the key: what failed is announced once a stop has proved that nothing does. */
  #provedFailure({ code, reason }: Failed): void {
    this.#progress.cause = { why: 'failure', at: now(), code, reason };
  }

  async #describe(): Promise<void> {
    const handle = this.#state.handle!;
    const { timings } = this.#course;
    const outcome = await pursue(
      () => describe(this.#place, { ...this.#input(), handle, known: this.#known() }, this.#patience.ms, timings, this.#summary('describe')),
      () => this.#interrupted() || this.#course.renewWanted(),
      { kind: 'cancelled' },
    );
    switch (outcome.kind) {
      case 'done': {
        const { observation, checkFailed, staleSince } = outcome.result;
        this.#course.tell({ type: 'observed', observation });
        if (staleSince !== undefined) {
          this.#patience.note('stale', `the cluster has not answered since ${staleSince}`);
          this.#progress.place = await newestRecord(this.#course, this.#place, () => this.#interrupted());
        } else if (checkFailed !== undefined) {
          this.#provedFailure({ kind: 'failed', code: 'CHECK_FAILED', reason: checkFailed });
        } else if (this.#unknown && isLost(observation)) {
          await this.#pause();
        } else {
          this.#patience.gotOn();
          this.#judge(observation);
        }
        return;
      }
      case 'untaken':
        return this.#gone('describe');
      case 'again':
        return this.#pause(outcome.reason, outcome.silentMs);
      case 'failed':
        this.#course.tell({ type: 'lost', code: outcome.code, reason: outcome.reason });
        return this.#pause(outcome.reason);
      case 'cancelled':
        return undefined;
    }
  }

  /** What the next describe is to differ from. Of an UNKNOWN any sign of life is news, also the one that was the last before it. */
  #known(): Observation {
    const { observation } = this.#state;
    return observation && (!this.#unknown || isLost(observation)) ? observation : { phase: 'unknown', observedAt: now() };
  }

  async #stop(cause: StopCause): Promise<Left | undefined> {
    const { wishes, timings } = this.#course;
    // Nothing was ever begun: there is nothing to stop, and a launch can no longer come.
    if (!this.#progress.begun && !this.#state.handle) {
      return this.#end(endAfterStop(cause, { phase: 'not-found', observedAt: now() }, false));
    }
    const how = wishes.kill ?? 'graceful';
    const { handle } = this.#state;
    const input = { ...this.#input(), ...(handle && { handle }), how, graceMs: timings.graceMs, settleMs: timings.settleMs };
    const outcome = await pursueStep(
      this.#course.steps,
      () => stop(this.#place, input, this.#patience.ms, this.#summary(`stop (${how})`)),
      () => this.#decided() || (wishes.kill ?? 'graceful') !== how || this.#course.hurried(),
    );
    if (outcome.kind === 'done') {
      const { observation, refused, stopped } = outcome.result;
      if (refused !== undefined) {
        delete wishes.kill;
        delete this.#progress.cause;
        this.#course.tell({ type: 'kill-refused', reason: `the cluster refuses to stop it: ${refused}` });
      } else if (observation.phase === 'ended' || observation.phase === 'not-found') {
        this.#patience.gotOn();
        // A kill that came while a timeout was stopping it is a kill.
        this.#progress.ending = endAfterStop(this.#cause() ?? cause, observation, stopped.length > 0);
      } else {
        await this.#pause('it has not ended yet');
      }
    } else if (outcome.kind === 'untaken') {
      this.#gone(
        'stop',
        cause.why === 'kill' ? '; the kill is owed and done when it is seen again' : '; the stop is owed and done when it is seen again',
      );
    } else if (outcome.kind !== 'cancelled') {
      this.#patience.note('alarm', `the stop failed: ${outcome.reason}`);
      await this.#pause('', outcome.kind === 'again' ? outcome.silentMs : 0);
    }
    return undefined;
  }

  /** One try of finish; the end to be announced, or undefined to go on. */
  async #finish(ending: AttemptEnd): Promise<AttemptEnd | undefined> {
    if (this.#progress.finished) return finishedEnd(ending, this.#progress.finished);
    const input = finishInput(this.#input(), ending, this.#state, this.#patience.failures);
    const { submit, lastTry } = input;
    if (submit && lastTry)
      this.#patience.note('alarm', 'its end is tried for the last time; a log that cannot be stored stays on the worker until retention');
    const outcome = await pursueStep(
      this.#course.steps,
      () => finish(this.#place, input, this.#patience.ms, this.#summary(submit ? 'submit and clean' : 'clean')),
      () => this.#decided() || this.#course.hurried(),
    );
    switch (outcome.kind) {
      case 'done':
        return finishedEnd(ending, outcome.result);
      case 'cancelled':
        return undefined;
      case 'failed':
        if (!submit) return this.#owedClean(ending, outcome.reason);
        // It could not even begin: no worker can open the attempt.
        return { ...ending, status: 'FAILED', code: outcome.code, reason: outcome.reason };
      case 'untaken':
        if (!submit) return this.#owedClean(ending, 'no worker takes it');
        this.#gone('finish', '; its outputs cannot be collected');
        return undefined;
      default:
        if (!submit && lastTry) return this.#owedClean(ending, outcome.reason);
        await this.#pause(outcome.reason, outcome.silentMs);
        return undefined;
    }
  }

  /** The end does not wait for ever for a Clean: the sweep of that host or cluster does it later. */
  #owedClean(ending: AttemptEnd, reason: string): AttemptEnd {
    this.#patience.note('alarm', `the clean is owed: ${reason}`);
    return ending;
  }

  #judge(observation: Observation): void {
    if (hasEnded(observation)) this.#progress.ending = naturalEnd(observation);
    else if (isLost(observation)) this.#course.tell({ type: 'lost', code: 'LOST', reason: observation.message ?? 'the cluster no longer knows it' });
  }

  /** No worker took a step. A host that is gone takes what it ran with it; a group without workers is only silent. */
  #gone(step: string, owed = ''): void {
    const { workerId, cluster } = this.#place;
    if (workerId === undefined) this.#patience.note('stale', `no worker of group ${cluster.workers} takes ${step}${owed}`);
    else if (!this.#unknown)
      this.#course.tell({ type: 'lost', code: 'WORKER_GONE', reason: `worker ${workerId} gone since ${this.#patience.silentSince}${owed}` });
    else if (owed) this.#patience.note('note', `worker ${workerId} is still gone${owed}`);
  }

  #cause(): StopCause | undefined {
    const { killRequested } = this.#state;
    if (!this.#course.wishes.kill) return this.#progress.cause;
    return {
      why: 'kill',
      at: killRequested?.at ?? now(),
      by: killRequested?.by ?? 'unknown',
      ...(killRequested?.reason !== undefined && { reason: killRequested.reason }),
    };
  }

  /** What was decided about an UNKNOWN, if anything. */
  #decision(): Decision | undefined {
    if (!this.#decided()) return undefined;
    const { wishes } = this.#course;
    const { resolve } = wishes;
    delete wishes.resolve;
    return resolve ? personDecision(this.#course, resolve) : lostDecision(this.#course);
  }

  #decided(): boolean {
    return this.#unknown && (this.#course.wishes.resolve !== undefined || this.#timers.lost);
  }

  #interrupted(): boolean {
    return this.#decided() || this.#cause() !== undefined;
  }

  #end(end: AttemptEnd, next: Next = { by: 'policy', retry: this.#course.retry() }): Left {
    const status = allowedEnd(this.#state.attemptStatus, end.status);
    this.#course.tell({ type: 'ended', key: this.#course.ref.key, end: { ...end, status }, next });
    return 'ended';
  }

  /** Waits before the next try; a change of mind ends the wait. */
  #pause(reason = '', silentMs = 0): Promise<void> {
    const why = this.#cause()?.why;
    return this.#patience.pause(() => this.#decided() || this.#cause()?.why !== why || this.#course.renewWanted(), reason, silentMs);
  }

  #input(): AttemptInput {
    const { id } = this.#progress;
    return { attempt: { ...this.#course.ref, ...(id !== undefined && { id }) }, spec: this.#course.spec(), cluster: this.#place.cluster };
  }

  #summary(what: string): string {
    return `${what}, attempt ${this.#state.attempt}${this.#place.workerId === undefined ? '' : ` on ${this.#place.workerId}`}`;
  }

  /** Runs a step that acts until it ends or the attempt takes another course. */
  #act<Result>(step: () => Promise<Outcome<Result>>, also: () => boolean = () => false): Promise<Outcome<Result>> {
    return pursueStep(this.#course.steps, step, () => this.#interrupted() || also());
  }
}

const now = (): string => new Date().toISOString();
