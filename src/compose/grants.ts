// What an app may use: nothing that its document does not grant.
import type { AppSpec } from '../specs/documents.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { CheckDeps } from './deps.ts';

type Grant = keyof AppSpec['grants'];

/** What of a job needs a grant. */
export type Rights = Pick<JobSpec, 'cluster' | 'workers' | 'queue' | 'user' | 'secrets'>;

/** Throws FORBIDDEN naming every grant that is missing, as an administrator would write it. */
export async function requireGrants({ store }: Pick<CheckDeps, 'store'>, app: string, spec: Rights): Promise<void> {
  const document = await store.definitions.get('App', '', app);
  if (document === undefined) throw new LongshoreError('FORBIDDEN', `There is no App document "${app}"; ask an administrator to apply one.`);
  const grants = (document.spec as unknown as AppSpec).grants;
  const wanted: [Grant, string][] = [
    ['clusters', spec.cluster],
    ['workers', spec.workers],
    ['queues', spec.queue],
    ...(spec.user === undefined ? [] : [['users', spec.user] satisfies [Grant, string]]),
    ...Object.values(spec.secrets).map((name): [Grant, string] => ['secrets', name]),
  ];
  const missing = wanted.filter(([grant, name]) => !grants[grant].includes(name));
  if (missing.length === 0) return;
  const words = missing.map(([grant, name]) => `${grant.slice(0, -1)} "${name}" (grants.${grant})`).join(', ');
  throw new LongshoreError('FORBIDDEN', `App "${app}" may not use ${words.replaceAll('worker "', 'worker group "')}.`);
}
