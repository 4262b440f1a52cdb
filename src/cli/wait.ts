// Waiting for a status of a job.
import { isEnd, type Status } from '../specs/status.ts';
import type { RunView } from '../specs/run-views.schema.ts';
import type { JobView } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { jobEvents } from './job.ts';

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

/** Returns when the run has ended. */
export async function waitForRun({ client, note }: Context, id: string, signal?: AbortSignal): Promise<RunView> {
  const options = signal && { signal };
  const onLost = (): void => note('The connection to the server is lost; trying again.');
  for await (const message of client.stream('runEvents', { params: { id } }, { onLost, ...options })) if (message.event === 'end') break;
  return await client.call('getRun', { params: { id }, ...options });
}
