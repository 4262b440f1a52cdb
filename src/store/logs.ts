// Logs of attempts; they outlive pods and workers. Bytes go in once, in order: `append` is refused unless the offset equals the length.
import type { LogStream } from '../specs/log-streams.ts';

/** One stream of one attempt, by attempt key. */
export interface LogRef {
  readonly key: string;
  readonly stream: LogStream;
}
export interface LogSlice {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Offset for the next read. */
  readonly next: number;
  /** The log is finished and `next` is its length. */
  readonly end: boolean;
}
/** What is stored of one stream. */
export interface StoredLog {
  readonly stream: LogStream;
  readonly length: number;
  readonly finished: boolean;
}
export interface LogStore {
  /** Returns the new length. LOG_CONFLICT when the offset is not the length or the log is finished; DISK_FULL. */
  append(ref: LogRef, offset: number, bytes: Uint8Array): Promise<number>;
  length(ref: LogRef): Promise<{ length: number; finished: boolean }>;
  read(ref: LogRef, offset: number, maxBytes: number): Promise<LogSlice>;
  /** At most `lines` whole lines (and at most 1 MiB) from a byte offset; a last line without newline only when finished. */
  readLines(ref: LogRef, offset: number, lines: number): Promise<LogSlice>;
  /** The streams of an attempt that were appended to or finished: stdout and stderr first. */
  streams(key: string): Promise<StoredLog[]>;
  /** Nothing follows. Twice is once. */
  finish(ref: LogRef): Promise<void>;
  remove(key: string): Promise<void>;
}
