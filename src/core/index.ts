// Everything a caller can ask, bound to its deps. Routes, façades and schedules call only this.
import { putArtifact, hasArtifact } from './artifacts.ts';
import { audited } from './audited.ts';
import { authenticate } from './authenticate.ts';
import { createCounts } from './counts.ts';
import { createJob } from './create-job.ts';
import { definitionVersions, getDefinition, listDefinitions } from './definitions.ts';
import type { Caller, CoreOptions, Deps } from './deps.ts';
import { ensureFirstStart, type FirstStartOptions } from './first-start.ts';
import { health } from './health.ts';
import { feed, followJob, jobEvents } from './job-events.ts';
import { followLog, jobLog, type JobLogArgs } from './job-log.ts';
import { jobOutput, jobOutputs } from './job-outputs.ts';
import { once } from './once.ts';
import { killJob } from './kill-job.ts';
import { createLive } from './live.ts';
import { modifyJob } from './modify-job.ts';
import { audit, counts, deadLetters, queues, signingKey, types, workers } from './overview.ts';
import { prune } from './prune.ts';
import { createPulse } from './pulse.ts';
import { putDefinition } from './put-definition.ts';
import { getJob, listJobs } from './read-jobs.ts';
import { rebuild } from './rebuild.ts';
import { removeDefinition } from './remove-definition.ts';
import { rerunJob } from './rerun-job.ts';
import { resolveJob } from './resolve-job.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';

export type { Caller, CoreOptions } from './deps.ts';
export type Core = ReturnType<typeof createCore>;

/** What audit lines say of a message to a job. */
const job = (args: { readonly jobId: string; readonly reason?: string | undefined }) => ({
  object: `job ${args.jobId}`,
  ...(args.reason !== undefined && { detail: { reason: args.reason } }),
});
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
    followLog: (caller: Caller, args: JobLogArgs, signal: AbortSignal) => followLog(deps, caller, args, signal),
    jobEvents: bind(jobEvents),
    followJob: (caller: Caller, args: { readonly jobId: string; readonly after: number }, signal: AbortSignal) =>
      followJob(deps, caller, args, signal),
    feed: (caller: Caller, args: { readonly after?: number | undefined }, signal: AbortSignal) => feed(deps, caller, args, signal),
    jobOutputs: bind(jobOutputs),
    jobOutput: bind(jobOutput),

    putDefinition: audited(deps, 'putDefinition', putDefinition, (args, stored) => ({
      object: `${args.kind} ${args.name}`,
      detail: { version: stored.version, digest: stored.digest },
    })),
    removeDefinition: audited(deps, 'removeDefinition', removeDefinition, (args) => ({ object: `${args.kind} ${args.name}` })),
    getDefinition: bind(getDefinition),
    definitionVersions: bind(definitionVersions),
    listDefinitions: bind(listDefinitions),

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
    audit: bind(audit),
    deadLetters: bind(deadLetters),
    rebuild: audited(deps, 'rebuild', rebuild, (_args: undefined, result) => ({ object: 'executions', detail: { ...result } })),
    prune: audited(deps, 'prune', prune, (_args, result) => ({ object: 'retention', detail: { ...result } })),
  };
}
