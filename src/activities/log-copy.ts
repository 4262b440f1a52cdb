/**
 * Copies the raw log of one stream into the LogStore, masked.
 * It keeps no state of its own: masking keeps lengths, so the LogStore's length says where the copy stands, and any worker can go on.
 * A byte is copied only when every secret that could cover it has been seen whole: the last `overlap` bytes wait while the job runs,
 * and each read begins `overlap` bytes early. So two pumps, one of them a zombie, would write the same bytes at the same place.
 */
import type { FurtherStreams, LogChunk, LogStream } from '../adapters/contract.ts';
import type { LogStore } from '../store/logs.ts';
import type { Mask } from './mask.ts';

const CHUNK = 256 * 1024;

/** Where the raw bytes of one attempt come from. */
export interface LogSource {
  readonly key: string;
  readonly mask: Mask;
  read(stream: LogStream, byteOffset: number, maxBytes: number): Promise<LogChunk>;
  /** Absent where there are only stdout and stderr. */
  streams?(): Promise<FurtherStreams>;
}

/** The cluster did not give a piece of a log; the store is not to blame. */
export class Unreadable extends Error {}

export interface Copying {
  readonly logs: LogStore;
  readonly source: LogSource;
  readonly stream: LogStream;
  /** The job has ended: what is held back is copied, too. */
  readonly rest: boolean;
  /** The log's longest length in bytes; asked before each piece. */
  readonly most: () => number;
  /** Told of each piece that was stored. */
  readonly stored?: (bytes: number) => void;
}

/** Copies what is new. Returns the length of what is stored, and whether it ended because that is the longest. Throws Unreadable, and what the store throws. */
export async function copyStream({ logs, source, stream, rest, most, stored: tell }: Copying): Promise<{ length: number; full: boolean }> {
  const ref = { key: source.key, stream };
  const { mask } = source;
  const known = await logs.length(ref);
  let stored = known.length;
  if (known.finished) return { length: stored, full: false };
  let seen = -1;
  for (;;) {
    const limit = most();
    if (stored >= limit) return { length: stored, full: true };
    const from = Math.max(0, stored - mask.overlap);
    const chunk = await readFrom(source, stream, from, CHUNK + 2 * mask.overlap);
    const until = from + chunk.bytes.length;
    // In the rest, the held-back tail goes out once a second read has found nothing behind it.
    const whole = rest && (chunk.end || until === seen);
    seen = until;
    const ready = Math.min(whole ? until : until - mask.overlap, limit);
    if (ready > stored) {
      const before = stored;
      stored = await logs.append(ref, stored, mask.bytes(chunk.bytes).subarray(stored - from, ready - from));
      tell?.(stored - before);
    } else if (!rest || whole) return { length: stored, full: false };
    if (whole && ready === until) return { length: stored, full: false };
  }
}

/** Throws Unreadable, also when the answer is for another place than was asked. */
export async function readFrom(source: LogSource, stream: LogStream, from: number, maxBytes: number): Promise<LogChunk> {
  let chunk: LogChunk;
  try {
    chunk = await source.read(stream, from, maxBytes);
  } catch (cause) {
    throw new Unreadable(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (chunk.offset !== from) throw new Unreadable(`the cluster answered with byte ${chunk.offset} of ${stream} when asked for byte ${from}`);
  return chunk;
}
