// What operators look at: queues, workers, audit, dead letters, and the types that are registered.
import { z } from 'zod';
import { NAME } from '../specs/patterns.ts';
import { eventView } from './views.ts';
import type { DeadLetterView, QueueView, WorkerView } from '../specs/views.schema.ts';
import type { AuditEntry } from '../store/contract.ts';
import type { JobCounts } from './counts.ts';
import type { Caller, Deps } from './deps.ts';
import { fieldError, invalid } from '../specs/validate.ts';

/** A worker is offline when it was not heard of for so long. */
const WORKER_SILENCE_MS = 60_000;

/** Admins see every app's numbers, others their own. */
const appOf = (caller: Caller): string | undefined => (caller.role === 'admin' ? undefined : caller.app);

export async function queues(deps: Deps, caller: Caller): Promise<{ items: QueueView[] }> {
  const found = await deps.store.admission.queues(appOf(caller));
  return { items: found.map(({ cluster, queue, limit, running, waiting, apps }) => ({ cluster, queue, limit, running, waiting, apps })) };
}

export async function workers(deps: Deps, _caller: Caller): Promise<{ items: WorkerView[] }> {
  const now = Date.now();
  const rows = await deps.store.workers.list();
  return {
    items: rows.map(({ workerId, offline, ...row }) => ({
      ...row,
      id: workerId,
      online: !offline && now - Date.parse(row.seenAt) < WORKER_SILENCE_MS,
    })),
  };
}

/** Jobs by app, cluster and status. */
export async function counts(deps: Deps, caller: Caller): Promise<JobCounts> {
  return await deps.counts(appOf(caller));
}

export interface AuditArgs {
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}
type AuditRow = AuditEntry & { readonly position: number; readonly hash: string };

/** Newest first, of all apps. */
export async function audit(deps: Deps, _caller: Caller, args: AuditArgs): Promise<{ items: AuditRow[]; next?: string }> {
  const { limit, cursor } = args;
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw invalid([fieldError(['cursor'], 'must be `next` of the page before', cursor)]);
  const items = await deps.store.audit.list({ limit, ...(cursor !== undefined && { before: Number(cursor) }) });
  return { items, ...(items.length === limit && { next: String(items.at(-1)!.position) }) };
}

/** Webhook deliveries that were given up, of the caller's app. */
export async function deadLetters(deps: Deps, caller: Caller, args: { readonly limit: number }): Promise<{ items: DeadLetterView[] }> {
  const letters = await deps.store.hooks.deadLetters(caller.app, args.limit);
  return { items: letters.map(({ id, jobId, url, error, at, event }) => ({ id, jobId, url, error, at, event: eventView(jobId, event) })) };
}

interface Types {
  readonly clusters: { type: string; strength: string; jobTypes: string[] }[];
  readonly jobs: { type: string; config: Record<string, unknown> }[];
}

/** Registered types of clusters and jobs, which pairs go together, and the JSON Schema of each job type's `config`. */
export async function types(deps: Deps, _caller: Caller): Promise<Types> {
  const jobTypes = deps.jobTypes.types();
  return {
    clusters: deps.adapters.types().map(({ type, strength, templates }) => ({
      type,
      strength,
      jobTypes: jobTypes.filter((job) => templates.includes(job.template)).map((job) => job.type),
    })),
    jobs: jobTypes.map(({ type, config }) => ({ type, config: { ...z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) } })),
  };
}

/** The key that receivers of an app's webhooks check signatures with. */
export async function signingKey(deps: Deps, _caller: Caller, args: { readonly app: string }): Promise<{ key: string }> {
  if (!NAME.test(args.app)) throw invalid([fieldError(['name'], 'must be the name of an app', args.app)]);
  return { key: await deps.store.hooks.signingKey(args.app) };
}
