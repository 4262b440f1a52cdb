// From a presented token to a caller. The look-up is by hash, so its time tells nothing about the token.
import { LongshoreError } from '../specs/errors.ts';
import { NAME } from '../specs/patterns.ts';
import type { Caller, Deps } from './deps.ts';
import { hashOf } from './tokens.ts';

/** UNAUTHENTICATED for a token that is unknown, revoked or expired; FORBIDDEN for an app that is not its own, unless it is an admin's. */
export async function authenticate(deps: Deps, presented: string, app?: string): Promise<Caller> {
  const token = await deps.store.access.byHash(hashOf(presented));
  if (token === undefined) throw new LongshoreError('UNAUTHENTICATED', 'The token is unknown, revoked or expired.');
  if (app === undefined || app === token.app) return { token, app: token.app, role: token.role };
  if (token.role !== 'admin') throw new LongshoreError('FORBIDDEN', `The token belongs to app "${token.app}"; only an admin may act as another.`);
  if (!NAME.test(app) || (await deps.store.definitions.get('App', '', app)) === undefined) {
    throw new LongshoreError('NOT_FOUND', 'There is no such app to act as.');
  }
  return { token, app, role: token.role };
}
