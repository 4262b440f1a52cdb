// Reads files that the payload can replace, fill or link elsewhere: never through a link, never more than asked, never a device or a pipe.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hasCode } from '../specs/errors.ts';

/** Part of a regular file. */
export interface Piece {
  readonly bytes: Buffer;
  /** Size of the whole file. */
  readonly size: number;
  readonly modifiedAt: Date;
}

/** `undefined`: there is none. "unreadable": there is something, but not what it should be. */
export type Maybe<T> = T | undefined | 'unreadable';

/** Up to `maxBytes` from `offset` (from the end when negative). */
export async function readPiece(path: string, offset: number, maxBytes: number): Promise<Maybe<Piece>> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) return 'unreadable';
    const from = offset < 0 ? Math.max(0, stat.size + offset) : offset;
    const bytes = Buffer.alloc(Math.max(0, Math.min(maxBytes, stat.size - from)));
    let read = 0;
    while (read < bytes.length) {
      const { bytesRead } = await file.read(bytes, read, bytes.length - read, from + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return { bytes: bytes.subarray(0, read), size: stat.size, modifiedAt: stat.mtime };
  } catch (error) {
    return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') ? undefined : 'unreadable';
  } finally {
    await file?.close();
  }
}

const MAX_LINE = 4000;

/** The last line of a file that is not blank, as it is. A line over 4,000 bytes is none: part of it could hide a secret from its mask. */
export async function lastLine(path: string): Promise<string | undefined> {
  const piece = await readPiece(path, -MAX_LINE, MAX_LINE);
  if (typeof piece !== 'object') return undefined;
  const lines = piece.bytes.toString('utf8').split('\n');
  if (piece.size > MAX_LINE) lines.shift();
  return lines.findLast((line) => line.trim() !== '');
}
