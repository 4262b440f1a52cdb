// Everything a caller can ask, bound to its deps. Routes, façades and schedules call only this.
import type { Json } from '../specs/execution.ts';
import { putArtifact, hasArtifact } from './artifacts.ts';
import { audited } from './audited.ts';
import { authenticate } from './authenticate.ts';
import {
  createBackfill,
  getBackfill,
  killBackfill,
  listBackfillCycles,
  listBackfills,
  pauseBackfill,
  previewBackfill,
  resumeBackfill,
} from './backfills.ts';
import { createCounts } from './counts.ts';
import { createRun } from './create-run.ts';
import { createJob } from './create-job.ts';
import { diffDefinition, rollbackDefinition } from './definition-changes.ts';
import { definitionVersions, getDefinition, listDefinitions } from './definitions.ts';
import type { BackfillRow } from '../store/backfills-contract.ts';
import type { ScheduleRef, WaitingCycle } from '../specs/schedule-run.ts';
import type { Caller, CoreOptions, Deps } from './deps.ts';
import { documentJsonSchema } from './document-schema.ts';
import { ensureFirstStart, type FirstStartOptions } from './first-start.ts';
import { health } from './health.ts';
import { feed, followJob, jobEvents } from './job-events.ts';
import { followLog, jobLog, jobLogStreams, type JobLogArgs } from './job-log.ts';
import { jobOutput, jobOutputs } from './job-outputs.ts';
import { once } from './once.ts';
import { killJob } from './kill-job.ts';
import { killRun } from './kill-run.ts';
import { createLive } from './live.ts';
import { modifyJob } from './modify-job.ts';
import { audit, counts, deadLetters, queues, signingKey, types, workers } from './overview.ts';
import { prune } from './prune.ts';
import { createPulse } from './pulse.ts';
import { putDefinition } from './put-definition.ts';
import { getNode, getRun, listNodes, listRuns, runSpec } from './read-runs.ts';
import { getJob, listJobs } from './read-jobs.ts';
import { rebuild } from './rebuild.ts';
import { removeDefinition } from './remove-definition.ts';
import { rerunJob } from './rerun-job.ts';
import { planOf, rerun, type RerunArgs } from './rerun-across.ts';
import { resolveJob } from './resolve-job.ts';
import { killForBackfill, rerunForBackfill, startForBackfill } from './run-backfill.ts';
import { createDags } from './run-dag.ts';
import { followRun, runEvents } from './run-events.ts';
import { runGraph } from './run-graph.ts';
import { approveNode, disableNode, enableNode, markNode, pauseRun, resumeRun, sendSignal, skipNode } from './run-messages.ts';
import { runFeeds } from './run-feeds.ts';
import { runOutputs } from './run-outputs.ts';
import { runTimeline } from './run-timeline.ts';
import { getSchedule, listCycles, listSchedules, pauseSchedule, previewSchedule, resumeSchedule, triggerSchedule } from './schedules.ts';
import { killForSchedule, startForSchedule } from './start-cycle.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';
import { validateDefinition } from './validate-definition.ts';

export type { Caller, CoreOptions } from './deps.ts';
export type Core = ReturnType<typeof createCore>;

/** What audit lines say of a message to a job. */
const job = (args: { readonly jobId: string; readonly reason?: string | undefined }) => ({
  object: `job ${args.jobId}`,
  ...(args.reason !== undefined && { detail: { reason: args.reason } }),
});
/** The same of a run, or of a node of it. */
const run = (args: { readonly runId: string; readonly node?: string | undefined; readonly reason?: string | undefined }) => ({
  object: `run ${args.runId}${args.node === undefined ? '' : ` node ${args.node}`}`,
  ...(args.reason !== undefined && { detail: { reason: args.reason } }),
});
/** A rerun's line says what it was about. */
function rerunDetail({ mode, nodes, params, version, across, reason }: RerunArgs): { [key: string]: Json } {
  return {
    ...(mode !== undefined && { mode }),
    ...(nodes !== undefined && { nodes }),
    ...(params !== undefined && { params: Object.keys(params) }),
    ...(version !== undefined && { version }),
    ...(across !== undefined && { across }),
    ...(reason !== undefined && { reason }),
  };
}
const schedule = (args: { readonly name: string }) => ({ object: `schedule ${args.name}` });
const backfill = (args: { readonly id: string }) => ({ object: `backfill ${args.id}` });
const token = (app: string, id: string) => ({ object: `token ${id}`, detail: { of: app } });

/** Binds the use cases. It holds nothing open: closing the deps is their owner's business. */
export function createCore(options: CoreOptions) {
  const { store, logger, temporal, eagerStart = false } = options;
  const deps: Deps = {
    ...options,
    mark: once(() => store.mark()),
    pulse: createPulse({ executions: store.executions, logger, recordsHere: eagerStart }),
    live: createLive(temporal, logger),
    counts: createCounts(store.executions),
    dags: createDags(options.artifacts),
  };
  const bind =
    <Args, Result>(useCase: (deps: Deps, caller: Caller, args: Args) => Result) =>
    (caller: Caller, args: Args): Result =>
      useCase(deps, caller, args);
  return {
    /** Who presents this token, acting for `app`. */
    authenticate: (presented: string, app?: string) => authenticate(deps, presented, app),
    ensureFirstStart: (first: FirstStartOptions) => ensureFirstStart(deps, first),
    health: () => health(deps),

    // It audits itself, together with the row that it writes.
    createJob: bind(createJob),
    killJob: audited(deps, 'killJob', killJob, job),
    rerunJob: audited(deps, 'rerunJob', rerunJob, job),
    resolveJob: audited(deps, 'resolveJob', resolveJob, (args) => ({ object: `job ${args.jobId}`, detail: { as: args.as } })),
    modifyJob: audited(deps, 'modifyJob', modifyJob, (args) => ({ object: `job ${args.jobId}`, detail: { fields: Object.keys(args.with) } })),
    getJob: bind(getJob),
    listJobs: bind(listJobs),
    jobLog: bind(jobLog),
    jobLogStreams: bind(jobLogStreams),
    followLog: (caller: Caller, args: JobLogArgs, signal: AbortSignal) => followLog(deps, caller, args, signal),
    jobEvents: bind(jobEvents),
    followJob: (caller: Caller, args: { readonly jobId: string; readonly after: number }, signal: AbortSignal) =>
      followJob(deps, caller, args, signal),
    feed: (caller: Caller, args: { readonly after?: number | undefined }, signal: AbortSignal) => feed(deps, caller, args, signal),
    jobOutputs: bind(jobOutputs),
    jobOutput: bind(jobOutput),

    // It audits itself, together with the row that it writes.
    createRun: bind(createRun),
    killRun: audited(deps, 'killRun', killRun, run),
    rerunRun: audited(deps, 'rerunRun', rerun, (args) => ({ ...run(args), detail: rerunDetail(args) })),
    planRerunOf: bind(planOf),
    markNode: audited(deps, 'markNode', markNode, (args) => ({ ...run(args), detail: { as: args.as } })),
    skipNode: audited(deps, 'skipNode', skipNode, run),
    disableNode: audited(deps, 'disableNode', disableNode, run),
    enableNode: audited(deps, 'enableNode', enableNode, run),
    approveNode: audited(deps, 'approveNode', approveNode, (args) => ({ ...run(args), detail: { approved: args.approved ?? true } })),
    pauseRun: audited(deps, 'pauseRun', pauseRun, run),
    resumeRun: audited(deps, 'resumeRun', resumeRun, run),
    signalRun: audited(deps, 'signalRun', sendSignal, (args) => ({ ...run(args), detail: { name: args.name } })),
    getRun: bind(getRun),
    listRuns: bind(listRuns),
    runSpec: bind(runSpec),
    listNodes: bind(listNodes),
    getNode: bind(getNode),
    runGraph: bind(runGraph),
    runTimeline: bind(runTimeline),
    runFeeds: bind(runFeeds),
    runOutputs: bind(runOutputs),
    runEvents: bind(runEvents),
    followRun: (caller: Caller, args: { readonly runId: string; readonly after: number }, signal: AbortSignal) =>
      followRun(deps, caller, args, signal),

    putDefinition: audited(deps, 'putDefinition', putDefinition, (args, stored) => ({
      object: `${args.kind} ${args.name}`,
      detail: { version: stored.version, digest: stored.digest },
    })),
    rollbackDefinition: audited(deps, 'rollbackDefinition', rollbackDefinition, (args, stored) => ({
      object: `${args.kind} ${args.name}`,
      detail: { to: args.version, version: stored.version },
    })),
    validateDefinition: bind(validateDefinition),
    diffDefinition: bind(diffDefinition),
    removeDefinition: audited(deps, 'removeDefinition', removeDefinition, (args) => ({ object: `${args.kind} ${args.name}` })),
    getDefinition: bind(getDefinition),
    definitionVersions: bind(definitionVersions),
    listDefinitions: bind(listDefinitions),

    listSchedules: bind(listSchedules),
    getSchedule: bind(getSchedule),
    listCycles: bind(listCycles),
    previewSchedule: bind(previewSchedule),
    pauseSchedule: audited(deps, 'pauseSchedule', pauseSchedule, (args) => ({ ...schedule(args), detail: { note: args.note ?? '' } })),
    resumeSchedule: audited(deps, 'resumeSchedule', resumeSchedule, schedule),
    triggerSchedule: audited(deps, 'triggerSchedule', triggerSchedule, (args, { cycle }) => ({ ...schedule(args), detail: { cycle } })),
    /** What the scheduler does for schedules, each as its own app. */
    cycles: {
      start: (of: ScheduleRef, cycle: WaitingCycle) => startForSchedule(deps, of, cycle),
      kill: (of: ScheduleRef, id: string, cycle: string) => killForSchedule(deps, of, id, cycle),
    },

    createBackfill: audited(deps, 'createBackfill', createBackfill, ({ name, from, until, existing }, { id }) => ({
      ...backfill({ id }),
      detail: { name, from, until, existing },
    })),
    previewBackfill: bind(previewBackfill),
    listBackfills: bind(listBackfills),
    getBackfill: bind(getBackfill),
    listBackfillCycles: bind(listBackfillCycles),
    pauseBackfill: audited(deps, 'pauseBackfill', pauseBackfill, (args) => ({ ...backfill(args), detail: { note: args.note ?? '' } })),
    resumeBackfill: audited(deps, 'resumeBackfill', resumeBackfill, backfill),
    killBackfill: audited(deps, 'killBackfill', killBackfill, (args) => ({ ...backfill(args), detail: { runs: args.runs } })),
    /** What the scheduler does for backfills, each as its own app. */
    backfills: {
      start: (of: BackfillRow, cycle: Parameters<typeof startForBackfill>[2]) => startForBackfill(deps, of, cycle),
      rerun: (of: BackfillRow, object: Parameters<typeof rerunForBackfill>[2]) => rerunForBackfill(deps, of, object),
      kill: (of: BackfillRow, id: string) => killForBackfill(deps, of, id),
    },

    createToken: audited(deps, 'createToken', createToken, (args, made) => token(args.app, made.id)),
    revokeToken: audited(deps, 'revokeToken', revokeToken, (args) => token(args.app, args.id)),
    listTokens: bind(listTokens),
    signingKey: bind(signingKey),

    putArtifact: audited(deps, 'putArtifact', putArtifact, (_args, { sha256, size }) => ({ object: `artifact ${sha256}`, detail: { size } })),
    hasArtifact: bind(hasArtifact),

    queues: (caller: Caller) => queues(deps, caller),
    workers: (caller: Caller) => workers(deps, caller),
    counts: (caller: Caller) => counts(deps, caller),
    types: (caller: Caller) => types(deps, caller),
    documentSchema: () => documentJsonSchema(deps),
    audit: bind(audit),
    deadLetters: bind(deadLetters),
    rebuild: audited(deps, 'rebuild', rebuild, (_args: undefined, result) => ({ object: 'executions', detail: { ...result } })),
    prune: audited(deps, 'prune', prune, (_args, result) => ({ object: 'retention', detail: { ...result } })),
  };
}
