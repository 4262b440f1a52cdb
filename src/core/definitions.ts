// Stored, versioned documents. Jobs and DAGs belong to an app; apps and clusters are the installation's (scope "").
import { LongshoreError } from '../specs/errors.ts';
import type { Kind } from '../specs/documents.schema.ts';
import type { DefinitionVersionView, DefinitionView } from '../specs/views.schema.ts';
import type { Definition } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { didYouMean } from '../specs/near.ts';
import { fieldError, invalid } from '../specs/validate.ts';

export interface NamedDefinition {
  readonly kind: Kind;
  readonly name: string;
}

const ownedByApp = (kind: Kind): boolean => kind === 'Job' || kind === 'Dag';

/** The scope of a kind for this caller. */
export const scopeOf = (kind: Kind, caller: Caller): string => (ownedByApp(kind) ? caller.app : '');

export function definitionView(definition: Definition, unchanged?: boolean): DefinitionView {
  const { kind, app, name, version, digest, spec, createdAt, createdBy } = definition;
  return { kind, app, name, version, digest, spec: { ...spec }, createdAt, createdBy, ...(unchanged !== undefined && { unchanged }) };
}

/** The newest version, or the one named. NOT_FOUND. */
export async function getDefinition(
  deps: Deps,
  caller: Caller,
  args: NamedDefinition & { readonly version?: number | undefined },
): Promise<DefinitionView> {
  const { kind, name, version } = args;
  const found = visible(caller, kind, name) ? await deps.store.definitions.get(kind, scopeOf(kind, caller), name, version) : undefined;
  if (found === undefined) throw await notFound(deps, caller, args);
  return definitionView(found);
}

/** Its versions, newest first, without their documents. NOT_FOUND when there was never one. */
export async function definitionVersions(
  deps: Deps,
  caller: Caller,
  args: ListDefinitionsArgs & NamedDefinition,
): Promise<{ items: DefinitionVersionView[]; next?: string }> {
  const { kind, name, limit, cursor } = args;
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) throw invalid([fieldError(['cursor'], 'must be `next` of the page before', cursor)]);
  const page = { limit, ...(cursor !== undefined && { before: Number(cursor) }) };
  const items = visible(caller, kind, name) ? await deps.store.definitions.versions(kind, scopeOf(kind, caller), name, page) : [];
  if (items.length === 0 && cursor === undefined) throw await notFound(deps, caller, args);
  return { items, ...(items.length === limit && { next: String(items.at(-1)!.version) }) };
}

export interface ListDefinitionsArgs {
  readonly kind: Kind;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** Newest versions by name. Only an administrator sees the documents of other apps. */
export async function listDefinitions(deps: Deps, caller: Caller, args: ListDefinitionsArgs): Promise<{ items: DefinitionView[]; next?: string }> {
  const { kind, limit, cursor } = args;
  if (kind === 'App' && caller.role !== 'admin') {
    // Its own and nothing else: a page of all would tell by its end what others are called.
    const own = cursor === undefined ? await deps.store.definitions.get(kind, '', caller.app) : undefined;
    return { items: own === undefined ? [] : [definitionView(own)] };
  }
  const found = await deps.store.definitions.list(kind, scopeOf(kind, caller), { limit, ...(cursor !== undefined && { after: cursor }) });
  const items = found.map((definition) => definitionView(definition));
  return { items, ...(found.length === limit && { next: found.at(-1)!.name }) };
}

/** Another app's document does not exist for those who are not administrators. */
const visible = (caller: Caller, kind: Kind, name: string): boolean => kind !== 'App' || caller.role === 'admin' || name === caller.app;

async function notFound(deps: Deps, caller: Caller, { kind, name }: NamedDefinition): Promise<LongshoreError> {
  const others = kind === 'App' && caller.role !== 'admin' ? [] : await deps.store.definitions.list(kind, scopeOf(kind, caller), { limit: 200 });
  const near = didYouMean(
    name,
    others.map((d) => d.name),
  );
  return new LongshoreError('NOT_FOUND', `There is no ${kind} "${name}"${ownedByApp(kind) ? ` in app "${caller.app}"` : ''}${near}.`);
}
