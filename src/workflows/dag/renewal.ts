// When a run is continued as new: at a moment when nothing of it is in flight that could not be done again. With many jobs such a moment must
// be made: for a while nothing new begins; much later what may be done again is given up.
import { condition, sleep, workflowInfo } from '@temporalio/workflow';

/** So long nothing new begins, each time. */
const HOLD_MS = 10_000;
/** After so many times the history at which it was first wanted, it is made possible. Temporal ends a workflow at 51,200 events. */
const HURRY = 6;

export class Renewal {
  readonly steps = { underWay: 0 };
  readonly lifecycles = { underWay: 0 };
  readonly #budget: number;
  #wantedAt: number | undefined;
  #held = false;
  #leaving = false;

  constructor(budget = Infinity) {
    this.#budget = budget;
  }

  readonly leaving = (): boolean => this.#leaving;
  readonly renewWanted = (): boolean => this.#leaving || this.hurried();
  readonly held = (): boolean => this.#held || this.#leaving;
  readonly hurried = (): boolean => this.#wantedAt !== undefined && workflowInfo().historyLength > HURRY * this.#wantedAt;

  /**
   * Resolves when the run should go on anew: every lifecycle has made place. `quiet`: nothing else is in flight; `fits`: what is to be carried
   * is not too large; `released`: what was held back may begin.
   */
  async run(quiet: () => boolean, fits: () => boolean, released: () => void): Promise<void> {
    const still = (): boolean => this.steps.underWay === 0 && quiet();
    let tooLarge = false;
    // Decided where it is found out: a moment later something of what was waiting could be in flight.
    const leaves = (): boolean => {
      if (!still()) return false;
      tooLarge = !fits();
      this.#leaving = !tooLarge;
      return true;
    };
    await condition(() => this.#wanted());
    this.#wantedAt = workflowInfo().historyLength;
    for (;;) {
      this.#held = true;
      await condition(leaves, HOLD_MS);
      if (this.#leaving) break;
      this.#held = false;
      released();
      const from = workflowInfo().historyLength;
      const grown = (): boolean => workflowInfo().historyLength >= from + this.#wantedAt! / 4;
      // What is too large becomes smaller once the store takes it.
      if (tooLarge) await sleep(60_000);
      else await condition(() => grown() || (this.hurried() && still()));
    }
    await condition(() => still() && this.lifecycles.underWay === 0);
  }

  #wanted(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > this.#budget;
  }
}
