// What a failed step looks like in Temporal's history: type = outcome code, details {step, code, message}; bounded and without secrets.
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { CompleteAsyncError } from '@temporalio/activity';
import { OUTCOME_CODES, StepError, hasCode, type OutcomeCode } from '../specs/errors.ts';
import type { Step } from '../specs/stages.ts';
import type { Mask } from './mask.ts';

/** Temporal keeps 4 KB of an activity's failure; the message stands in it twice. */
const MAX_MESSAGE = 1_200;

/** The code of a step that failed with an error of no code. */
export const CODE_OF_STEP: Record<Step, OutcomeCode> = {
  initialize: 'INITIALIZE_FAILED',
  prepare: 'PREPARE_FAILED',
  start: 'START_ERROR',
  describe: 'INTERNAL',
  check: 'CHECK_FAILED',
  stop: 'INTERNAL',
  submit: 'SUBMIT_FAILED',
  clean: 'CLEAN_FAILED',
};

/** What went wrong in a step, without secrets. */
export interface StepFailure {
  readonly step: Step;
  readonly code: OutcomeCode;
  readonly message: string;
  readonly retryable: boolean;
}

const isOutcomeCode = (code: unknown): code is OutcomeCode => typeof code === 'string' && Object.hasOwn(OUTCOME_CODES, code);

/** Cuts a text for people to so many characters. */
export const shorten = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/**
 * Reads any thrown value as a failure of this step, also one that `toFailure` has made Temporal's already. Only a StepError says that it
 * may be tried again, but for two steps: a start that failed with an error of no code begins again at the look-up of its key, and a submit
 * ends only by a StepError that says so, because what it would collect is gone afterwards.
 */
export function readFailure(error: unknown, step: Step, mask: Mask): StepFailure {
  const thrown = codeOf(error);
  const full = hasCode(error, 'ENOSPC') ? 'DISK_FULL' : thrown.code;
  return {
    step,
    code: isOutcomeCode(full) ? full : CODE_OF_STEP[step],
    message: shorten(mask.text(error instanceof Error ? error.message : String(error)), MAX_MESSAGE),
    retryable:
      thrown.retryable === true ||
      (step === 'start' && !isOutcomeCode(full)) ||
      (step === 'submit' && !isFinal(error) && !(error instanceof ApplicationFailure)),
  };
}

function codeOf(error: unknown): { readonly code?: unknown; readonly retryable?: unknown } {
  if (error instanceof ApplicationFailure) return { code: error.type, retryable: error.nonRetryable !== true };
  return typeof error === 'object' && error !== null ? error : {};
}

/** A step's failure as Temporal carries it. No stack and no cause: they repeat the unmasked message. */
export function toFailure({ step, code, message, retryable }: StepFailure): ApplicationFailure {
  const failure = ApplicationFailure.create({ message, type: code, nonRetryable: !retryable, details: [{ step, code, message }] });
  failure.stack = '';
  return failure;
}

/** Temporal's own failures (cancellation, asynchronous completion) pass as they are. */
export const isTemporal = (error: unknown): boolean => error instanceof TemporalFailure || error instanceof CompleteAsyncError;

/** An error that ends the tries of its step at once. */
export const isFinal = (error: unknown): boolean => error instanceof Error && error.name === StepError.name && !(error as StepError).retryable;
