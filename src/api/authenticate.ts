// Who asks, and whether the matched route allows it: both before any body is read. Deny by default.
import type { Request } from 'express';
import type { Caller, Core } from '../core/index.ts';
import { requireRole } from '../core/roles.ts';
import { hasCode, LongshoreError } from '../specs/errors.ts';
import type { Role } from '../store/contract.ts';

/** The app to act for; only an admin's token may name another than its own. */
const APP_HEADER = 'longshore-app';

/** The caller with at least this role; UNAUTHENTICATED, or FORBIDDEN naming the role. */
export async function requireCaller(core: Core, req: Request, role: Role): Promise<Caller> {
  const app = req.get(APP_HEADER);
  const caller = await core.authenticate(bearerToken(req), app);
  requireRole(caller, role);
  return caller;
}

/** Whether the request would still be let in. A store that does not answer says nothing against it. */
export async function mayGoOn(core: Core, req: Request, role: Role): Promise<boolean> {
  try {
    await requireCaller(core, req, role);
    return true;
  } catch (error) {
    return hasCode(error, 'STORE_UNAVAILABLE');
  }
}

/** Node keeps the first of several Authorization headers where a proxy may have judged the last: so only one is taken. */
function bearerToken(req: Request): string {
  const headers = req.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'authorization');
  if (headers.length > 1) throw new LongshoreError('UNAUTHENTICATED', 'There is more than one Authorization header.');
  const match = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(req.get('authorization') ?? '');
  if (match === null) throw new LongshoreError('UNAUTHENTICATED', 'There is no "Authorization: Bearer <token>" header.');
  return match[1]!;
}
