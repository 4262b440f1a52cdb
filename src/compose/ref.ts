// `ref: name[@version]`: a stored job or DAG of an app.
import { LongshoreError } from '../specs/errors.ts';
import { didYouMean } from '../specs/near.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { Definition } from '../store/contract.ts';
import type { CheckDeps } from './deps.ts';

const REF = /^([a-z0-9][a-z0-9-]{0,62})(?:@([1-9]\d{0,8}))?$/;

/** The newest version, or the one named. INVALID when it is not a reference, NOT_FOUND when there is no such definition or version. */
export async function readRef({ store }: Pick<CheckDeps, 'store'>, app: string, ref: string, kind: 'Job' | 'Dag' = 'Job'): Promise<Definition> {
  const match = REF.exec(ref);
  if (match === null) throw invalid([fieldError(['ref'], 'must be name or name@version', ref)]);
  const [, name = '', version] = match;
  const definition = await store.definitions.get(kind, app, name, version === undefined ? undefined : Number(version));
  if (definition !== undefined) return kind === 'Job' ? withoutSchedule(definition) : definition;
  const others = await store.definitions.list(kind, app, { limit: 200 });
  const near = didYouMean(
    name,
    others.map((d) => d.name),
  );
  throw new LongshoreError('NOT_FOUND', `App "${app}" has no ${kind} definition "${ref}"${near}.`);
}

/** A job that is created runs once: when its definition runs by itself is no part of it. */
function withoutSchedule(definition: Definition): Definition {
  const { schedule: _schedule, ...spec } = definition.spec;
  return { ...definition, spec };
}
