// Where the lines of a slice of a log end, in bytes.

const NEWLINE = 10;

/**
 * Length of the first `lines` whole lines. What follows the last newline counts only when nothing can follow it (`last`),
 * or when the slice is as long as a slice may be and holds no newline at all (`full`): a reader must get on.
 */
export function wholeLines(bytes: Uint8Array, lines: number, { last, full }: { last: boolean; full: boolean }): number {
  let end = 0;
  for (let count = 0; count < lines; count++) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline === -1) return last || (full && end === 0) ? bytes.length : end;
    end = newline + 1;
  }
  return end;
}
