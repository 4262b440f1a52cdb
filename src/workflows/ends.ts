// What an end on the cluster means for an attempt. Pure.
import type { Observation, Timestamp } from '../specs/execution.ts';
import type { OutcomeCode } from '../specs/errors.ts';
import type { AttemptEnd } from './job/job.state.ts';

/** Why the lifecycle wants an attempt stopped. `at`: an end that the cluster saw before it wins. */
export type StopCause =
  | { readonly why: 'kill'; readonly at: Timestamp; readonly by: string; readonly reason?: string }
  | {
      readonly why: 'timeout';
      readonly at: Timestamp;
      readonly code: 'QUEUE_TIMEOUT' | 'START_TIMEOUT' | 'RUN_TIMEOUT' | 'TOTAL_TIMEOUT';
      readonly reason: string;
    }
  | { readonly why: 'failure'; readonly at: Timestamp; readonly code: OutcomeCode; readonly reason: string };

/** Whether the cluster says how it ended. Anything else is no end: "not found" is never a success. */
export const hasEnded = (observation: Observation | undefined): boolean => observation?.phase === 'ended' && observation.final !== undefined;

/** Whether the cluster says that it can no longer say. */
export const isLost = (observation: Observation): boolean =>
  observation.phase === 'not-found' || observation.phase === 'unknown' || (observation.phase === 'ended' && observation.final === undefined);

/** The end that the cluster reports of its own. */
export function naturalEnd(observation: Observation): AttemptEnd {
  const told = { observation, proved: true, ...(observation.message !== undefined && { reason: observation.message }) };
  if (observation.final === 'succeeded') return { ...told, status: 'SUCCEED' };
  if (observation.final === 'killed') return { reason: 'killed on the cluster', ...told, status: 'KILLED', code: observation.code ?? 'KILLED' };
  const reason = observation.exitCode === undefined ? 'the cluster says that it failed' : `exit code ${observation.exitCode}`;
  return { reason, ...told, status: 'FAILED', code: observation.code ?? 'EXIT_CODE' };
}

/**
 * The end of an attempt that was stopped: what it did by itself before that wins. `stopped`: whether the stop found anything alive.
 * Call it with a proof only (ended or not found).
 */
export function endAfterStop(cause: StopCause, proof: Observation, stopped: boolean): AttemptEnd {
  if (hasEnded(proof) && proof.final !== 'killed' && endedByItself(cause, proof, stopped)) return naturalEnd(proof);
  const observation = proof.phase === 'ended' ? { observation: proof } : {};
  if (cause.why === 'kill') {
    const reason = [`killed by ${cause.by}`, cause.reason].filter(Boolean).join(': ');
    return { ...observation, status: 'KILLED', code: 'KILLED', reason, by: cause.by, proved: true };
  }
  const status = cause.why === 'timeout' && cause.code === 'START_TIMEOUT' ? 'START_FAILED' : 'FAILED';
  const neverBegan = cause.why === 'failure' && cause.code !== 'CHECK_FAILED' && proof.phase === 'not-found';
  return { ...observation, status: neverBegan ? 'START_FAILED' : status, code: cause.code, reason: cause.reason, proved: true };
}

function endedByItself(cause: StopCause, proof: Observation, stopped: boolean): boolean {
  const before = proof.endedAt !== undefined && Date.parse(proof.endedAt) <= Date.parse(cause.at);
  // A deadline decides by time alone; a kill that found nothing alive came too late.
  return cause.why === 'timeout' && proof.endedAt !== undefined ? before : before || !stopped;
}

/** The end of an attempt that still waited. */
export const withdrawn = (cause: StopCause): AttemptEnd =>
  cause.why === 'kill'
    ? {
        status: 'CANCELED',
        code: 'KILLED',
        reason: [`killed by ${cause.by} before it was started`, cause.reason].filter(Boolean).join(': '),
        by: cause.by,
        proved: true,
      }
    : { status: 'CANCELED', code: cause.code, reason: cause.reason, proved: true };
