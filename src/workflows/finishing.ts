// The last step of an attempt: how often it is tried, and what its answer makes of the end.
import type { AttemptInput, FinishInput, FinishResult } from '../specs/activities.ts';
import type { Handle, Observation } from '../specs/execution.ts';
import type { AttemptEnd } from './job/job.state.ts';

/** So often is a Clean tried before it is left to the sweep. */
const MOST_CLEANS = 3;
/** So often, over some minutes, are log and outputs of a success tried before the job ends with what there is. */
const MOST_SUBMITS = 8;

/** What finish is asked for after so many tries that did not get on. Outputs are collected after success only. */
export function finishInput(
  attempt: AttemptInput,
  ending: AttemptEnd,
  known: { readonly handle?: Handle | undefined; readonly observation?: Observation | undefined },
  failures: number,
): FinishInput {
  const submit = ending.status === 'SUCCEED';
  const lastTry = submit ? failures >= MOST_SUBMITS : failures + 1 >= MOST_CLEANS;
  const { handle } = known;
  const observation = ending.observation ?? known.observation;
  return { ...attempt, submit, ...(handle && { handle }), ...(observation && { observation }), ...(lastTry && { lastTry }) };
}

/** The end with what finish collected. */
export const finishedEnd = (ending: AttemptEnd, { outputs, timings, failure }: FinishResult): AttemptEnd => ({
  ...ending,
  outputs,
  timings,
  ...(failure && { ...failure, status: 'FAILED' as const }),
});
