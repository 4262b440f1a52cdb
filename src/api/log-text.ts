// Log bytes as text for events: no character is torn between two of them, and bytes that are no text show as U+FFFD.
import type { LogSlice } from '../store/logs.ts';

export interface LogText {
  readonly offset: number;
  /** Offset after the text. */
  readonly next: number;
  readonly text: string;
}

/** Text of the slices; what begins a character that is not complete yet waits for the next slice. */
export async function* logText(slices: AsyncIterable<LogSlice>): AsyncGenerator<LogText> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest: Uint8Array = new Uint8Array();
  for await (const { offset, bytes, end } of slices) {
    const all = Buffer.concat([rest, bytes]);
    const whole = end ? all.length : all.length - tornBytes(all);
    const from = offset - rest.length;
    rest = all.subarray(whole);
    if (whole > 0) yield { offset: from, next: from + whole, text: decoder.decode(all.subarray(0, whole)) };
  }
}

/** How many bytes at the end begin a UTF-8 character without completing it. */
function tornBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc2) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}
