// POST /jobs: durable in Temporal before the answer, once for each request id. There is no outbox: a retry is the recovery.
import { crashPoint, guardStands } from '../crash-points.ts';
import { digestOf } from '../specs/canonical.ts';
import type { Config } from '../specs/config.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { JobInput, JobMemo, LifecycleTimings } from '../specs/execution.ts';
import { jobWorkflowId } from '../specs/identity.ts';
import type { JobPatch, JobSpec } from '../specs/job.schema.ts';
import type { RunCycle } from '../specs/run.ts';
import { durationMs } from '../specs/units.ts';
import type { JobView } from '../specs/views.schema.ts';
import type { AuditEntry, JobDetail, JobRow } from '../store/contract.ts';
import { appendAudit, auditEntry } from './audited.ts';
import { carrySpec } from '../compose/carried-spec.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { newJobId } from '../compose/job-id.ts';
import { startJob } from './job-start.ts';
import { viewOf } from './own-job.ts';
import { readRef } from '../compose/ref.ts';
import { checkSpec } from '../compose/check.ts';
import { composeSpec } from '../compose/spec.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import { jobView } from './views.ts';

export interface CreateJobArgs {
  /** Makes the call idempotent within the app: the same id and spec is the same job. */
  readonly requestId?: string | undefined;
  /** Exactly one of `ref` (name or name@version of a Job definition) and `spec`. */
  readonly ref?: string | undefined;
  readonly spec?: unknown;
  readonly with?: JobPatch | undefined;
  /** The cycle of a schedule that it stands for: the job is told of it. */
  readonly cycle?: RunCycle | undefined;
}

/** Errors: INVALID, FORBIDDEN, UNKNOWN_TYPE, PAIR_UNSUPPORTED, CONF_FORBIDDEN, TOO_LARGE, REQUEST_ID_CONFLICT, *_UNAVAILABLE (a retry is safe). */
export async function createJob(deps: Deps, caller: Caller, args: CreateJobArgs): Promise<JobView> {
  const spec = await specOf(deps, caller, args);
  const digest = digestOf(spec);
  const jobId = newJobId();
  const workflowId = jobWorkflowId(caller.app, jobId, args.requestId);

  // Older than Temporal's retention, too.
  const known = args.requestId === undefined || !guardStands('reject-duplicate') ? undefined : await deps.store.executions.byWorkflowId(workflowId);
  const attempted: Attempted = { deps, caller, workflowId, spec, digest, requestId: args.requestId };
  if (known !== undefined) return await sameJob(attempted, known);

  await checkSpec(deps, caller.app, spec, args.spec === undefined ? [] : ['spec']);
  const input: JobInput = {
    jobId,
    app: caller.app,
    digest,
    ...(args.requestId !== undefined && { requestId: args.requestId }),
    spec: { ...(await carrySpec(spec, deps.artifacts)), ...(args.cycle !== undefined && { cycle: args.cycle }) },
    mark: await deps.mark(),
    createdAt: new Date().toISOString(),
    by: byOf(caller),
    timings: timingsOf(deps.config),
  };
  crashPoint('create.before-start');
  const before = await startJob(deps, input, workflowId);
  crashPoint('create.after-start');
  if (before !== undefined) return await startedBefore(attempted, input, before);

  await writeRow(attempted, input);
  crashPoint('create.after-row');
  const view = createdView(input, workflowId, spec);
  crashPoint('create.before-reply');
  return view;
}

/** The installation's patience goes with the job, because its workflow can read no configuration. */
export function timingsOf({ timings }: Config): LifecycleTimings {
  return {
    hostPatienceMs: durationMs(timings.hostPatience),
    graceMs: durationMs(timings.grace),
    settleMs: durationMs(timings.settle),
    heartbeatMs: durationMs(timings.heartbeat),
  };
}

async function specOf(deps: Deps, caller: Caller, args: CreateJobArgs): Promise<JobSpec> {
  if ((args.ref === undefined) === (args.spec === undefined)) {
    throw invalid([fieldError(['ref'], 'exactly one of ref and spec must be given', args.ref)]);
  }
  const { schedule } = (args.spec ?? {}) as { readonly schedule?: unknown };
  if (schedule !== undefined)
    throw invalid([
      fieldError(['spec', 'schedule'], 'belongs to a stored Job, which `apply` makes; what is created here runs once, now: leave it out', schedule),
    ]);
  if (args.ref === undefined) return composeSpec(args.spec, args.with, ['spec']);
  return composeSpec((await readRef(deps, caller.app, args.ref)).spec, args.with);
}

/** What one call of createJob is about. */
interface Attempted {
  readonly deps: Deps;
  readonly caller: Caller;
  readonly workflowId: string;
  readonly spec: JobSpec;
  readonly digest: string;
  readonly requestId: string | undefined;
}

/** The line of audit; a repetition has one of its own. */
const lineOf = ({ caller, spec, requestId }: Attempted, jobId: string): AuditEntry =>
  auditEntry(caller, 'createJob', { object: `job ${jobId}`, detail: { name: spec.name, ...(requestId !== undefined && { requestId }) } });

/** The answer for a request id that has its job: that job, or a conflict. */
async function sameJob(attempted: Attempted, row: JobDetail): Promise<JobView> {
  if (row.digest !== attempted.digest) throw conflict(attempted.requestId, row.jobId);
  const view = await viewOf(attempted.deps, row);
  await appendAudit(attempted.deps, lineOf(attempted, row.jobId));
  return view;
}

/** Temporal has it, the store had not: the first caller's row may be on its way, or its process died before writing it. */
async function startedBefore(attempted: Attempted, input: JobInput, memo: JobMemo): Promise<JobView> {
  if (memo.digest !== input.digest) throw conflict(attempted.requestId, memo.jobId);
  const row = await attempted.deps.store.executions.byWorkflowId(attempted.workflowId);
  if (row !== undefined) return await sameJob(attempted, row);
  // The id is the first call's. The spec is the same, because the digests are equal; time and author are this call's, who brings the row.
  const first: JobInput = { ...input, jobId: memo.jobId };
  await writeRow(attempted, first);
  return createdView(first, attempted.workflowId, attempted.spec);
}

const conflict = (requestId: string | undefined, jobId: string): LongshoreError =>
  new LongshoreError('REQUEST_ID_CONFLICT', `Request id "${requestId}" made job ${jobId} from another spec.`);

/**
 * The job exists with or without its row: the workflow's first record writes it, too. But a job without a row cannot be found by its id,
 * so the caller is asked to send the same request again, which finds this job.
 */
async function writeRow(attempted: Attempted, input: JobInput): Promise<void> {
  const { deps, workflowId } = attempted;
  try {
    await deps.store.executions.created(input, workflowId, lineOf(attempted, input.jobId));
  } catch (error) {
    deps.logger.warn({ err: error, jobId: input.jobId }, 'the row of a new job could not be written; its first record will');
    throw error;
  }
}

function createdView(input: JobInput, workflowId: string, spec: JobSpec): JobView {
  const { jobId, app, requestId, digest, createdAt, by } = input;
  const { name, type, cluster, queue, group, priority, labels } = spec;
  const row: JobRow = {
    jobId,
    workflowId,
    owner: workflowId,
    app,
    digest,
    createdAt,
    createdBy: by,
    updatedAt: createdAt,
    ...(requestId !== undefined && { requestId }),
    name,
    type,
    cluster,
    queue,
    group,
    priority,
    labels,
    status: 'CREATED',
    attempt: 1,
    seq: 0,
  };
  return jobView(row, spec, { attempts: [], events: [], cycle: input.spec.cycle });
}
