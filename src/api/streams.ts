// Server-Sent Events: framing, heartbeats, back-pressure, and a bound on how many stay open.
import { once } from 'node:events';
import type { Request, Response } from 'express';
import { LongshoreError } from '../specs/errors.ts';

/** One message: `id` is where a reader that lost the connection goes on. */
export interface Message {
  readonly id?: number | string;
  readonly event?: string;
  readonly data: unknown;
}

/** A comment so often keeps proxies from cutting a quiet stream; clients take three missing ones for a broken connection. */
const HEARTBEAT_MS = 15_000;
/** Streams open at once, in all and for one token. */
const MAX_STREAMS = 1_000;
const MAX_STREAMS_OF_TOKEN = 100;

/** Who reads a stream. */
interface Reader {
  readonly tokenId: string;
  /** Whether the request that opened the stream would still be let in. */
  readonly mayGoOn: () => Promise<boolean>;
}

export interface Streams {
  /**
   * Sends what `source` yields until it ends, the reader goes, its token is revoked (seen at each heartbeat), or the process closes.
   * QUOTA_EXCEEDED when too many are open.
   */
  send(res: Response, reader: Reader, source: (signal: AbortSignal) => AsyncIterable<Message>): Promise<void>;
}

interface StreamsOptions {
  readonly closing?: AbortSignal | undefined;
  /** Default 15 s. */
  readonly heartbeatMs?: number | undefined;
}

export function createStreams({ closing, heartbeatMs = HEARTBEAT_MS }: StreamsOptions): Streams {
  const open = new Map<string, number>();
  let total = 0;

  const enter = (tokenId: string): void => {
    const own = open.get(tokenId) ?? 0;
    if (total >= MAX_STREAMS || own >= MAX_STREAMS_OF_TOKEN) {
      throw new LongshoreError(
        'QUOTA_EXCEEDED',
        `Too many streams are open (${own} of ${MAX_STREAMS_OF_TOKEN} by this token, ${total} of ${MAX_STREAMS} in all).`,
      );
    }
    total++;
    open.set(tokenId, own + 1);
  };
  const leave = (tokenId: string): void => {
    total--;
    const own = (open.get(tokenId) ?? 1) - 1;
    if (own === 0) open.delete(tokenId);
    else open.set(tokenId, own);
  };

  return {
    async send(res, { tokenId, mayGoOn }, source) {
      enter(tokenId);
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      const signal = closing ? AbortSignal.any([gone.signal, closing]) : gone.signal;
      res.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      res.write(': open\n\n');
      const beat = async (): Promise<void> => {
        if (await mayGoOn()) res.write(': alive\n\n');
        else gone.abort();
      };
      const heartbeat = setInterval(() => void beat(), heartbeatMs);
      try {
        for await (const message of source(signal)) {
          if (signal.aborted) break;
          if (!res.write(frame(message))) await once(res, 'drain', { signal }).catch(() => undefined);
        }
        res.end();
      } finally {
        clearInterval(heartbeat);
        gone.abort();
        leave(tokenId);
      }
    },
  };
}

/** JSON has no line breaks, so one data line holds it. */
function frame({ id, event, data }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Whether the caller asks for events. */
export const wantsEvents = (req: Request): boolean => (req.get('accept') ?? '').includes('text/event-stream');

/** Where a reader that lost its connection goes on; undefined at the first time. */
export function lastEventId(req: Request): number | undefined {
  const id = req.get('last-event-id');
  return id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
