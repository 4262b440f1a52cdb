/**
 * The logs of an attempt besides stdout and stderr. So many are kept, and so much of each, that all together stay below the limit of one log:
 * half of that is shared equally, of the other half each may take half of what the others leave. So one long log cannot cost the others theirs.
 * The LogStore alone says what is kept, so any worker can go on. What is not kept is said in words, where a reader looks for it.
 */
import { hasCode } from '../specs/errors.ts';
import { isFurther, NOT_KEPT, type LogStream } from '../specs/log-streams.ts';
import type { LogRef, LogStore } from '../store/logs.ts';
import { copyStream, readFrom, Unreadable, type LogSource } from './log-copy.ts';
import type { LogLimits } from './log-pump.ts';
import { forEachLimited } from './loop.ts';

/** So many are finished at once, where all are known. */
const AT_ONCE = 4;
/** A log that another pump writes to at the same time is tried so often. */
const TRIES = 20;

export const furtherCutMarker = (limit: number): string =>
  `\n[longshore: this log is cut here; all logs besides stdout and stderr may have ${limit} bytes together; the job goes on]\n`;
export const notKeptNote = ({ streams }: LogLimits): string =>
  `[longshore: there are more logs than are kept, which are ${streams} besides stdout and stderr (logs.streams)]\n`;
export const GONE_MARKER = '\n[longshore: the cluster no longer has this log; what came after this line, if anything, is lost]\n';

interface Wanted {
  readonly logs: LogStore;
  readonly source: LogSource;
  readonly limits: LogLimits;
}

/** Copies what is new of `atMost` of them, those from place `from` on first. Returns the place to go on from, and why nothing can be stored now. */
export async function copyFurther(wanted: Wanted & { readonly from: number; readonly atMost: number }): Promise<{ next: number; alarm?: string }> {
  const { logs, source, from, atMost } = wanted;
  try {
    const { streams } = await listOf(source);
    if (streams.length === 0) return { next: 0 };
    const kept = await Kept.of(logs, source.key);
    const open = streams.filter(({ name }) => kept.get(name)?.finished !== true && (kept.get(name) !== undefined || !kept.someLeftOut));
    const begin = open.length === 0 ? 0 : from % open.length;
    const turn = [...open.slice(begin), ...open.slice(0, begin)].slice(0, atMost);
    for (const one of turn) {
      await copyOne({ ...wanted, kept, ...one, rest: false }).catch((error: unknown) => {
        // Its node may be away, or another pump was quicker: it has another turn, and its rest comes when the job has ended.
        if (!(error instanceof Unreadable) && !hasCode(error, 'LOG_CONFLICT')) throw error;
      });
    }
    return { next: begin + turn.length };
  } catch (error) {
    return error instanceof Unreadable ? { next: from } : { next: from, alarm: cannot('stored', source, error) };
  }
}

/** Copies all that is left of them and closes them. Returns why that cannot be done now. */
export async function finishFurther(wanted: Wanted): Promise<string | undefined> {
  const { logs, source } = wanted;
  let alarm: string | undefined;
  try {
    const { streams, whole } = await listOf(source);
    const kept = await Kept.of(logs, source.key);
    await forEachLimited(streams, whole ? AT_ONCE : 1, async (one) => {
      try {
        await untilAlone(async () => copyOne({ ...wanted, kept, ...one, rest: true }));
      } catch (error) {
        alarm ??= cannot('stored', source, error, one.name);
      }
    });
    if (!whole) return alarm ?? 'Not all logs besides stdout and stderr are there yet.';
    const named = new Set(streams.map(({ name }) => name));
    for (const { stream, finished } of await logs.streams(source.key)) {
      if (finished || named.has(stream) || !isFurther(stream)) continue;
      const ref = { key: source.key, stream };
      await untilAlone(async () => (stream === NOT_KEPT ? logs.finish(ref) : endWith(logs, ref, GONE_MARKER)));
    }
    return alarm;
  } catch (error) {
    return alarm ?? cannot(error instanceof Unreadable ? 'listed' : 'stored', source, error);
  }
}

const cannot = (what: 'listed' | 'stored', source: LogSource, error: unknown, name?: LogStream): string =>
  source.mask.text(
    `${name === undefined ? 'The logs besides stdout and stderr' : `The log of ${name}`} cannot be ${what}: ${error instanceof Error ? error.message : String(error)}`,
  );

/** An adapter may be a plug-in, and its cluster may name anything: what is no name of a further stream is none. */
async function listOf(source: LogSource): Promise<{ streams: { name: LogStream; size: number | undefined }[]; whole: boolean }> {
  try {
    const { streams, whole } = await source.streams!();
    const sizes = new Map(streams.map(({ name, size }) => [name, size]));
    const named = [...sizes].filter(([name]) => isFurther(name) && name !== NOT_KEPT);
    return { streams: named.map(([name, size]) => ({ name, size })), whole };
  } catch (cause) {
    throw new Unreadable(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What is kept of an attempt's further logs. */
class Kept {
  readonly #streams: Map<LogStream, { length: number; finished: boolean }>;
  someLeftOut: boolean;

  private constructor(streams: Map<LogStream, { length: number; finished: boolean }>) {
    this.someLeftOut = streams.delete(NOT_KEPT);
    this.#streams = streams;
  }
  static async of(logs: LogStore, key: string): Promise<Kept> {
    const stored = await logs.streams(key);
    return new Kept(new Map(stored.filter(({ stream }) => isFurther(stream)).map(({ stream, length, finished }) => [stream, { length, finished }])));
  }

  get(name: LogStream): { readonly length: number; readonly finished: boolean } | undefined {
    return this.#streams.get(name);
  }
  mostOf(name: LogStream, { bytes, streams }: LogLimits): number {
    const share = Math.floor(bytes / 2 / streams);
    let left = bytes / 2;
    for (const [other, { length }] of this.#streams) if (other !== name) left -= Math.max(0, length - share);
    return share + Math.max(0, Math.floor(left / 2));
  }
  hasRoomFor(name: LogStream, { streams }: LogLimits): boolean {
    return this.#streams.has(name) || this.#streams.size < streams;
  }
  /** So many more bytes of it; 0 takes its place before there are any. */
  add(name: LogStream, bytes: number): void {
    this.#streams.set(name, { length: (this.#streams.get(name)?.length ?? 0) + bytes, finished: false });
  }
  /** Gives back the place of one that turned out to be empty. */
  release(name: LogStream): void {
    if (this.#streams.get(name)?.length === 0) this.#streams.delete(name);
  }
}

interface One extends Wanted {
  readonly kept: Kept;
  readonly name: LogStream;
  readonly size: number | undefined;
  readonly rest: boolean;
}

/** One without a byte is not kept at all. */
async function copyOne({ logs, source, limits, kept, name, size, rest }: One): Promise<void> {
  const ref = { key: source.key, stream: name };
  const before = kept.get(name);
  if (before?.finished === true) return;
  if (!kept.hasRoomFor(name, limits)) {
    if (kept.someLeftOut || !(size === undefined ? await hasMore(source, name, 0) : size > 0)) return;
    kept.someLeftOut = true;
    return await noteLeftOut(logs, source.key, limits);
  }
  if (rest && before !== undefined && before.length === size) return await logs.finish(ref);
  kept.add(name, 0);
  try {
    const stored = (bytes: number): void => kept.add(name, bytes);
    const { length, full } = await copyStream({ logs, source, stream: name, rest, most: () => kept.mostOf(name, limits), stored });
    if (full && (await hasMore(source, name, length))) return await endWith(logs, ref, furtherCutMarker(limits.bytes));
    if (rest && length > 0) await logs.finish(ref);
  } finally {
    kept.release(name);
  }
}

const hasMore = async (source: LogSource, name: LogStream, from: number): Promise<boolean> =>
  (await readFrom(source, name, from, 1)).bytes.length > 0;

async function noteLeftOut(logs: LogStore, key: string, limits: LogLimits): Promise<void> {
  const ref = { key, stream: NOT_KEPT };
  if ((await logs.length(ref)).length === 0) await logs.append(ref, 0, Buffer.from(notKeptNote(limits)));
}

/** Closes a log with a line of ours, which an earlier try may have written. */
async function endWith(logs: LogStore, ref: LogRef, line: string): Promise<void> {
  const bytes = Buffer.from(line);
  const { length, finished } = await logs.length(ref);
  if (finished) return;
  const tail = await logs.read(ref, Math.max(0, length - bytes.length), bytes.length);
  if (!bytes.equals(tail.bytes)) await logs.append(ref, length, bytes);
  await logs.finish(ref);
}

/** Another pump that was quicker has written the same bytes: go on from its end. */
async function untilAlone(work: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'LOG_CONFLICT') || tried >= TRIES) throw error;
    }
  }
}
