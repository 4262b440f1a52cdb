// One of a job's logs, as it is in a pipe, without terminal escapes on a terminal.
import type { Writable } from 'node:stream';
import type { Client } from '../client/index.ts';
import { isEnd } from '../specs/status.ts';
import type { LogEvent } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { logForTerminal } from './text.ts';

export interface LogQuery {
  readonly stream: string;
  readonly attempt?: number;
  readonly tail?: number | undefined;
  readonly offset?: number;
}

/** Writes the log that is there now; the server gives it in slices. */
export async function printLog(client: Client, id: string, query: LogQuery, to: NodeJS.WriteStream): Promise<void> {
  const decoder = new TextDecoder();
  for (let slice: LogQuery = query; ;) {
    const response: Response = await client.download('jobLogs', { params: { id }, query: slice, accept: 'text/plain' });
    const bytes = await response.bytes();
    if (bytes.length === 0) return;
    await write(to, to.isTTY ? logForTerminal(decoder.decode(bytes, { stream: true })) : bytes);
    // A rerun meanwhile has a log of its own.
    const attempt = Number(response.headers.get('x-longshore-attempt'));
    slice = { ...query, attempt, tail: undefined, offset: Number(response.headers.get('x-longshore-next-offset')) };
  }
}

/** Lines of the stderr of a failure that are shown beside its stdout. */
const LAST_LINES = 10;

/** The end of the stderr of an attempt that has failed, on stderr: its stdout alone may look as if nothing were wrong. */
export async function printFailure({ client, note }: Pick<Context, 'client' | 'note'>, id: string, attempt: number | undefined): Promise<void> {
  const { attempts } = await client.call('getJob', { params: { id } });
  const shown = attempt === undefined ? attempts.at(-1) : attempts.find((one) => one.attempt === attempt);
  if (shown === undefined || !isEnd(shown.status) || shown.status === 'SUCCEED') return;
  const { items } = await client.call('jobLogStreams', { params: { id }, query: { attempt: shown.attempt } });
  if (!items.some(({ name, bytes }) => name === 'stderr' && bytes > 0)) return;
  note(`${shown.status}; the last lines of its stderr (all: longshore logs ${id} --stream stderr --attempt ${shown.attempt}):`);
  await printLog(client, id, { stream: 'stderr', attempt: shown.attempt, tail: LAST_LINES }, process.stderr);
}

/** Writes the log as it grows, until the attempt's log is finished. */
export async function followLog(client: Client, id: string, query: LogQuery, to: NodeJS.WriteStream, signal?: AbortSignal): Promise<void> {
  for await (const message of client.stream('jobLogs', { params: { id }, query: { ...query, follow: 'true' } }, signal ? { signal } : {})) {
    if (message.event === 'end') return;
    const { text } = JSON.parse(message.data) as LogEvent;
    await write(to, to.isTTY ? logForTerminal(text) : text);
  }
}

/** Respects a slow reader: what it has not taken is not piled up. */
async function write(to: Writable, data: string | Uint8Array): Promise<void> {
  if (!to.write(data)) await new Promise<void>((resolve) => void to.once('drain', resolve));
}
