// What a signal to a closed workflow starts takes up the last one of its id.
import { ApplicationFailure, sleep, workflowInfo } from '@temporalio/workflow';
import { localUntil, type LocalActivities } from './local.ts';

/** How often, and with which pause, it is looked for. */
const LOOKS = 10;
const LOOK_EVERY_MS = 3_000;
/** After so many events of asking in vain, because the store is down, the workflow makes place for a new one. */
const MOST_ASKING_EVENTS = 1_000;

/** Whether this workflow has asked for so long that a new one should go on. */
export const asksForLong = (): boolean => workflowInfo().historyLength > MOST_ASKING_EVENTS;

/** The last one of this workflow's id; undefined when that has taken too long; NOT_FOUND when there is no trace of it. */
export async function lastOf<Last>(
  what: 'job' | 'run',
  look: (activities: LocalActivities, workflowId: string) => Promise<Last | null>,
): Promise<Last | undefined> {
  const { workflowId } = workflowInfo();
  const ask = () => localUntil((activities) => look(activities, workflowId), asksForLong);
  let last = await ask();
  for (let looks = 1; last === null && looks < LOOKS; looks++) {
    await sleep(LOOK_EVERY_MS);
    last = await ask();
  }
  if (last === null) throw ApplicationFailure.nonRetryable(`refused: no trace of this ${what}`, 'NOT_FOUND');
  return last;
}
