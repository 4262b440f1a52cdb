// Kill is a signal: in history before anything is stopped, so no crash forgets it and no scheduler need be alive.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import { SIGNALS, type KillMessage } from '../specs/messages.ts';
import { isEnd } from '../specs/status.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { awaitEffect, effectSeen, type Accepted } from './effect.ts';
import { isNodeJob, tellRun } from './node-job.ts';
import { ownJob } from './own-job.ts';
import { ask, isNotFound } from './temporal.ts';

export interface KillJobArgs {
  readonly jobId: string;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
  readonly how?: 'graceful' | 'forced' | undefined;
}

/** Killing what has ended is done already. `done` means ended, with proof. CONFLICT when the job's history is lost: resolve it. */
export async function killJob(deps: Deps, caller: Caller, args: KillJobArgs): Promise<Accepted> {
  const row = await ownJob(deps, caller, args.jobId);
  const message = {
    id: args.id ?? randomUUID(),
    by: byOf(caller),
    ...(args.reason !== undefined && { reason: args.reason }),
    ...(args.how !== undefined && { how: args.how }),
  } satisfies KillMessage;
  if (isNodeJob(row)) {
    if (isEnd(row.status)) return effectSeen(row);
    return await tellRun(deps, row, 'kill', message, (now) => isEnd(now.status));
  }
  try {
    // Also when the row shows an end: a rerun may be on its way into it.
    await ask(deps.temporal, () => deps.temporal.workflow.getHandle(row.workflowId).signal(SIGNALS.kill, message));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (isEnd(row.status)) return effectSeen(row);
    if (row.status === 'UNKNOWN') {
      throw new LongshoreError('CONFLICT', `Job ${row.jobId} is UNKNOWN and its history is gone: resolve it as killed, failed or succeeded.`);
    }
    // Terminated from outside: the sweep stops what is left of it and shows the end.
  }
  return await awaitEffect(deps, row, row.jobId, (now) => isEnd(now.status));
}
