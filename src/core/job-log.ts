// Reads the logs of one attempt from the LogStore: which there are, a slice by bytes or lines, the tail, or as it grows.
import { LongshoreError } from '../specs/errors.ts';
import { isFurther, MAIN_STREAMS, type LogStream } from '../specs/log-streams.ts';
import { didYouMean } from '../specs/near.ts';
import { isEnd } from '../specs/status.ts';
import type { LogRef, LogSlice } from '../store/logs.ts';
import type { Caller, Deps } from './deps.ts';
import { ownJob } from './own-job.ts';

export interface JobLogArgs {
  readonly jobId: string;
  readonly stream: LogStream;
  /** Default the newest attempt. */
  readonly attempt?: number | undefined;
  /** Byte offset to begin at; not with `tail`. */
  readonly offset: number;
  /** At most so many lines from `offset`. */
  readonly lines?: number | undefined;
  /** The last so many lines, looked for in the last 1 MiB. */
  readonly tail?: number | undefined;
}

const SLICE_BYTES = 1024 * 1024;
/** How often a followed log is looked at. */
const FOLLOW_MS = 200;

/** What is known of an attempt's log. `key` is missing while the attempt has none: then there is nothing to read yet. */
interface Place {
  readonly attempt: number;
  readonly key?: string;
  readonly ended: boolean;
}

export interface JobLogStream {
  readonly name: LogStream;
  readonly bytes: number;
  /** Nothing follows. */
  readonly end: boolean;
}

/** The logs of an attempt: stdout and stderr, and those of its executors that have at least a byte. */
export async function jobLogStreams(
  deps: Deps,
  caller: Caller,
  args: { readonly jobId: string; readonly attempt?: number | undefined },
): Promise<{ attempt: number; items: JobLogStream[] }> {
  const { attempt, key, ended } = await placeOf(deps, caller, args.jobId, args.attempt);
  const stored = key === undefined ? [] : await deps.logs.streams(key);
  const names = [...MAIN_STREAMS, ...stored.map(({ stream }) => stream).filter(isFurther)];
  const items = names.map((name): JobLogStream => {
    const { length = 0, finished = false } = stored.find(({ stream }) => stream === name) ?? {};
    return { name, bytes: length, end: ended || finished };
  });
  return { attempt, items };
}

/** One slice, at most 1 MiB, and of which attempt it is. An attempt without a log has an empty one. */
export async function jobLog(deps: Deps, caller: Caller, args: JobLogArgs): Promise<LogSlice & { readonly attempt: number }> {
  const place = await placeOf(deps, caller, args.jobId, args.attempt);
  await requireStream(deps, args, place);
  const slice = await sliceOf(deps, place, { ...args, offset: await startOf(deps, place, args) });
  return { ...slice, attempt: place.attempt };
}

/** Slices as the log of one attempt grows, until it ends. The first is as `jobLog` gives it, `tail` and `offset` heeded. */
export async function* followLog(deps: Deps, caller: Caller, args: JobLogArgs, signal: AbortSignal): AsyncGenerator<LogSlice> {
  const watch = deps.pulse.watch({ jobId: args.jobId });
  try {
    let place = await placeOf(deps, caller, args.jobId, args.attempt);
    let offset = await startOf(deps, place, args);
    while (!signal.aborted) {
      const slice = await sliceOf(deps, place, { stream: args.stream, offset });
      if (slice.bytes.length > 0 || slice.end) yield slice;
      if (slice.end) return;
      offset = slice.next;
      if (slice.bytes.length === 0) {
        await watch.change(FOLLOW_MS, signal);
        place = await placeOf(deps, caller, args.jobId, place.attempt);
      }
    }
  } finally {
    watch.close();
  }
}

async function placeOf(deps: Deps, caller: Caller, jobId: string, wanted: number | undefined): Promise<Place> {
  const job = await ownJob(deps, caller, jobId);
  const attempt = wanted ?? Math.max(job.attempt, 1);
  const row = (await deps.store.executions.attempts(jobId)).find((a) => a.attempt === attempt);
  if (row !== undefined) return { attempt, ended: isEnd(row.status), ...(row.key !== undefined && { key: row.key }) };
  if (attempt > Math.max(job.attempt, 1))
    throw new LongshoreError('NOT_FOUND', `Job ${jobId} has no attempt ${attempt} yet; its newest is ${job.attempt}.`);
  return { attempt, ended: isEnd(job.status) };
}

/** One that may still come is waited for; of an attempt that has ended it is missing. */
async function requireStream(deps: Deps, { jobId, stream }: JobLogArgs, { attempt, key, ended }: Place): Promise<void> {
  if (!isFurther(stream) || !ended) return;
  const there = key === undefined ? [] : (await deps.logs.streams(key)).map((one) => one.stream);
  if (there.includes(stream)) return;
  throw new LongshoreError('NOT_FOUND', `Attempt ${attempt} of job ${jobId} has no log "${stream}"${didYouMean(stream, there)}.`);
}

async function sliceOf(deps: Deps, place: Place, args: { stream: LogRef['stream']; offset: number; lines?: number | undefined }): Promise<LogSlice> {
  const { offset, lines } = args;
  if (place.key === undefined) return { offset, bytes: new Uint8Array(), next: offset, end: place.ended };
  const ref: LogRef = { key: place.key, stream: args.stream };
  const slice = lines === undefined ? await deps.logs.read(ref, offset, SLICE_BYTES) : await deps.logs.readLines(ref, offset, lines);
  // An attempt announces its end after its log is copied, so nothing follows even where nobody could finish the log.
  const end = slice.end || (place.ended && slice.next >= (await deps.logs.length(ref)).length);
  return { ...slice, end };
}

/** Where to begin: `offset`, or the start of the last `tail` lines. */
async function startOf(deps: Deps, place: Place, args: JobLogArgs): Promise<number> {
  if (args.tail === undefined || place.key === undefined) return args.offset;
  const ref: LogRef = { key: place.key, stream: args.stream };
  const { length } = await deps.logs.length(ref);
  const from = Math.max(0, length - SLICE_BYTES);
  const bytes = Buffer.from((await deps.logs.read(ref, from, SLICE_BYTES)).bytes);
  let at = bytes.length;
  for (let lines = 0; lines < args.tail; lines++) {
    // The newline that ends the line before the one found so far.
    const before = at < 2 ? -1 : bytes.lastIndexOf(10, at - 2);
    at = before + 1;
    if (before === -1) break;
  }
  return from + at;
}
