// Carries out the steps of one activity by the list of stages: time limit, tries, timing; every step keeps its own name.
import { setTimeout as sleep } from 'node:timers/promises';
import { StepError } from '../specs/errors.ts';
import { STAGES, type StageActivity, type Step } from '../specs/stages.ts';
import { durationMs } from '../specs/units.ts';
import type { StepTiming } from '../specs/execution.ts';
import { CODE_OF_STEP, isFinal, isTemporal, readFailure, toFailure } from './failure.ts';
import { NO_MASK, type Mask } from './mask.ts';

/** After a cancel a step may put its things in order for so long before it is left behind. */
const CANCEL_PATIENCE_MS = 5_000;
const FIRST_PAUSE_MS = 200;

/** What one activity has of its steps. `mask` is set as soon as the secrets are known. */
export class Steps {
  readonly timings: StepTiming[] = [];
  readonly signal: AbortSignal;
  readonly #activity: StageActivity;
  mask: Mask = NO_MASK;
  /** The step under way, for heartbeats. */
  current: Step = 'initialize';

  constructor(activity: StageActivity, signal: AbortSignal) {
    this.#activity = activity;
    this.signal = signal;
  }

  /** Runs a step and adds its timing. Throws an ApplicationFailure typed by the outcome code, or Temporal's cancellation. */
  async run<T>(step: Step, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stage = STAGES.find((s) => s.step === step && s.activity === this.#activity) ?? STAGES.find((s) => s.step === step)!;
    const startedAt = new Date().toISOString();
    const began = performance.now();
    const elapsed = () => Math.round(performance.now() - began);
    this.current = step;
    for (let tried = 1; ; tried++) {
      try {
        const result = await this.#limited(step, stage.timeout, work);
        this.#record({ step, startedAt, ms: elapsed() });
        return result;
      } catch (error) {
        if (this.signal.aborted) throw this.signal.reason;
        if (isTemporal(error)) throw error;
        if (tried < stage.attempts && !isFinal(error)) {
          await sleep(FIRST_PAUSE_MS * 2 ** (tried - 1), undefined, { signal: this.signal }).catch(() => undefined);
          continue;
        }
        const failure = readFailure(error, step, this.mask);
        this.#record({ step, startedAt, ms: elapsed(), error: { code: failure.code, message: failure.message } });
        throw toFailure(failure);
      }
    }
  }

  /** A step that has two parts (look-up and act of Start) is one timing. */
  #record(timing: StepTiming): void {
    const at = this.timings.findIndex(({ step, error }) => step === timing.step && error === undefined);
    const [before] = at === -1 ? [] : this.timings.splice(at, 1);
    this.timings.push(before === undefined ? timing : { ...timing, startedAt: before.startedAt, ms: before.ms + timing.ms });
  }

  /** A step that ignores its signal is left behind at its time limit, and some patience after a cancel. */
  async #limited<T>(step: Step, timeout: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    this.signal.throwIfAborted();
    const { promise: left, reject: leave } = Promise.withResolvers<never>();
    const expire = setTimeout(() => {
      // A start that hangs is looked up again; nothing else gets better by another try of the whole activity.
      const error = new StepError(CODE_OF_STEP[step], `${step} took longer than ${timeout}`, { retryable: step === 'start' });
      limit.abort(error);
      leave(error);
    }, durationMs(timeout));
    let abandon: NodeJS.Timeout | undefined;
    const cancelled = () => {
      abandon = setTimeout(() => leave(this.signal.reason), CANCEL_PATIENCE_MS);
    };
    this.signal.addEventListener('abort', cancelled, { once: true });
    try {
      return await Promise.race([work(AbortSignal.any([this.signal, limit.signal])), left]);
    } finally {
      clearTimeout(expire);
      clearTimeout(abandon);
      this.signal.removeEventListener('abort', cancelled);
    }
  }
}
