// Calls of Temporal with a deadline; what fails becomes TEMPORAL_UNAVAILABLE, so that a caller knows that trying again is safe, or
// TEMPORAL_REFUSED where it is not.
import { NamespaceNotFoundError } from '@temporalio/common';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { LongshoreError } from '../specs/errors.ts';

/** Longest wait for one answer of Temporal. */
const DEADLINE_MS = 5_000;

/** Errors of Temporal that are answers, not failures: callers decide by them. */
export const isNotFound = (error: unknown): boolean => error instanceof WorkflowNotFoundError;
export const isAlreadyStarted = (error: unknown): boolean => error instanceof WorkflowExecutionAlreadyStartedError;

/** Runs one call. Throws what it answers (not found, already started), else TEMPORAL_UNAVAILABLE or TEMPORAL_REFUSED. */
export async function ask<T>(temporal: Client, call: () => Promise<T>, deadlineMs: number = DEADLINE_MS): Promise<T> {
  try {
    return await temporal.withDeadline(Date.now() + deadlineMs, call);
  } catch (error) {
    const { code, details } = grpcError(error) ?? {};
    if (code !== undefined && OUTAGES.has(code)) {
      throw new LongshoreError('TEMPORAL_UNAVAILABLE', 'Temporal did not answer in time or could not serve the call.', { cause: error });
    }
    // A missing workflow has an error of its own; a missing namespace, a wrong key, an id that is too long are no answers to a caller.
    if (code === undefined && !(error instanceof NamespaceNotFoundError)) throw error;
    throw new LongshoreError('TEMPORAL_REFUSED', `Temporal refuses the call: ${details ?? (error as Error).message}.`, { cause: error });
  }
}

/** Codes of gRPC that say nothing about the request: cancelled, unknown, deadline exceeded, exhausted, aborted, internal, unavailable, data loss. */
const OUTAGES = new Set([1, 2, 4, 8, 10, 13, 14, 15]);

/** What gRPC said, on the error itself or, where the SDK has wrapped it, on its cause. */
function grpcError(error: unknown): { readonly code: number; readonly details?: string } | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, details, cause } = error as { code?: unknown; details?: unknown; cause?: unknown };
  return typeof code === 'number' ? { code, ...(typeof details === 'string' && { details }) } : grpcError(cause);
}
