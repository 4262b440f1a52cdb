// What the loops of schedules and of backfills share: how their duties are tried, and how they read what may be anything.
import type { ActivityOptions } from '@temporalio/workflow';

/** What fails for longer is the machine's to try again, so that a pause, a removal or a kill is not held up by it. */
export const DUTY: ActivityOptions = {
  startToCloseTimeout: '1 min',
  scheduleToCloseTimeout: '5 min',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '10 s', maximumAttempts: 5 },
};
/** The last duty is tried until it is done. */
export const LAST_DUTY: ActivityOptions = { startToCloseTimeout: '10 s', retry: { maximumInterval: '1 min' } };

const LONGEST_TEXT = 1024;

/** A text of a signal, cut; undefined for anything else. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : undefined);

/** What went wrong: the words of an activity's failure, not that it failed. */
export const messageOf = (error: unknown): string => {
  const { message, cause } = error as { message?: unknown; cause?: { message?: unknown } };
  return String(cause?.message ?? message).slice(0, LONGEST_TEXT);
};
