// A person decides what Longshore cannot know: how an UNKNOWN goes on or ends.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import type { Handle } from '../specs/execution.ts';
import { SIGNALS, WORKFLOW_TYPES, type ResolveMessage } from '../specs/messages.ts';
import { wasApplied } from './applied.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { awaitEffect, effectSeen, type Accepted } from './effect.ts';
import { startOptions } from './job-start.ts';
import { isNodeJob, tellRun } from './node-job.ts';
import { ownJob } from './own-job.ts';
import { checkSpec } from '../compose/check.ts';
import { nextSpec } from '../compose/spec.ts';
import { ask, isNotFound } from './temporal.ts';
import { updateOrSignal } from './update.ts';
import { fieldError, invalid } from '../specs/validate.ts';

export interface ResolveJobArgs {
  readonly jobId: string;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
  readonly as: NonNullable<ResolveMessage['as']>;
  /** What to go on watching; only with `adopt`. */
  readonly handle?: Handle | undefined;
}

const MAX_HANDLE_BYTES = 4 * 1024;

/** CONFLICT unless the job is UNKNOWN. A job whose history is lost is started anew to take the decision. */
export async function resolveJob(deps: Deps, caller: Caller, args: ResolveJobArgs): Promise<Accepted> {
  const row = await ownJob(deps, caller, args.jobId);
  requireHandle(args);
  if (row.status !== 'UNKNOWN' && (await wasApplied(deps, row.owner, args.id))) return effectSeen(row);
  if (row.status !== 'UNKNOWN') throw new LongshoreError('CONFLICT', `Job ${row.jobId} is ${row.status}; only an UNKNOWN can be resolved.`);
  // It starts something, so it needs what a rerun needs.
  if (args.as === 'rerun') await checkSpec(deps, caller.app, await nextSpec(deps, row));
  const message = {
    id: args.id ?? randomUUID(),
    by: byOf(caller),
    as: args.as,
    ...(args.reason !== undefined && { reason: args.reason }),
    ...(args.handle !== undefined && { handle: args.handle }),
  } satisfies ResolveMessage;
  if (isNodeJob(row)) return await tellRun(deps, row, 'resolve', message, (now) => now.status !== 'UNKNOWN');
  try {
    await updateOrSignal(deps, row.workflowId, SIGNALS.resolve, message);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await ask(deps.temporal, () =>
      deps.temporal.workflow.signalWithStart(WORKFLOW_TYPES.job, { ...startOptions(row), signal: SIGNALS.resolve, signalArgs: [message] }),
    );
  }
  return await awaitEffect(deps, row, row.jobId, (now) => now.status !== 'UNKNOWN');
}

function requireHandle(args: ResolveJobArgs): void {
  if ((args.as === 'adopt') !== (args.handle !== undefined))
    throw invalid([fieldError(['handle'], 'must be given with as: adopt, and only then', args.handle)]);
  if (args.handle !== undefined && Buffer.byteLength(JSON.stringify(args.handle)) > MAX_HANDLE_BYTES) {
    throw invalid([fieldError(['handle'], `must have at most ${MAX_HANDLE_BYTES} bytes`, args.handle)]);
  }
}
