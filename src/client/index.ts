// The typed REST client that CLI and console use. It knows routes and nothing else; types come from the route table.
import { jsonOf } from './error.ts';
import { createSender, type ClientOptions, type SendArgs } from './send.ts';
import { eventStream, type EventSourceMessage, type StreamOptions } from './sse.ts';
import type { CallArgs, CallResult, JsonRoute, Rest, StreamRoute } from './types.ts';
import { upload, type Uploaded } from './upload.ts';

export { ClientError } from './error.ts';
export type { ClientOptions } from './send.ts';
export type { EventSourceMessage } from './sse.ts';
export type { CallResult } from './types.ts';

export interface Client {
  readonly url: string;
  /** Calls a JSON route. Throws ClientError. Repeats only what is safe to repeat (reads, and writes that carry an identity). */
  call<N extends JsonRoute>(name: N, ...args: Rest<N>): Promise<CallResult<N>>;
  /** The answer of a stream route, to read as bytes. */
  download<N extends StreamRoute>(name: N, args: CallArgs<N> & { readonly accept?: string }): Promise<Response>;
  /** Server-Sent Events of a route, over broken connections, up to and with `event: end`. */
  stream(
    name: 'jobLogs' | 'jobEvents' | 'runEvents' | 'events',
    args: SendArgs,
    options?: StreamOptions,
  ): AsyncGenerator<EventSourceMessage, void, void>;
  /** Uploads a file by its SHA-256; nothing is sent when the server has it. */
  upload(path: string): Promise<Uploaded>;
}

/** A client of one API with one token. It holds no connection open. */
export function createClient(options: ClientOptions): Client {
  const send = createSender(options);
  // Streams have their own patience, so the sender's must not add up with it.
  const sendOnce = createSender({ ...options, patience: 0 });
  return {
    url: options.url,
    async call(name, ...[args]) {
      const response = await send(name, args);
      return (await jsonOf(response)) as CallResult<typeof name>;
    },
    download: (name, { accept = '*/*', ...args }) => send(name, { ...(args as SendArgs), headers: { accept } }),
    stream: (name, args, streamOptions) =>
      eventStream((headers, signal) => sendOnce(name, { ...args, headers: { ...args.headers, ...headers }, signal }), streamOptions),
    upload: (path) => upload(send, path),
  };
}
