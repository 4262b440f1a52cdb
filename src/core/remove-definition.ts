// Removal hides a document; what still runs under it stands in its way.
import { LongshoreError } from '../specs/errors.ts';
import { STATUSES, isEnd } from '../specs/status.ts';
import { getDefinition, scopeOf, type NamedDefinition } from './definitions.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { isScheduled, reflectSchedule } from './schedule-workflow.ts';

const UNFINISHED = STATUSES.filter((status) => !isEnd(status));

/** NOT_FOUND; CONFLICT while a cluster or an app has unfinished jobs, or when it is the app of the caller's own token. An app's tokens go with it. */
export async function removeDefinition(deps: Deps, caller: Caller, args: NamedDefinition): Promise<void> {
  await getDefinition(deps, caller, args);
  if (args.kind === 'App' && args.name === caller.token.app) {
    throw new LongshoreError('CONFLICT', `App "${args.name}" owns the token that asks; it would lock you out. Use a token of another app.`);
  }
  if (args.kind === 'App' || args.kind === 'Cluster') await requireNoUnfinished(deps, args);
  const before = await deps.store.definitions.get(args.kind, scopeOf(args.kind, caller), args.name);
  await deps.store.definitions.remove(args.kind, scopeOf(args.kind, caller), args.name, byOf(caller));
  if (isScheduled(args.kind)) await reflectSchedule(deps, { kind: args.kind, app: caller.app, name: args.name }, before, undefined);
  if (args.kind !== 'App') return;
  for (const token of await deps.store.access.list(args.name)) await deps.store.access.revoke(token.id);
}

async function requireNoUnfinished(deps: Deps, { kind, name }: NamedDefinition): Promise<void> {
  const filter = kind === 'App' ? { app: name } : { cluster: name };
  const [job] = await deps.store.executions.jobs({ ...filter, status: UNFINISHED }, { limit: 1 });
  if (job === undefined) return;
  throw new LongshoreError('CONFLICT', `${kind} "${name}" has unfinished jobs, such as ${job.jobId} (${job.status}): kill them or wait for them.`);
}
