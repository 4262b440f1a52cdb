/**
 * Copies the raw logs of one attempt into the LogStore, masked.
 * It keeps no state of its own: masking keeps lengths, so the LogStore's length says where the copy stands, and any worker can go on.
 * A byte is copied only when every secret that could cover it has been seen whole: the last `overlap` bytes wait while the job runs,
 * and each read begins `overlap` bytes early. So two pumps, one of them a zombie, would write the same bytes at the same place.
 */
import { hasCode } from '../specs/errors.ts';
import type { LogChunk, LogStream } from '../adapters/contract.ts';
import type { LogStore } from '../store/logs.ts';
import type { Mask } from './mask.ts';

const CHUNK = 256 * 1024;
const STREAMS: readonly LogStream[] = ['stdout', 'stderr'];

/** Where the raw bytes of one attempt come from. */
export interface LogSource {
  readonly key: string;
  readonly mask: Mask;
  read(stream: LogStream, byteOffset: number, maxBytes: number): Promise<LogChunk>;
}

/** `limit`: longest log of one stream in bytes; what is over is cut with a marker line. */
export interface LogPump {
  /** Copies what is new. An alarm in words when the log cannot be stored now; the job goes on. */
  copy(source: LogSource): Promise<string | undefined>;
  /** Copies all that is left of an attempt that has ended and closes its streams. */
  finish(source: LogSource): Promise<string | undefined>;
}

/** The line that stands where a log was cut. */
export const cutMarker = (limit: number): string => `\n[longshore: this log is cut at ${limit} bytes; the job goes on]\n`;

export function createLogPump(logs: LogStore, limit: number): LogPump {
  async function copyStream(source: LogSource, stream: LogStream, rest: boolean): Promise<void> {
    const { length, finished } = await logs.length({ key: source.key, stream });
    if (finished) return;
    const { mask } = source;
    let stored = length;
    let known = -1;
    while (stored < limit) {
      const from = Math.max(0, stored - mask.overlap);
      const chunk = await source.read(stream, from, CHUNK + 2 * mask.overlap);
      if (chunk.offset !== from) throw new Error(`the cluster answered with byte ${chunk.offset} of ${stream} when asked for byte ${from}`);
      const until = from + chunk.bytes.length;
      // In the rest, the held-back tail goes out once a second read has found nothing behind it.
      const whole = rest && (chunk.end || until === known);
      known = until;
      const ready = Math.min(whole ? until : until - mask.overlap, limit);
      if (ready > stored)
        stored = await logs.append({ key: source.key, stream }, stored, mask.bytes(chunk.bytes).subarray(stored - from, ready - from));
      else if (!rest || whole) return;
      if (whole && ready === until) return;
    }
    if (stored === limit) await logs.append({ key: source.key, stream }, stored, Buffer.from(cutMarker(limit)));
  }

  async function copyAll(source: LogSource, rest: boolean): Promise<string | undefined> {
    for (const stream of STREAMS) {
      try {
        await copyStream(source, stream, rest);
        if (rest) await logs.finish({ key: source.key, stream });
      } catch (error) {
        // Another pump was quicker: its bytes are ours. In the rest, go on from its end until nothing is left.
        if (hasCode(error, 'LOG_CONFLICT')) {
          if (rest) return copyAll(source, rest);
          continue;
        }
        const reason = error instanceof Error ? error.message : String(error);
        return source.mask.text(`The log of ${stream} cannot be stored: ${reason}`);
      }
    }
    return undefined;
  }

  return {
    copy: (source) => copyAll(source, false),
    finish: (source) => copyAll(source, true),
  };
}
