// The one table of statuses. They are an attempt's; a job shows an end only when no automatic attempt is left.

/** Every status a job or an attempt can have, in the order of a life. */
export const STATUSES = ['CREATED', 'ACCEPTED', 'STARTING', 'START_FAILED', 'RUNNING', 'SUCCEED', 'FAILED', 'KILLED', 'CANCELED', 'UNKNOWN'] as const;
export type Status = (typeof STATUSES)[number];

/** What each status means and which may follow it. The state machine refuses anything else. */
export const STATUS: Record<Status, { readonly meaning: string; readonly end: boolean; readonly next: readonly Status[] }> = {
  CREATED: { meaning: 'durable', end: false, next: ['ACCEPTED', 'CANCELED'] },
  ACCEPTED: { meaning: 'waits in its queue; the reason is shown', end: false, next: ['STARTING', 'CANCELED'] },
  STARTING: { meaning: 'Prepare and Start are under way', end: false, next: ['RUNNING', 'START_FAILED', 'UNKNOWN', 'KILLED', 'SUCCEED', 'FAILED'] },
  START_FAILED: { meaning: 'it never began', end: true, next: [] },
  RUNNING: { meaning: 'the cluster says that it runs', end: false, next: ['SUCCEED', 'FAILED', 'KILLED', 'UNKNOWN'] },
  SUCCEED: { meaning: 'the cluster says that it succeeded', end: true, next: [] },
  FAILED: { meaning: 'the cluster says that it failed', end: true, next: [] },
  KILLED: { meaning: 'stopped on request, confirmed by the cluster', end: true, next: [] },
  CANCELED: { meaning: 'withdrawn, timed out or refused by a limit before it was started', end: true, next: [] },
  UNKNOWN: {
    meaning: 'the cluster cannot say; Longshore goes on looking, a person or onLost resolves',
    end: false,
    next: ['RUNNING', 'START_FAILED', 'SUCCEED', 'FAILED', 'KILLED', 'CANCELED'],
  },
};

/** Whether nothing follows this status within the attempt. */
export const isEnd = (status: Status): boolean => STATUS[status].end;

/** Whether an attempt in this status still waits for its place, so that nothing of it can live anywhere. */
export const isWaiting = (status: Status): boolean => status === 'CREATED' || status === 'ACCEPTED';

/** Whether `to` may follow `from` within one attempt. */
export const mayFollow = (from: Status, to: Status): boolean => STATUS[from].next.includes(to);

/** Who is to blame for an end that is not a success: retry policy, exit codes and alerts key on it. */
export const BLAMES = ['user', 'platform', 'cluster', 'killed', 'timeout', 'quota'] as const;
export type Blame = (typeof BLAMES)[number];
