// Reads the messages of a job. They may come from `temporal workflow signal` with anything in them: what is missing or of the wrong
// form is left out, and nothing here throws, because an error in a handler would block the workflow.
import type { Handle } from '../../specs/execution.ts';
import type { KillMessage, ModifyMessage, RerunMessage, ResolveMessage } from '../../specs/messages.ts';
import { readPatch } from '../../specs/patch.ts';

const LONGEST_TEXT = 1024;
const LONGEST_ID = 256;
const LONGEST_HANDLE = 4096;
const DECISIONS = ['adopt', 'rerun', 'killed', 'failed', 'succeeded'] as const;

export const readKill = (raw: unknown): KillMessage => ({ ...common(raw), how: fields(raw)['how'] === 'forced' ? 'forced' : 'graceful' });

/** `refused`: names of fields of `with` that cannot be used. */
export function readRerun(raw: unknown): RerunMessage & { readonly refused: readonly string[] } {
  const { attempt, seq, with: change } = fields(raw);
  const { patch, refused } = readPatch(change);
  return {
    ...common(raw),
    refused,
    ...(Number.isInteger(attempt) && { attempt: Number(attempt) }),
    ...(Number.isInteger(seq) && { seq: Number(seq) }),
    ...(Object.keys(patch).length > 0 && { with: patch }),
  };
}

/** Without `as` when the decision is none that can be taken. */
export function readResolve(raw: unknown): ResolveMessage {
  const { as, handle } = fields(raw);
  const decision = DECISIONS.find((known) => known === as);
  return { ...common(raw), ...(decision && { as: decision }), ...(isHandle(handle) && { handle }) };
}

export function readModify(raw: unknown): ModifyMessage & { readonly refused: readonly string[] } {
  const { patch, refused } = readPatch(fields(raw)['with']);
  return { ...common(raw), refused, ...(Object.keys(patch).length > 0 && { with: patch }) };
}

export function common(raw: unknown): { id?: string; by?: string; reason?: string } {
  const { id, by, reason } = fields(raw);
  return {
    ...(isText(id) && id.length <= LONGEST_ID && { id }),
    ...(isText(by) && { by: by.slice(0, LONGEST_TEXT) }),
    ...(isText(reason) && { reason: reason.slice(0, LONGEST_TEXT) }),
  };
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const fields = (raw: unknown): { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null ? (raw as { [name: string]: unknown }) : {};

const isHandle = (value: unknown): value is Handle => isText(fields(value)['id']) && JSON.stringify(value).length <= LONGEST_HANDLE;
