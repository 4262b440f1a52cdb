// What several commands need of a job: finding it, waiting for its end, saying how it stands.
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView, JobSummary, JobView, ProgressView } from '../specs/views.schema.ts';
import type { Client } from '../client/index.ts';
import { CliError, EXIT } from './failure.ts';
import { paintStatus } from './text.ts';

/** A job id as written, or the newest job of the app for `last`. */
export async function jobIdOf(client: Client, job: string): Promise<string> {
  if (job !== 'last') {
    if (!/^\d+$/.test(job)) throw new CliError(`"${job}" is not a job id.`, { advice: 'Give the number that `longshore list` shows, or `last`.' });
    return job;
  }
  const [newest] = (await client.call('listJobs', { query: { limit: 1 } })).items;
  if (newest === undefined) throw new CliError('There is no job yet.', { exitCode: EXIT.notFound, advice: 'Create one: longshore run FILE' });
  return newest.id;
}

/** Exit code of an ended job. */
export const exitCodeOf = (job: Pick<JobView, 'status'>): number => (job.status === 'SUCCEED' ? EXIT.ok : EXIT.jobFailed);

/** Time to ask again whether the attempt that was asked for has begun. */
const NOT_YET_MS = 300;

interface Listening {
  readonly signal?: AbortSignal;
  readonly onLost?: () => void;
  /** Called with the line that the job's progress file ends with, when it has changed. */
  readonly onProgress?: (line: string) => void;
}

/** Events of this attempt and later ones as they happen, until the job has ended in one of them. */
export async function* jobEvents(client: Client, id: string, attempt: number, listening: Listening = {}): AsyncGenerator<EventView> {
  const { signal, onLost, onProgress } = listening;
  const options = { ...(signal && { signal }), ...(onLost && { onLost }) };
  for (let after = 0; ;) {
    for await (const message of client.stream('jobEvents', { params: { id }, query: { after } }, options)) {
      if (message.event === 'end') {
        if ((JSON.parse(message.data) as JobSummary).attempt >= attempt) return;
        break;
      }
      if (message.event === 'progress') {
        onProgress?.((JSON.parse(message.data) as ProgressView).text);
        continue;
      }
      const event = JSON.parse(message.data) as EventView;
      after = event.seq;
      if (event.attempt >= attempt) yield event;
    }
    // It still stands at the end of an earlier attempt: the rerun is on its way.
    await delay(NOT_YET_MS, undefined, signal ? { signal } : {});
  }
}

/** One line for a person: the status, how often it was tried, and the reason. */
export function statusLine(color: boolean, job: Pick<JobView, 'status' | 'attempt' | 'reason'>): string {
  const attempt = job.attempt > 1 ? ` attempt ${job.attempt}` : '';
  return `${paintStatus(color, job.status)}${attempt}${job.reason === undefined ? '' : `  ${job.reason}`}`;
}
