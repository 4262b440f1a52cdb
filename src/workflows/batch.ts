// Questions of many jobs that go together in one local activity. Each is asked until it is answered, refused for good, or given up.
import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { Settled } from '../specs/run.ts';
import { isFinal, local, type LocalActivities } from './local.ts';
import { backoffMs } from './timings.ts';

/** So many go together: an answer may have 32 KB, and Temporal takes 2 MB. */
const MOST = 50;

interface Waiting<Question, Answer> {
  /** Made anew for each try. */
  readonly question: () => Question;
  /** Called before anything else is written or asked. */
  readonly answered: (answer: Answer) => void;
  readonly interrupted: () => boolean;
  readonly resolve: (answer: Answer | undefined) => void;
  readonly reject: (error: unknown) => void;
  failures: number;
  /** Not asked again before this time, in milliseconds. */
  due: number;
}

export class Batch<Question, Answer> {
  readonly #call: (activities: LocalActivities, questions: readonly Question[]) => Promise<readonly Settled<Answer>[]>;
  readonly #ready: () => boolean;
  #waiting: Waiting<Question, Answer>[] = [];

  /** `ready`: whether questions may be asked now. */
  constructor(
    call: (activities: LocalActivities, questions: readonly Question[]) => Promise<readonly Settled<Answer>[]>,
    ready: () => boolean = () => true,
  ) {
    this.#call = call;
    this.#ready = ready;
  }

  /** The answer; undefined when it was given up between two tries; throws when it is refused for good. */
  ask(question: () => Question, interrupted: () => boolean, answered: (answer: Answer) => void = () => undefined): Promise<Answer | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, interrupted, answered, resolve, reject, failures: 0, due: 0 });
    });
  }

  /** Asks for ever; run it beside the lifecycles. */
  async run(): Promise<never> {
    for (;;) {
      await this.#untilSomething();
      this.#giveUp();
      if (this.#ready() && this.#due().length > 0) await local((activities) => this.#turn(activities));
    }
  }

  #due(): readonly Waiting<Question, Answer>[] {
    // What failed together is tried together, although the times of its failures differ a little.
    const until = Date.now() + 500;
    return this.#waiting.filter(({ due }) => due <= until);
  }

  async #untilSomething(): Promise<void> {
    const something = (): boolean =>
      (this.#waiting.length > 0 && this.#ready() && this.#due().length > 0) || this.#waiting.some(({ interrupted }) => interrupted());
    for (;;) {
      if (something()) return;
      const later = this.#waiting.filter(({ due }) => due > Date.now());
      if (later.length === 0) await condition(() => something() || this.#waiting.some(({ due }) => due > Date.now()));
      else await condition(something, Math.max(1, Math.min(...later.map(({ due }) => due)) - Date.now()));
    }
  }

  #giveUp(): void {
    const given = this.#waiting.filter(({ interrupted }) => interrupted());
    if (given.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !given.includes(one));
    for (const { resolve } of given) resolve(undefined);
  }

  async #turn(activities: LocalActivities): Promise<void> {
    const batch = this.#due().slice(0, MOST);
    if (batch.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !batch.includes(one));
    try {
      const answers = await this.#call(
        activities,
        batch.map(({ question }) => question()),
      );
      for (const [index, one] of batch.entries()) this.#settle(one, answers[index]);
    } catch (error) {
      if (isFinal(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) this.#later(one);
    }
  }

  #settle(one: Waiting<Question, Answer>, answer: Settled<Answer> | undefined): void {
    if (answer === undefined) {
      this.#later(one);
    } else if ('ok' in answer) {
      one.answered(answer.ok);
      one.resolve(answer.ok);
    } else if (answer.error.final) {
      const { type, message } = answer.error;
      one.reject(ApplicationFailure.nonRetryable(message, type));
    } else {
      this.#later(one);
    }
  }

  #later(one: Waiting<Question, Answer>): void {
    one.due = Date.now() + backoffMs(one.failures++);
    this.#waiting.push(one);
  }
}
