// When an attempt is followed by another one without anybody asking.
import { OUTCOME_CODES } from '../../specs/errors.ts';
import type { Retry } from '../../specs/job.schema.ts';
import { durationMs } from '../../specs/units.ts';
import type { AttemptEnd, JobState } from './job.state.ts';

/**
 * Milliseconds until the next try, or undefined when there is none: tries are counted within the series, a kill or a decision by a
 * person ends it, and so does the total timeout, which is over all attempts.
 */
export function retryDelay(
  state: Pick<JobState, 'attempt' | 'series' | 'killRequested'>,
  end: Pick<AttemptEnd, 'status' | 'code'>,
  retry: Retry,
): number | undefined {
  if (end.status !== 'FAILED' && end.status !== 'START_FAILED') return undefined;
  if (state.killRequested || end.code === 'TOTAL_TIMEOUT') return undefined;
  const blame = end.code ? OUTCOME_CODES[end.code] : 'user';
  if (blame === 'killed' || !(retry.on.includes('any') || retry.on.includes(blame))) return undefined;
  const done = state.attempt - state.series + 1;
  if (done >= retry.attempts) return undefined;
  const { initial, factor, max } = retry.backoff;
  return Math.min(durationMs(max), durationMs(initial) * factor ** (done - 1));
}
