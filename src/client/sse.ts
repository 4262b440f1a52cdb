// Server-Sent Events that outlive a broken connection: it reconnects with Last-Event-ID until `event: end`.
import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { ClientError, unreachable } from './error.ts';

export type { EventSourceMessage } from 'eventsource-parser/stream';

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** How long to go on trying to reconnect a stream that was once open. Milliseconds; default 2 minutes. */
  readonly patience?: number;
  /** Called when the connection is lost, once for each loss. */
  readonly onLost?: (error: ClientError) => void;
}

/** The server sends a comment every 15 s; a connection that is silent for longer than this is dead. */
const SILENCE_MS = 45_000;
/** The server closes a stream at once after its end. */
const CLOSE_MS = 500;

/** Yields every message once but `position`, `end` included, and returns after it. `open` sends the request with the headers given. */
export async function* eventStream(
  open: (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>,
  options: StreamOptions = {},
): AsyncGenerator<EventSourceMessage, void, void> {
  const patience = options.patience ?? 120_000;
  let lastId: string | undefined;
  let opened = false;
  let lostAt: number | undefined;
  let ended = false;
  for (let wait = 100; ; wait = Math.min(wait * 2, 5_000)) {
    const silence = new AbortController();
    try {
      const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
      const response = await open({ accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) }, signal);
      opened = true;
      lostAt = undefined;
      const stream = messages(response, silence);
      for await (const message of stream) {
        lastId = message.id ?? lastId;
        wait = 100;
        // It says only where the stream begins.
        if (message.event === 'position') continue;
        const last = message.event === 'end';
        // Read to its end, the connection serves the next request. Before the message is given, because its reader may not ask for more.
        if (last) ended = await isOver(stream);
        if (last && !ended) silence.abort();
        yield message;
        if (last) return;
      }
      throw unreachable(response.url, new Error('the connection was closed'));
    } catch (thrown) {
      options.signal?.throwIfAborted();
      const error = thrown instanceof ClientError ? thrown : unreachable('the server', thrown);
      if (!opened || !error.retryable) throw error;
      if (lostAt === undefined) options.onLost?.(error);
      lostAt ??= performance.now();
      if (performance.now() + wait - lostAt > patience) throw error;
    } finally {
      if (!ended) silence.abort();
    }
    await delay(wait, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Whether nothing follows; a server that does not close after its last word is not waited for. */
async function isOver(stream: AsyncGenerator<EventSourceMessage>): Promise<boolean> {
  const late = delay(CLOSE_MS, { done: false }, { ref: false });
  return await Promise.race([stream.next(), late]).then(
    ({ done }) => done === true,
    () => false,
  );
}

async function* messages(response: Response, silence: AbortController): AsyncGenerator<EventSourceMessage> {
  if (!response.body) return;
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error('the connection fell silent')), SILENCE_MS);
  };
  listen();
  const heard = new TransformStream<string, string>({
    transform(chunk, controller) {
      listen();
      controller.enqueue(chunk);
    },
  });
  try {
    const decoded = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(heard);
    yield* decoded.pipeThrough(new EventSourceParserStream({ maxBufferSize: 16 * 1024 * 1024 }));
  } finally {
    clearTimeout(timer);
  }
}
