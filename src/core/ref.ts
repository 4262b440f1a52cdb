// `ref: name[@version]`: a Job definition of the caller's app.
import { LongshoreError } from '../specs/errors.ts';
import type { Definition } from '../store/contract.ts';
import type { Caller, Deps } from './deps.ts';
import { didYouMean } from '../specs/near.ts';
import { fieldError, invalid } from './validate.ts';

const REF = /^([a-z0-9][a-z0-9-]{0,62})(?:@([1-9]\d{0,8}))?$/;

/** INVALID when it is not a reference, NOT_FOUND when there is no such definition or version. */
export async function readRef(deps: Deps, caller: Caller, ref: string): Promise<Definition> {
  const match = REF.exec(ref);
  if (match === null) throw invalid([fieldError(['ref'], 'must be name or name@version', ref)]);
  const [, name = '', version] = match;
  const definition = await deps.store.definitions.get('Job', caller.app, name, version === undefined ? undefined : Number(version));
  if (definition !== undefined) return definition;
  const others = await deps.store.definitions.list('Job', caller.app, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((d) => d.name),
  );
  throw new LongshoreError('NOT_FOUND', `App "${caller.app}" has no Job definition "${ref}"${near}.`);
}
