// Follows a job to its end: events and progress on stderr, the payload's own output where the payload wrote it.
import { isEnd } from '../specs/status.ts';
import type { EventView, JobView } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { exitCodeOf, jobEvents, statusLine } from './job.ts';
import { followLog } from './logs.ts';
import { EXIT } from './failure.ts';
import { oneLine, paint } from './text.ts';

/** How long the rest of a log may take once the end was announced (submit copies it before that). */
const LOG_REST_MS = 10_000;

/**
 * Follows from this attempt on; returns the exit code. The first Ctrl-C detaches: the job goes on, the way back is shown, 130.
 * A second one ends the process at once.
 */
export async function followJob(context: Context, id: string, attempt: number, options: { log: boolean }): Promise<number> {
  const detach = new AbortController();
  const interrupt = (): void => {
    if (detach.signal.aborted) process.exit(EXIT.interrupted);
    detach.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    return await follow(context, id, attempt, options.log, detach.signal);
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    context.note(
      `\nDetached: job ${id} goes on.\n  come back  longshore logs ${id} -f\n  wait       longshore wait ${id}\n  stop it    longshore kill ${id}`,
    );
    return EXIT.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function follow(context: Context, id: string, from: number, log: boolean, signal: AbortSignal): Promise<number> {
  const { client } = context;
  const logs = new Map<number, Promise<unknown>>();
  const rest = new AbortController();
  const logSignal = AbortSignal.any([signal, rest.signal]);
  const followAttempt = (attempt: number): void => {
    if (!log || logs.has(attempt)) return;
    const streams = (['stdout', 'stderr'] as const).map((stream) => followLog(client, id, { stream, attempt }, process[stream], logSignal));
    // Awaited below; a log that cannot be had must not hide how the job ended.
    logs.set(attempt, Promise.allSettled(streams));
  };
  const onLost = (): void => context.note('The connection to the server is lost; trying again. The job is not affected.');
  const onProgress = (line: string): void => context.note(`         ${oneLine(line)}`);
  for await (const event of jobEvents(client, id, from, { signal, onLost, onProgress })) {
    context.note(eventLine(context.colorErrors, event));
    if (event.attemptStatus === 'RUNNING' || (isEnd(event.attemptStatus) && event.attemptStatus !== 'CANCELED')) followAttempt(event.attempt);
  }
  const timer = setTimeout(() => rest.abort(), LOG_REST_MS);
  await Promise.all(logs.values());
  clearTimeout(timer);
  signal.throwIfAborted();
  const job = await client.call('getJob', { params: { id }, signal });
  context.out.show(job, () => '');
  context.note(`${statusLine(context.colorErrors, job)}\n${hintOf(job)}`);
  return exitCodeOf(job);
}

/** One line of an event: time, status, what happened. */
export function eventLine(color: boolean, event: EventView): string {
  const words = [event.type === 'status' ? undefined : event.type, event.reason, event.by === undefined ? undefined : `by ${event.by}`];
  const text = oneLine(words.filter((word) => word !== undefined).join(' '));
  return `${paint(color, 'dim', event.at.slice(11, 19))} ${statusLine(color, { status: event.status, attempt: event.attempt })}  ${text}`.trimEnd();
}

function hintOf(job: JobView): string {
  if (job.status === 'SUCCEED') return `  outputs  longshore result ${job.id}`;
  return `  details  longshore describe ${job.id}\n  again    longshore rerun ${job.id} -f`;
}
