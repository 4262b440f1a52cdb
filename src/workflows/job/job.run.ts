// One job under way, in a workflow of its own or in its run's: holds the state, applies messages to it, and hands the effects to its host
// and to the recorder.
import { workflowInfo } from '@temporalio/workflow';
import type { Delivery, Telling } from '../../specs/activities.ts';
import type { AttemptRef, CarriedSpec, CarriedState, JobEvent, JobInput, JobResult, Json } from '../../specs/execution.ts';
import { attemptKey } from '../../specs/identity.ts';
import type { JobSnapshot, ResolveMessage, SIGNALS } from '../../specs/messages.ts';
import { applyPatch } from '../../specs/patch.ts';
import { isEnd, isWaiting } from '../../specs/status.ts';
import type { Course, Progress, Wishes } from '../course.ts';
import { Recorder, hookName, type Unwritten } from '../records.ts';
import { lifecycleTimings } from '../timings.ts';
import { ownWorkflow, type JobHost } from './host.ts';
import { transition } from './job.machine.ts';
import { carriedState, initialState, restoredState, type Happening, type JobState } from './job.state.ts';
import { readKill, readModify, readRerun, readResolve } from './messages.ts';

const MOST_APPLIED_IDS = 1_000;
/** Who sent a message that does not say so. */
const NOBODY = 'a signal without a name';

/** What a continue-as-new carries besides CarriedState. */
export interface Resume {
  readonly state: JobState;
  readonly progress: Progress;
  readonly wishes: Wishes;
  readonly unwritten: readonly Unwritten[];
}

export class JobRun {
  readonly input: JobInput;
  readonly wishes: Wishes;
  readonly recorder: Recorder;
  #state: JobState;
  #progress: Progress;
  readonly #host: JobHost;
  #keyed: { readonly attempt: number; readonly key: string } | undefined;

  constructor(input: JobInput, host: JobHost = ownWorkflow(input)) {
    const { carried, ...own } = input;
    const resume = carried?.resume as unknown as Resume | undefined;
    const at = now();
    this.input = own;
    this.#host = host;
    this.#state = resume?.state ?? (carried ? restoredState(carried, at) : initialState(input.createdAt));
    this.#progress = resume?.progress ?? {};
    this.wishes = resume?.wishes ?? {};
    this.recorder = new Recorder(
      { request: () => this.#recordRequest(), delivery: (event) => this.#delivery(event), pushed: () => host.pushed(this) },
      resume?.unwritten,
    );
    if (!carried) this.tell({ type: 'created', by: input.by });
    if (this.recorder.unwritten.length > 0) host.pushed(this);
  }

  get state(): JobState {
    return this.#state;
  }

  get ended(): boolean {
    return isEnd(this.#state.status);
  }

  /** The present attempt, as the lifecycle sees it. */
  course(): Course {
    const spec = (patch: JobState['patch']): CarriedSpec => applyPatch(this.input.spec, patch);
    const { asking, steps, renewWanted, held, hurried } = this.#host;
    return {
      asking,
      steps,
      renewWanted,
      held,
      hurried,
      ref: this.#ref(),
      timings: lifecycleTimings(this.input.timings),
      wishes: this.wishes,
      progress: this.#progress,
      spec: () => spec(this.#state.attemptPatch),
      retry: () => spec(this.#state.patch).retry,
      state: () => this.#state,
      tell: (happening) => this.tell(happening),
      written: () => this.recorder.written,
      telling: () => this.#telling(),
      wrote: (events) => this.recorder.wrote(events),
    };
  }

  /** The key of the present attempt. */
  get key(): string {
    const { attempt, key } = this.#state;
    // An attempt taken up from a lost history keeps the key under which it may live.
    if (key !== undefined) return key;
    if (this.#keyed?.attempt !== attempt) {
      const { workflowId, firstExecutionRunId } = workflowInfo();
      this.#keyed = { attempt, key: attemptKey(workflowId, firstExecutionRunId, this.#host.path, attempt) };
    }
    return this.#keyed.key;
  }

  /** Applies a happening and its effects. What the rules refuse changes nothing. */
  tell(happening: Happening): void {
    const before = this.#state;
    const { state, effects } = transition(before, happening, now());
    this.#state = state;
    if (state.attempt !== before.attempt) this.#clear();
    for (const effect of effects) {
      if (effect.type === 'record') this.recorder.push(effect.event, effect.release);
      else this.#host.show(effect.status);
    }
    this.#host.changed(this);
    if (before.attemptStatus === 'UNKNOWN' && state.attemptStatus !== 'UNKNOWN') this.#disarmResolve();
  }

  /** A decision that came when nothing was left to decide must not decide an UNKNOWN of another day. */
  #disarmResolve(): void {
    const { resolve } = this.wishes;
    if (!resolve) return;
    delete this.wishes.resolve;
    this.#resolveIgnored(`the job is ${this.#state.status}`, resolve.by);
  }

  /** Takes up an attempt whose workflow was lost: something may live under its key, somewhere. */
  adoptProgress(progress: Progress): void {
    this.#progress = progress;
  }

  /** Applies a message, once for each id. Never throws. */
  receive(name: Exclude<keyof typeof SIGNALS, 'admitted'>, raw: unknown): void {
    switch (name) {
      case 'kill': {
        const { id, by = NOBODY, reason, how } = readKill(raw);
        if (this.#seen(id) || this.ended) return;
        const pending = this.wishes.kill;
        this.wishes.kill = pending === 'forced' ? pending : (how ?? 'graceful');
        if (!pending) this.tell({ type: 'kill', by, ...(reason !== undefined && { reason }) });
        return;
      }
      case 'rerun':
        return this.#rerun(readRerun(raw));
      case 'resolve':
        return this.#resolve(readResolve(raw));
      case 'modify': {
        const { id, by = NOBODY, with: patch, refused } = readModify(raw);
        if (this.#seen(id)) return;
        this.#ignoredFields(refused, by);
        if (!patch) return;
        const waits = isWaiting(this.#state.attemptStatus);
        const moves = waits && (patch.priority !== undefined || patch.queue !== undefined);
        this.tell({ type: 'modified', by, patch, ...(moves && { release: this.#ref().key }) });
        if (waits) this.wishes.modified = true;
        return;
      }
    }
  }

  /** After an end: opens the job again for whoever had seen the end before it is in history. */
  takeRerun(): void {
    const { rerun } = this.wishes;
    delete this.wishes.rerun;
    if (rerun) this.tell({ type: 'rerun', ...rerun });
  }

  /** Why a decision cannot be taken now; undefined when it can. */
  refusesResolve({ as, handle }: ResolveMessage): string | undefined {
    if (as === undefined) return 'resolve needs "as": adopt, rerun, killed, failed or succeeded';
    if (this.#state.attemptStatus !== 'UNKNOWN') return `resolve decides an UNKNOWN; this job is ${this.#state.status}`;
    if (as === 'adopt' && !handle && !this.#state.handle) return 'adopt needs a handle with an id';
    return undefined;
  }

  snapshot(): JobSnapshot {
    const { status, attempt, seq, reason, key, workerId, handle, observation, killRequested, appliedIds } = this.#state;
    return {
      status,
      attempt,
      seq,
      appliedIds,
      ...(reason !== undefined && { reason }),
      ...(key !== undefined && { key }),
      ...(workerId !== undefined && { workerId }),
      ...(handle && { handle }),
      ...(observation && { observation }),
      ...(killRequested && { killRequested }),
    };
  }

  result(): JobResult {
    const { code, blame, reason, exitCode, outputs, endedAt } = this.#state;
    const { jobId, app, digest } = this.input;
    return {
      ...carriedState(this.#state),
      jobId,
      app,
      digest,
      outputs,
      endedAt: endedAt ?? now(),
      ...(code && { code }),
      ...(blame && { blame }),
      ...(reason !== undefined && { reason }),
      ...(exitCode !== undefined && { exitCode }),
    };
  }

  /** What a continue-as-new must not lose. */
  resume(): Resume {
    return { state: this.#state, progress: this.#progress, wishes: this.wishes, unwritten: this.recorder.unwritten };
  }

  /** Input of the run that goes on from here, or from what was saved of it. */
  renewal(resume: Resume = this.resume()): JobInput {
    const carried: CarriedState = { ...carriedState(resume.state), resume: resume as unknown as { readonly [key: string]: Json } };
    return { ...this.input, carried };
  }

  #rerun({ id, by = NOBODY, reason, attempt, seq = 0, with: patch, refused }: ReturnType<typeof readRerun>): void {
    if (this.#seen(id)) return;
    if (attempt !== undefined && attempt !== this.#state.attempt) return;
    const why = reason !== undefined && { reason };
    const wish = { by, ...why, ...(patch && { patch }) };
    if (this.ended) {
      this.tell({ type: 'rerun', ...wish });
    } else if (attempt !== undefined && seq > this.#state.seq) {
      this.wishes.rerun = wish;
    } else if (this.#state.attemptStatus === 'UNKNOWN') {
      if (patch) this.tell({ type: 'modified', by, patch });
      this.wishes.resolve = { as: 'rerun', by, ...why };
    } else {
      this.tell({ type: 'note', as: 'note', by, reason: `rerun ignored: the job is ${this.#state.status}; kill it first` });
    }
    // Last, because a job that had ended can be told of it only now.
    this.#ignoredFields(refused, by);
  }

  #resolve(message: ResolveMessage): void {
    if (this.#seen(message.id)) return;
    const refused = this.refusesResolve(message);
    if (refused !== undefined || message.as === undefined) {
      this.#resolveIgnored(refused!, message.by);
      return;
    }
    this.wishes.resolve = { ...message, as: message.as };
  }

  #resolveIgnored(why: string, by: string | undefined): void {
    if (this.ended) return;
    this.tell({ type: 'note', as: 'note', reason: `resolve ignored: ${why}`, ...(by !== undefined && { by }) });
  }

  #ignoredFields(refused: readonly string[], by: string): void {
    if (refused.length === 0 || this.ended) return;
    this.tell({ type: 'note', as: 'note', by, reason: `ignored, because they cannot be used: ${refused.join(', ').slice(0, 500)}` });
  }

  /** Remembers an id; whether it was known. A message without one is always new. */
  #seen(id: string | undefined): boolean {
    if (id === undefined) return false;
    if (this.#state.appliedIds.includes(id)) return true;
    this.#state = { ...this.#state, appliedIds: [...this.#state.appliedIds, id].slice(-MOST_APPLIED_IDS) };
    return false;
  }

  /** A new attempt starts with nothing asked and nothing done. */
  #clear(): void {
    this.#progress = {};
    for (const wish of Object.keys(this.wishes) as (keyof Wishes)[]) delete this.wishes[wish];
  }

  #ref(): AttemptRef {
    const { workflowId, firstExecutionRunId: firstRunId } = workflowInfo();
    const { jobId, app, mark } = this.input;
    const { attempt } = this.#state;
    // An attempt taken up from a lost history keeps the key under which it may live.
    return {
      key: this.#state.key ?? attemptKey(workflowId, firstRunId, this.#host.path, attempt),
      mark,
      app,
      jobId,
      workflowId,
      firstRunId,
      attempt,
    };
  }

  #telling(): Telling | undefined {
    const record = this.recorder.pending();
    if (!record || !isWaiting(this.#state.attemptStatus)) return undefined;
    const { reason } = this.#state;
    const starting = this.#foreseen({ type: 'starting', key: this.#ref().key });
    const waiting = this.#foreseen({ type: 'waiting', reason: '' });
    return starting && waiting && { record, starting, waiting, ...(reason !== undefined && { reason }) };
  }

  /** The event that a happening would make now. */
  #foreseen(happening: Happening): JobEvent | undefined {
    const { effects } = transition(this.#state, happening, now());
    return effects.find((effect) => effect.type === 'record')?.event;
  }

  #recordRequest() {
    return { jobId: this.input.jobId, workflowId: this.#host.address, runId: workflowInfo().runId, input: this.input };
  }

  #delivery(event: JobEvent): Delivery | undefined {
    const webhook = applyPatch(this.input.spec, this.#state.attemptPatch).webhook;
    if (!webhook?.events.some((wanted) => wanted === 'all' || wanted === hookName(event))) return undefined;
    const { jobId, app } = this.input;
    return { id: `${jobId}.${event.seq}`, workflowId: this.#host.address, app, jobId, url: webhook.url, event };
  }
}

const now = (): string => new Date().toISOString();
