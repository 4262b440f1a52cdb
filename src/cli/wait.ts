// Waiting for a status of a job.
import { setTimeout as delay } from 'node:timers/promises';
import { isEnd, type Status } from '../specs/status.ts';
import type { RunView } from '../specs/run-views.schema.ts';
import type { JobView } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { jobEvents } from './job.ts';
import type { NodeRef } from './run.ts';

export interface Waited {
  readonly job: JobView;
  /** Whether the goal was seen; the job may have gone on since. */
  readonly reached: boolean;
}

/** Returns when the job's newest attempt has had this status, or has ended. "ended" is any end. */
export async function waitFor({ client, note }: Context, id: string, goal: Status | 'ended', signal?: AbortSignal): Promise<Waited> {
  const options = signal && { signal };
  const meets = (status: Status): boolean => status === goal || (goal === 'ended' && isEnd(status));
  const now = await client.call('getJob', { params: { id }, ...options });
  if (meets(now.status)) return { job: now, reached: true };
  const onLost = (): void => note('The connection to the server is lost; trying again.');
  let reached = false;
  for await (const { status } of jobEvents(client, id, now.attempt, { onLost, ...options })) {
    reached ||= meets(status);
    if (reached || isEnd(status)) break;
  }
  return { job: await client.call('getJob', { params: { id }, ...options }), reached };
}

const NODE_EVERY_MS = 300;

/** Returns when the node, or the item of it, has ended. */
export async function waitForNode({ client }: Context, id: string, { node, item }: NodeRef): Promise<void> {
  const query = { limit: 1, ...(item !== undefined && { item: String(item) }) };
  for (;;) {
    const view = await client.call('getNode', { params: { id, node }, query });
    const { endedAt } = item === undefined ? view : (view.jobs[0] ?? view);
    if (endedAt !== undefined) return;
    await delay(NODE_EVERY_MS);
  }
}

/** Returns when the run has ended. */
export async function waitForRun({ client, note }: Context, id: string, signal?: AbortSignal): Promise<RunView> {
  const options = signal && { signal };
  const onLost = (): void => note('The connection to the server is lost; trying again.');
  for await (const message of client.stream('runEvents', { params: { id } }, { onLost, ...options })) if (message.event === 'end') break;
  return await client.call('getRun', { params: { id }, ...options });
}
