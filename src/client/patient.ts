// A request whose answer may take longer than fetch ever waits (five minutes): a big upload, rebuild, prune. Node's http waits.
import { once } from 'node:events';
import { request as http, type IncomingMessage } from 'node:http';
import { request as https } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

export interface PatientRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream;
  readonly signal: AbortSignal;
}

/** As fetch, without following redirects. */
export async function patientFetch(url: string, { method, headers, body, signal }: PatientRequest): Promise<Response> {
  const sent = (url.startsWith('https:') ? https : http)(url, { method, headers, signal });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  // Once there is an answer, its body tells whoever reads it of a broken connection.
  sent.on('error', () => undefined);
  // An upload may be refused before its end: the answer says why, not the pipe that broke.
  if (typeof body === 'object') pipeline(Readable.fromWeb(body as NodeStream), sent).catch(() => undefined);
  else sent.end(body);
  const [message] = await answered;
  const response = new Response(Readable.toWeb(message) as ReadableStream, { status: message.statusCode ?? 0, headers: headersOf(message) });
  return Object.defineProperty(response, 'url', { value: url });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) for (const one of [value ?? []].flat()) all.append(name, one);
  return all;
}
