// How the workflow of a job or of a run is started, once for ever under its id.
import { TypedSearchAttributes, SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import type { WorkflowStartOptions } from '@temporalio/client';
import { guardStands } from '../crash-points.ts';
import type { Deps } from './deps.ts';
import { ask, isAlreadyStarted } from './temporal.ts';

/** Search attributes as Temporal's client takes them. All of ours are keywords. */
export const keywords = (attributes: { readonly [name: string]: string }): TypedSearchAttributes =>
  new TypedSearchAttributes(
    Object.entries(attributes).map(([name, value]) => ({ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value })),
  );

/** Returns the memo of the workflow that had this id before, or undefined when it is new. */
export async function startOnce<Memo>(
  { temporal, eagerStart = false }: Pick<Deps, 'temporal' | 'eagerStart'>,
  type: string,
  input: object,
  options: WorkflowStartOptions,
): Promise<Memo | undefined> {
  const workflowIdReusePolicy = guardStands('reject-duplicate') ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE';
  try {
    await ask(temporal, () => temporal.workflow.start(type, { ...options, args: [input], workflowIdReusePolicy, requestEagerStart: eagerStart }));
    return undefined;
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
    const { memo } = await ask(temporal, () => temporal.workflow.getHandle(options.workflowId).describe());
    return memo as unknown as Memo;
  }
}
