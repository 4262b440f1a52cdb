// POST /runs: durable in Temporal before the answer, once for each request id, and once for each cycle. There is no outbox: a retry is the
// recovery.
import { crashPoint, guardStands, plannedBudget } from '../crash-points.ts';
import { newJobId } from '../compose/job-id.ts';
import { cycleAt, runCycle } from '../schedules/cycle.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { runWorkflowId } from '../specs/identity.ts';
import type { RunCycle, RunInput, RunMemo } from '../specs/run.ts';
import type { RunView } from '../specs/run-views.schema.ts';
import { formatInstant } from '../specs/schedule-time.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { AuditEntry, RunDetail } from '../store/contract.ts';
import { appendAudit, auditEntry } from './audited.ts';
import { timingsOf } from './create-job.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { carryDag, readDag, runDigest, runParams } from './pin-dag.ts';
import { countsOf, nodesOf } from './run-nodes.ts';
import { startRun } from './run-start.ts';
import { runView, type Params } from './run-views.ts';

export interface CreateRunArgs {
  /** Makes the call idempotent within the DAG: the same id, DAG and parameters is the same run. */
  readonly requestId?: string | undefined;
  /** Exactly one of `ref` (name or name@version of a Dag definition) and `spec`. */
  readonly ref?: string | undefined;
  readonly spec?: unknown;
  readonly params?: Params | undefined;
  /** A cycle of its schedule, by its instant or as the schedule tells of it. It is the run's identity: a cycle has one run. */
  readonly cycle?: string | RunCycle | undefined;
}

/**
 * Errors: INVALID, NOT_FOUND, and of its jobs what createJob says; REQUEST_ID_CONFLICT; CONFLICT where the cycle has a run with other
 * parameters; *_UNAVAILABLE (a retry is safe).
 */
export async function createRun(deps: Deps, caller: Caller, args: CreateRunArgs): Promise<RunView> {
  const { requestId, params: given = {} } = args;
  if (requestId !== undefined && args.cycle !== undefined)
    throw invalid([fieldError(['requestId'], 'must be left out with cycle: that is the identity')]);
  const pinned = await readDag(deps, caller.app, args);
  const { spec } = pinned;
  const cycle = cycleOf(spec, args.cycle);
  const digest = runDigest(pinned, given, cycle);
  const runId = newJobId();
  const workflowId = runWorkflowId(caller.app, spec.name, { runId, requestId, cycle });
  const attempted: Attempted = { deps, caller, workflowId, dag: spec.name, digest, args };

  // Older than Temporal's retention, too.
  const isNamed = requestId !== undefined || cycle !== undefined;
  const known = isNamed && guardStands('reject-duplicate') ? await deps.store.runs.byWorkflowId(workflowId) : undefined;
  if (known !== undefined) return await sameRun(attempted, known);

  const identity = {
    runId,
    app: caller.app,
    dag: spec.name,
    ...(pinned.version !== undefined && { version: pinned.version }),
    createdAt: new Date().toISOString(),
    by: byOf(caller),
    ...(cycle !== undefined && { cycle }),
  };
  const input: RunInput = {
    ...identity,
    digest,
    ...(requestId !== undefined && { requestId }),
    spec: await carryDag(spec, deps.artifacts),
    params: runParams(spec, given, identity),
    mark: await deps.mark(),
    timings: timingsOf(deps.config),
    ...plannedBudget(),
  };
  crashPoint('create-run.before-start');
  const before = await startRun(deps, input, workflowId);
  crashPoint('create-run.after-start');
  if (before !== undefined) return await startedBefore(attempted, input, before);

  await writeRow(attempted, input);
  crashPoint('create-run.after-row');
  return createdView(input, workflowId, Object.keys(spec.nodes).length);
}

/** The cycle that is meant; INVALID where the schedule plans none at that instant. */
function cycleOf(spec: DagSpec, cycle: CreateRunArgs['cycle']): RunCycle | undefined {
  if (typeof cycle !== 'string') return cycle;
  if (spec.schedule === undefined) throw invalid([fieldError(['cycle'], `must be left out: DAG "${spec.name}" has no schedule`, cycle)]);
  const asked = cycleAt(spec.schedule, formatInstant(Date.parse(cycle)), true);
  if (asked === undefined) throw invalid([fieldError(['cycle'], 'must be an instant that the schedule of the DAG plans', cycle)]);
  return runCycle(spec.schedule, asked);
}

/** What one call of createRun is about. */
interface Attempted {
  readonly deps: Deps;
  readonly caller: Caller;
  readonly workflowId: string;
  readonly dag: string;
  readonly digest: string;
  readonly args: CreateRunArgs;
}

/** The line of audit; a repetition has one of its own. */
function lineOf({ caller, dag, args: { requestId } }: Attempted, runId: string): AuditEntry {
  return auditEntry(caller, 'createRun', { object: `run ${runId}`, detail: { dag, ...(requestId !== undefined && { requestId }) } });
}

/** The answer for an identity that has its run: that run, or a conflict. */
async function sameRun(attempted: Attempted, row: RunDetail): Promise<RunView> {
  requireSame(attempted, row);
  const view = runView(row, countsOf(await nodesOf(attempted.deps, row)));
  await appendAudit(attempted.deps, lineOf(attempted, row.runId));
  return view;
}

/** A cycle that was asked for without parameters is the one that there is, although the DAG has been changed since it was started. */
function requireSame({ digest, args: { requestId, cycle, params } }: Attempted, known: RunMemo): void {
  if (known.digest === digest) return;
  if (requestId !== undefined) {
    throw new LongshoreError('REQUEST_ID_CONFLICT', `Request id "${requestId}" made run ${known.runId} from another DAG or other parameters.`);
  }
  if (cycle !== undefined && params !== undefined) {
    throw new LongshoreError('CONFLICT', `The cycle has run ${known.runId} already, from another version or with other parameters: rerun that one.`);
  }
}

/** Temporal has it, the store had not: the first caller's row may be on its way, or its process died before writing it. */
async function startedBefore(attempted: Attempted, input: RunInput, memo: RunMemo): Promise<RunView> {
  const { deps, workflowId } = attempted;
  const row = await deps.store.runs.byWorkflowId(workflowId);
  if (row !== undefined) return await sameRun(attempted, row);
  requireSame(attempted, memo);
  if (memo.digest !== input.digest) {
    throw new LongshoreError('STORE_UNAVAILABLE', `Run ${memo.runId} has just been started and cannot be shown yet.`);
  }
  // The id is the first call's. The DAG is the same, because the digests are equal; time and author are this call's, who brings the row.
  const first: RunInput = { ...input, runId: memo.runId };
  await writeRow(attempted, first);
  return createdView(first, workflowId, (await deps.dags.of(first.spec)).plan.nodes.length);
}

/** The run exists with or without its row: the workflow's first record writes it, too. But a run without a row cannot be found by its id. */
async function writeRow(attempted: Attempted, input: RunInput): Promise<void> {
  const { deps, workflowId } = attempted;
  try {
    await deps.store.runs.created(input, workflowId, lineOf(attempted, input.runId));
  } catch (error) {
    deps.logger.warn({ err: error, runId: input.runId }, 'the row of a new run could not be written; its first record will');
    throw error;
  }
}

function createdView(input: RunInput, workflowId: string, nodes: number): RunView {
  const { createdAt, by, requestId, cycle, version, ...rest } = input;
  const row: RunDetail = {
    ...rest,
    input,
    workflowId,
    ...(requestId !== undefined && { requestId }),
    ...(cycle !== undefined && { cycle }),
    ...(version !== undefined && { version }),
    status: 'WAITING',
    paused: false,
    generation: 1,
    createdAt,
    createdBy: by,
    updatedAt: createdAt,
    seq: 0,
  };
  return runView(row, { WAITING: nodes });
}
