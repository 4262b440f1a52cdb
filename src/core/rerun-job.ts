// Rerun makes the next attempt; a closed job is opened again by signal-with-start on its own workflow id.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import type { JobPatch } from '../specs/job.schema.ts';
import { SIGNALS, WORKFLOW_TYPES, type RerunMessage } from '../specs/messages.ts';
import { isEnd } from '../specs/status.ts';
import type { JobRow } from '../store/contract.ts';
import { wasApplied } from './applied.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { awaitEffect, effectSeen, type Accepted } from './effect.ts';
import { startOptions } from './job-start.ts';
import { isNodeJob, tellRun, type NodeJob } from './node-job.ts';
import { ownJob } from './own-job.ts';
import { requireRole } from './roles.ts';
import { checkSpec } from '../compose/check.ts';
import { nextSpec } from '../compose/spec.ts';
import { ask } from './temporal.ts';

export interface RerunJobArgs {
  readonly jobId: string;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
  /** Only if this is the newest attempt. */
  readonly attempt?: number | undefined;
  readonly with?: JobPatch | undefined;
}

/** CONFLICT when the job goes on, or when `attempt` is no longer the newest. The app's grants are checked as at creation. */
export async function rerunJob(deps: Deps, caller: Caller, args: RerunJobArgs): Promise<Accepted> {
  const row = await ownJob(deps, caller, args.jobId);
  // A changed spec is another program: whoever may not create jobs may not make one out of an old job.
  if (args.with !== undefined) requireRole(caller, 'editor', 'A rerun with changes');
  const refusal = refusalOf(row, args.attempt);
  // Also where it is not refused: what was rerun may have ended again.
  if ((refusal !== undefined || isEnd(row.status)) && (await wasApplied(deps, row.owner, args.id))) return effectSeen(row);
  if (refusal !== undefined) throw refusal;
  if (isNodeJob(row)) return await rerunInRun(deps, caller, row, args);
  const spec = await nextSpec(deps, row, args.with);
  await checkSpec(deps, caller.app, spec);
  const message: RerunMessage = {
    id: args.id ?? randomUUID(),
    by: byOf(caller),
    attempt: row.attempt,
    seq: row.seq,
    ...(args.reason !== undefined && { reason: args.reason }),
    ...(args.with !== undefined && { with: args.with }),
  };
  await ask(deps.temporal, () =>
    deps.temporal.workflow.signalWithStart(WORKFLOW_TYPES.job, { ...startOptions({ ...row, spec }), signal: SIGNALS.rerun, signalArgs: [message] }),
  );
  return await awaitEffect(deps, row, row.jobId, (now) => now.attempt > row.attempt);
}

/** In a run the node's newest spec is the DAG's: another one comes with another version of it, or with other parameters. */
async function rerunInRun(deps: Deps, caller: Caller, row: NodeJob, args: RerunJobArgs): Promise<Accepted> {
  if (args.with !== undefined) {
    throw new LongshoreError(
      'CONFLICT',
      `Job ${row.jobId} is node "${row.node}" of run ${row.run}: rerun the run with other parameters or another version to change what it does.`,
    );
  }
  const message = { id: args.id ?? randomUUID(), by: byOf(caller), ...(args.reason !== undefined && { reason: args.reason }) };
  return await tellRun(deps, row, 'rerun', message, (now) => now.attempt > row.attempt);
}

function refusalOf(row: JobRow, attempt: number | undefined): LongshoreError | undefined {
  if (attempt !== undefined && attempt !== row.attempt) {
    return new LongshoreError('CONFLICT', `Job ${row.jobId} is at attempt ${row.attempt}, not ${attempt}.`);
  }
  if (isEnd(row.status) || row.status === 'UNKNOWN') return undefined;
  return new LongshoreError('CONFLICT', `Job ${row.jobId} is ${row.status}: wait for its end or kill it, then rerun it.`);
}
