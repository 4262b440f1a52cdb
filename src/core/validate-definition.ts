// `validate`: a document is checked as if it were stored, and nothing is.
import { digestOf } from '../specs/canonical.ts';
import { scopeOf } from './definitions.ts';
import type { Caller, Deps } from './deps.ts';
import { checkDefinition, type PutDefinitionArgs } from './put-definition.ts';

/** The document as it would be stored; `unchanged`: the newest version holds the same. Errors: as putDefinition's. */
export async function validateDefinition(
  deps: Deps,
  caller: Caller,
  args: Omit<PutDefinitionArgs, 'ifVersion'>,
): Promise<{ spec: Record<string, unknown>; unchanged: boolean }> {
  const spec = await checkDefinition(deps, caller, args);
  const newest = await deps.store.definitions.get(args.kind, scopeOf(args.kind, caller), args.name);
  return { spec: { ...spec }, unchanged: newest?.digest === digestOf(spec) };
}
