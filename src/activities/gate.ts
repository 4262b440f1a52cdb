/**
 * The gate of a start: asks Temporal, directly before acting, whether this try still owns the attempt.
 * One heartbeat with the activity's own task token, sent at once and with a deadline; the SDK's own heartbeats are throttled and answer
 * later. It also fences by time: look-up and act together must be done before Temporal could have given the attempt to another try,
 * and a process that was stopped in between (SIGSTOP, a paused machine) begins again at the look-up.
 */
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type AsyncCompletionClient,
} from '@temporalio/client';
import { crashPoint, guardStands } from '../crash-points.ts';

/** Why a start must not act now. `late` and `unreachable`: look the key up and ask again. The others: give up. */
export type Refusal = 'cancelled' | 'lost' | 'late' | 'unreachable';

/** Thrown by a closed gate. */
export class GateClosed extends Error {
  override readonly name = 'GateClosed';
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string, cause?: unknown) {
    super(message, { cause });
    this.refusal = refusal;
  }
}

export interface GateOptions {
  readonly tokens: AsyncCompletionClient;
  readonly taskToken: Uint8Array;
  /** Heartbeat details to keep: a heartbeat without them would erase what the activity had said. */
  readonly details: () => unknown;
  /** From the look-up of the key to the answer; shorter than the heartbeat timeout. */
  readonly fenceMs: number;
  /** Longest wait for the answer. Default 2 s. */
  readonly deadlineMs?: number;
}

/** Opens a round of look-up and act; the returned function is its gate. A new round needs a new gate. */
export function openGate({ tokens, taskToken, details, fenceMs, deadlineMs = 2_000 }: GateOptions): () => Promise<void> {
  // The wall clock goes on while a machine is suspended, the monotonic one while the wall clock is set back: the later one counts.
  const [monotonic, wall] = [performance.now(), Date.now()];
  const elapsed = () => Math.max(performance.now() - monotonic, Date.now() - wall);
  return async () => {
    if (!guardStands('gate')) return;
    crashPoint('gate.before-ask');
    try {
      await tokens.withDeadline(Date.now() + deadlineMs, () => tokens.heartbeat(taskToken, details()));
    } catch (error) {
      if (error instanceof ActivityCancelledError) throw new GateClosed('cancelled', 'a cancel was requested', error);
      if (error instanceof ActivityNotFoundError) throw new GateClosed('lost', 'another try owns this attempt, or its workflow is closed', error);
      if (error instanceof ActivityPausedError || error instanceof ActivityResetError)
        throw new GateClosed('lost', 'the activity was paused or reset', error);
      throw new GateClosed('unreachable', 'Temporal cannot be asked whether this start still owns the attempt', error);
    }
    crashPoint('gate.after-ask');
    if (elapsed() > fenceMs) throw new GateClosed('late', `look-up and gate took longer than ${fenceMs} ms`);
  };
}
