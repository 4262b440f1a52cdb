// Answers that say that it cannot be: the node fails with them. What may be better in a moment is no answer.
import { ERRORS, LongshoreError, type OutcomeCode } from '../../specs/errors.ts';
import type { RunAnswer } from '../../specs/run.ts';

const MOST_CHARACTERS = 2_000;

export const failed = (code: OutcomeCode, reason: string): RunAnswer => ({
  failed: { code, reason: reason.length > MOST_CHARACTERS ? `${reason.slice(0, MOST_CHARACTERS - 1)}…` : reason },
});

/** The answer for what a check has refused; throws again what is an outage, or a bug. */
export function refusal(error: unknown, about: string): RunAnswer {
  if (!(error instanceof LongshoreError) || ERRORS[error.code].retryable) throw error;
  if (error.code === 'NOT_FOUND') return failed('ARTIFACT_MISSING', `${about}: ${error.message}`);
  return failed(error.code === 'UNKNOWN_TYPE' ? 'UNKNOWN_TYPE' : 'START_REFUSED', `${about}: ${error.message}`);
}
