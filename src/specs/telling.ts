// What the store is told together with the answer of admission, in one transaction: the workflow foresees both answers.
import type { Telling, RecordRequest } from './activities.ts';
import type { JobEvent } from './execution.ts';

/** How admission answered. */
type Answer = { readonly granted: true; readonly workerId?: string } | { readonly granted: false; readonly reason: string };

/** The events that the workflow would tell after this answer, those that still waited to be told first. */
export function toldBy({ record, starting, waiting, reason }: Telling, answer: Answer): RecordRequest {
  if (!answer.granted && answer.reason === reason) return record;
  const last: JobEvent = answer.granted
    ? { ...starting, set: { ...starting.set, ...(answer.workerId !== undefined && { workerId: answer.workerId }) } }
    : { ...waiting, reason: answer.reason };
  return { ...record, events: [...record.events, last] };
}
