// One line of audit for each thing that a caller changed.
import type { Json } from '../specs/execution.ts';
import type { AuditEntry } from '../store/contract.ts';
import { byOf, type Caller, type Deps } from './deps.ts';

type UseCase<Args, Result> = (deps: Deps, caller: Caller, args: Args) => Promise<Result>;

/** What the line says besides who, when and what: the object, and whatever helps to judge it later. Never secrets. */
interface AuditNote {
  readonly object: string;
  readonly detail?: { readonly [key: string]: Json };
}

export const auditEntry = (caller: Caller, action: string, note: AuditNote): AuditEntry => ({
  at: new Date().toISOString(),
  by: byOf(caller),
  app: caller.app,
  action,
  ...note,
});

/** What was done is done: an answer that denied it would be worse than a missing line, which the log then holds. */
export async function appendAudit(deps: Deps, entry: AuditEntry): Promise<void> {
  await deps.store.audit
    .append(entry)
    .catch((error: unknown) => deps.logger.error({ err: error, audit: entry }, 'an audit line could not be written'));
}

/** The use case bound to its deps; a success is audited before it is answered. */
export function audited<Args, Result>(
  deps: Deps,
  action: string,
  useCase: UseCase<Args, Result>,
  note: (args: Args, result: Result) => AuditNote,
): (caller: Caller, args: Args) => Promise<Result> {
  return async (caller, args) => {
    const result = await useCase(deps, caller, args);
    await appendAudit(deps, auditEntry(caller, action, note(args, result)));
    return result;
  };
}
