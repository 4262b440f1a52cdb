// Kinds of stored documents on the command line, and which of them a name is.
import type { Client } from '../client/index.ts';
import { ClientError } from '../client/error.ts';
import type { DefinitionView } from '../specs/views.schema.ts';
import type { KindOptions } from './create-options.ts';
import type { Loaded } from './documents.ts';
import { CliError, EXIT } from './failure.ts';

/** The kind in an address. */
export const ROUTE_KIND = { Job: 'jobs', Dag: 'dags', Cluster: 'clusters', App: 'apps' } as const;
type Kind = (typeof ROUTE_KIND)[keyof typeof ROUTE_KIND];

/** The newest version, or the one in `name@version`; undefined when there is none. */
export async function definitionOf(client: Client, kind: Kind, ref: string): Promise<DefinitionView | undefined> {
  const [name = '', version] = ref.split('@');
  try {
    return await client.call('getDefinition', { params: { kind, name }, query: version === undefined ? {} : { version } });
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** The stored Job or Dag of this name, or name@version. */
export async function storedAs(client: Client, ref: string, kind: KindOptions['kind']): Promise<DefinitionView> {
  const [job, dag] = await Promise.all([
    kind === 'dag' ? undefined : definitionOf(client, 'jobs', ref),
    kind === 'job' ? undefined : definitionOf(client, 'dags', ref),
  ]);
  if (job !== undefined && dag !== undefined) {
    throw new CliError(`There are a Job and a Dag "${ref}".`, { advice: 'Say which: --kind job or --kind dag.' });
  }
  const found = job ?? dag;
  if (found !== undefined) return found;
  throw new CliError(`There is no stored ${kind === undefined ? 'Job or Dag' : kind === 'job' ? 'Job' : 'Dag'} "${ref}".`, {
    exitCode: EXIT.notFound,
    advice: 'See what there is: longshore get definitions, longshore get dags',
  });
}

export const storedKind = async (client: Client, name: string, kind: KindOptions['kind']): Promise<'jobs' | 'dags'> =>
  (await storedAs(client, name, kind)).kind === 'Dag' ? 'dags' : 'jobs';

/** A Job or Dag as the server would store it; of other kinds what is written. */
export async function validated(
  client: Client,
  { kind, name }: Pick<Loaded, 'kind' | 'name'>,
  spec: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (kind !== 'Job' && kind !== 'Dag') return spec;
  const params = { kind: ROUTE_KIND[kind], name };
  return (await client.call('validateDefinition', { params, body: spec as Record<string, never> })).spec;
}
