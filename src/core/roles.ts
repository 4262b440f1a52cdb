// Roles, each of which may do what those before it may.
import { LongshoreError } from '../specs/errors.ts';
import type { Role } from '../store/contract.ts';
import type { Caller } from './deps.ts';

const RANK: Record<Role, number> = { viewer: 1, operator: 2, editor: 3, admin: 4 };

/** FORBIDDEN unless the caller has at least this role; `what` begins the sentence that says so. */
export function requireRole(caller: Caller, role: Role, what = 'This'): void {
  if (RANK[caller.role] >= RANK[role]) return;
  throw new LongshoreError('FORBIDDEN', `${what} needs role "${role}"; token "${caller.token.name}" has "${caller.role}".`);
}
