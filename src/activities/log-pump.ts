// Copies the logs of one attempt into the LogStore: stdout and stderr, and those of its executors where it has any.
import type { Adapter, Attempt } from '../adapters/contract.ts';
import { hasCode } from '../specs/errors.ts';
import type { Handle } from '../specs/execution.ts';
import { MAIN_STREAMS } from '../specs/log-streams.ts';
import { sizeBytes } from '../specs/units.ts';
import type { LogStore } from '../store/logs.ts';
import { copyFurther, finishFurther } from './further-logs.ts';
import { copyStream, type LogSource } from './log-copy.ts';
import type { Mask } from './mask.ts';

export type { LogSource } from './log-copy.ts';

export interface LogLimits {
  /** Longest log of stdout, of stderr, and of all further streams together, in bytes; what is over is cut with a marker line. */
  readonly bytes: number;
  /** Most further streams of an attempt; a log of its own says that there are more. */
  readonly streams: number;
}
export const logLimits = ({ logs }: { readonly logs: { readonly limit: string; readonly streams: number } }): LogLimits => ({
  bytes: sizeBytes(logs.limit),
  streams: logs.streams,
});

export interface LogPump {
  /** Copies what is new, of at most so many further streams, in turn. An alarm in words when the log cannot be stored now; the job goes on. */
  copy(source: LogSource, further?: number): Promise<string | undefined>;
  /** Copies all that is left of an attempt that has ended and closes its streams. */
  finish(source: LogSource): Promise<string | undefined>;
}

/** The line that stands where a log was cut. */
export const cutMarker = (limit: number): string => `\n[longshore: this log is cut at ${limit} bytes; the job goes on]\n`;

/** The logs of an attempt as its adapter reads them. Without a handle it has none. */
export function logSource(adapter: Adapter, attempt: Attempt, handle: Handle | undefined, mask: Mask): LogSource {
  const { key } = attempt.ref;
  if (handle === undefined) return { key, mask, read: (_stream, offset) => Promise.resolve({ offset, bytes: new Uint8Array(), end: true }) };
  return {
    key,
    mask,
    read: (stream, from, max) => adapter.readLog(attempt, handle, stream, from, max),
    ...(adapter.streams !== undefined && { streams: async () => await adapter.streams!(attempt, handle) }),
  };
}

export function createLogPump(logs: LogStore, limits: LogLimits): LogPump {
  /** Where the turns of further streams stand: only so that each has one. */
  const turns = new WeakMap<LogSource, number>();

  async function copyMain(source: LogSource, rest: boolean): Promise<string | undefined> {
    for (const stream of MAIN_STREAMS) {
      const ref = { key: source.key, stream };
      try {
        const { length, full } = await copyStream({ logs, source, stream, rest, most: () => limits.bytes });
        if (full && length === limits.bytes) await logs.append(ref, length, Buffer.from(cutMarker(limits.bytes)));
        if (rest) await logs.finish(ref);
      } catch (error) {
        // Another pump was quicker: its bytes are ours. In the rest, go on from its end until nothing is left.
        if (hasCode(error, 'LOG_CONFLICT')) {
          if (rest) return copyMain(source, rest);
          continue;
        }
        const reason = error instanceof Error ? error.message : String(error);
        return source.mask.text(`The log of ${stream} cannot be stored: ${reason}`);
      }
    }
    return undefined;
  }

  return {
    async copy(source, further = Number.POSITIVE_INFINITY) {
      const alarm = await copyMain(source, false);
      if (source.streams === undefined || limits.streams === 0) return alarm;
      const turn = await copyFurther({ logs, source, limits, from: turns.get(source) ?? 0, atMost: further });
      turns.set(source, turn.next);
      return alarm ?? turn.alarm;
    },
    async finish(source) {
      const alarm = await copyMain(source, true);
      if (source.streams === undefined || limits.streams === 0) return alarm;
      // One log that cannot be had must not cost the others.
      const other = await finishFurther({ logs, source, limits });
      return alarm ?? other;
    },
  };
}
