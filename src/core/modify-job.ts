// Modify changes a job that waits, or its next attempt; what runs is never touched.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import type { JobPatch } from '../specs/job.schema.ts';
import { SIGNALS, type ModifyMessage } from '../specs/messages.ts';
import { isEnd } from '../specs/status.ts';
import { wasApplied } from './applied.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { awaitEffect, effectSeen, type Accepted } from './effect.ts';
import { isNodeJob, tellRun } from './node-job.ts';
import { ownJob } from './own-job.ts';
import { checkSpec } from '../compose/check.ts';
import { nextSpec } from '../compose/spec.ts';
import { isNotFound } from './temporal.ts';
import { updateOrSignal } from './update.ts';

export interface ModifyJobArgs {
  readonly jobId: string;
  readonly id?: string | undefined;
  readonly with: JobPatch;
}

/** CONFLICT when the job has ended (give the change to its rerun). The changed spec is checked as at creation. */
export async function modifyJob(deps: Deps, caller: Caller, args: ModifyJobArgs): Promise<Accepted> {
  const row = await ownJob(deps, caller, args.jobId);
  if (isEnd(row.status) && (await wasApplied(deps, row.owner, args.id))) return effectSeen(row);
  const ended = new LongshoreError('CONFLICT', `Job ${row.jobId} has ended: rerun it with this change instead.`);
  if (isEnd(row.status)) throw ended;
  await checkSpec(deps, caller.app, await nextSpec(deps, row, args.with));
  const message = { id: args.id ?? randomUUID(), by: byOf(caller), with: args.with } satisfies ModifyMessage;
  if (isNodeJob(row)) return await tellRun(deps, row, 'modify', message, (now) => now.seq > row.seq);
  const answered = await updateOrSignal(deps, row.workflowId, SIGNALS.modify, message).catch((error: unknown) => {
    throw isNotFound(error) ? ended : error;
  });
  // The row, too, has to have it: the next change is checked together with this one.
  return await awaitEffect(deps, row, row.jobId, (now) => now.seq >= (answered?.seq ?? row.seq + 1));
}
