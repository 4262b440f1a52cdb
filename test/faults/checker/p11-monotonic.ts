// P11: an attempt's status follows the table, never goes back, and ends once; events are numbered without gap or repeat.
import { isEnd, mayFollow, type Status } from '../../../src/specs/status.ts';
import { groupBy } from './group.ts';
import type { Evidence, FinalJob, Promised } from './evidence.ts';

export const monotonic: Promised = ({ jobs, sightings }) => {
  const seen = groupBy(sightings, (sighting) => sighting.jobId);
  return jobs.flatMap((job) =>
    [...numbering(job.events), ...transitions(job), ...readings(seen.get(job.view.id) ?? [])].map((message) => ({
      promise: 'P11' as const,
      job: job.view.requestId ?? job.view.id,
      message,
    })),
  );
};

const numbering = (events: FinalJob['events']): string[] =>
  events.flatMap((event, i) => (event.seq === i + 1 ? [] : [`event ${i + 1} in the list is numbered ${event.seq}`])).slice(0, 1);

function transitions({ view, events }: FinalJob): string[] {
  const faults: string[] = [];
  const attempts = new Map<number, Status>();
  let newest = 0;
  for (const event of events) {
    if (event.attempt < newest) faults.push(`event ${event.seq} goes back from attempt ${newest} to ${event.attempt}`);
    newest = Math.max(newest, event.attempt);
    const before = attempts.get(event.attempt);
    const now = event.attemptStatus;
    if (before !== undefined && before !== now && !mayFollow(before, now)) {
      faults.push(
        isEnd(before)
          ? `attempt ${event.attempt} ended ${before} and then ${now} (event ${event.seq})`
          : `event ${event.seq} goes from ${before} to ${now}`,
      );
    }
    attempts.set(event.attempt, now);
  }
  const last = events.at(-1);
  if (last && last.status !== view.status) faults.push(`the last event says ${last.status}, the job ${view.status}`);
  for (const attempt of view.attempts) {
    const told = attempts.get(attempt.attempt);
    if (told !== undefined && told !== attempt.status) faults.push(`attempt ${attempt.attempt} is ${attempt.status}, its events end with ${told}`);
  }
  return faults;
}

/** What readers saw on the way: within one attempt an end stays, and what lies behind does not come back. */
function readings(sightings: Evidence['sightings']): string[] {
  const order: Record<Status, number> = {
    CREATED: 0,
    ACCEPTED: 1,
    STARTING: 2,
    RUNNING: 3,
    UNKNOWN: 3,
    START_FAILED: 4,
    SUCCEED: 4,
    FAILED: 4,
    KILLED: 4,
    CANCELED: 4,
  };
  const faults = new Set<string>();
  for (const now of sightings) {
    // Two requests that overlap may be answered in either order.
    for (const before of sightings.filter((other) => other.at < now.askedAt)) {
      if (now.attempt < before.attempt) faults.add(`a reader saw attempt ${before.attempt} and then ${now.attempt}`);
      if (now.attempt !== before.attempt) continue;
      const back = order[now.status] < order[before.status];
      const two = isEnd(before.status) && isEnd(now.status) && before.status !== now.status;
      if (back || two) faults.add(`a reader saw ${before.status} and then ${now.status}`);
    }
  }
  return [...faults];
}
