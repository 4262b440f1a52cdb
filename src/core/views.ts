// Rows of the store as the API shows them.
import type { JobEvent } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { RunCycle } from '../specs/run.ts';
import type { AttemptView, EventView, JobSummary, JobView, TokenView } from '../specs/views.schema.ts';
import type { AttemptRow, JobRow, Token } from '../store/contract.ts';
import type { LiveNews } from './live.ts';

export function jobSummary(row: JobRow): JobSummary {
  const { app, name, type, cluster, queue, group, priority, status, reason, code, blame, attempt, requestId, run, node, item } = row;
  const { labels, killRequested, createdAt, createdBy, updatedAt, endedAt } = row;
  return {
    id: row.jobId,
    app,
    name,
    type,
    cluster,
    queue,
    group,
    priority,
    status,
    reason,
    code,
    blame,
    attempt,
    requestId,
    run,
    node,
    item,
    labels,
    killRequested,
    createdAt,
    createdBy,
    updatedAt,
    endedAt,
  };
}

/** What a job has been through. */
interface Course {
  readonly attempts: readonly AttemptRow[];
  readonly events: readonly JobEvent[];
  /** The cycle that it stands for. */
  readonly cycle?: RunCycle | undefined;
}

export function jobView(row: JobRow, spec: JobSpec, { attempts, events, cycle }: Course, live?: LiveNews): JobView {
  const base = `/api/v1/jobs/${row.jobId}`;
  const tracking = live?.trackingUrl ?? attempts.at(-1)?.observation?.trackingUrl;
  return {
    ...jobSummary(row),
    spec,
    cycle: cycle && { ...cycle },
    attempts: attempts.map((attempt, at) => attemptView(attempt, events, at === attempts.length - 1 ? live : undefined)),
    workflowId: row.owner,
    links: { self: base, log: `${base}/logs`, events: `${base}/events`, outputs: `${base}/outputs`, ...(tracking !== undefined && { tracking }) },
  };
}

function attemptView(row: AttemptRow, events: readonly JobEvent[], live: LiveNews | undefined): AttemptView {
  const { attempt, status, key, workerId, handle, code, blame, reason, exitCode, createdAt, startedAt, endedAt } = row;
  return {
    attempt,
    status,
    key,
    workerId,
    handle,
    code,
    blame,
    reason,
    exitCode,
    createdAt,
    startedAt,
    endedAt,
    observation: row.observation === undefined ? undefined : { ...row.observation, ...live },
    timelines: timelinesOf(row, events),
    timings: row.timings?.map((timing) => ({ ...timing })),
    outputs: row.outputs === undefined ? undefined : { ...row.outputs },
  };
}

/** Ours by the changes of status, the cluster's by phases, and its own words as they were. */
function timelinesOf({ attempt, observation }: AttemptRow, events: readonly JobEvent[]): AttemptView['timelines'] {
  const changes = events.filter((event) => event.attempt === attempt && event.type === 'status');
  const told = observation?.timeline ?? [];
  return {
    statuses: changes
      .filter(({ attemptStatus }, at) => attemptStatus !== changes[at - 1]?.attemptStatus)
      .map(({ attemptStatus, at, code, reason }) => ({ status: attemptStatus, at, code, message: reason })),
    cluster: told.filter(({ phase }, at) => phase !== told[at - 1]?.phase).map(({ phase, at }) => ({ status: phase, at })),
    raw: told.map(({ raw, at }) => ({ status: raw, at })),
  };
}

export function eventView(jobId: string, event: JobEvent): EventView {
  const { seq, at, attempt, status, attemptStatus, type, code, blame, reason, by } = event;
  return { seq, at, jobId, attempt, status, attemptStatus, type, code, blame, reason, by };
}

export function tokenView(token: Token): TokenView {
  const { id, name, app, role, createdAt, createdBy, expiresAt, revokedAt } = token;
  return { id, name, app, role, createdAt, createdBy, expiresAt, revokedAt };
}
