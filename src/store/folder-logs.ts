// Logs in a folder, local or shared: <dir>/<first two of the key>/<key>/<stream>.log, and <stream>.end once nothing follows.
import { closeSync, constants, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint, guardStands } from '../crash-points.ts';
import { LongshoreError } from '../specs/errors.ts';
import { byStream, isLogStream } from '../specs/log-streams.ts';
import { ATTEMPT_KEY } from '../specs/patterns.ts';
import { withFileLock } from './file-lock.ts';
import { folderError, isMissing } from './folder-errors.ts';
import { wholeLines } from './log-lines.ts';
import type { LogRef, LogSlice, LogStore } from './logs.ts';

/** Most bytes of one read, whatever is asked. */
const MAX_READ = 4 * 1024 * 1024;
/** Most bytes of one read by lines. */
const MAX_LINES = 1024 * 1024;

/** STORE_UNAVAILABLE when the folder cannot be made. */
export function folderLogStore(dir: string): LogStore {
  const folderOf = (key: string): string => {
    // The key becomes a path: nothing but a key may pass.
    if (!ATTEMPT_KEY.test(key))
      throw new LongshoreError('INVALID', 'not an attempt key', { errors: [{ path: '/key', message: 'must be 26 of a-z, 2-7' }] });
    return join(dir, key.slice(0, 2), key);
  };
  const fileOf = ({ key, stream }: LogRef, suffix: 'log' | 'end'): string => {
    // So does the stream.
    if (!isLogStream(stream)) throw new LongshoreError('INVALID', 'a log is named stdout or stderr, or a part of the job, a dot and one of these');
    return join(folderOf(key), `${stream}.${suffix}`);
  };
  makeFolder(dir);

  async function length(ref: LogRef): Promise<{ length: number; finished: boolean }> {
    // The end first: once it is there, the length is the last.
    const finished = existsSync(fileOf(ref, 'end'));
    return { length: await sizeOf(fileOf(ref, 'log')), finished };
  }

  async function read(ref: LogRef, offset: number, maxBytes: number): Promise<LogSlice> {
    const known = await length(ref);
    const start = Math.min(natural(offset, 'offset'), known.length);
    const bytes = await readAt(fileOf(ref, 'log'), start, Math.min(natural(maxBytes, 'maxBytes'), MAX_READ, known.length - start));
    const next = start + bytes.length;
    return { offset: start, bytes, next, end: known.finished && next === known.length };
  }

  return {
    length,
    read,

    async streams(key) {
      const names = (await filesIn(folderOf(key))).map((file) => file.replace(/\.(?:log|end)$/, ''));
      const streams = [...new Set(names)].filter(isLogStream).toSorted(byStream);
      return await Promise.all(streams.map(async (stream) => ({ stream, ...(await length({ key, stream })) })));
    },

    async append(ref, offset, bytes) {
      const file = fileOf(ref, 'log');
      natural(offset, 'offset');
      try {
        makeFolder(folderOf(ref.key));
        crashPoint('log.before-append');
        const next = withFileLock(join(folderOf(ref.key), 'lock'), () => appendAt(file, fileOf(ref, 'end'), offset, bytes));
        crashPoint('log.after-append');
        return next;
      } catch (error) {
        throw folderError(error, file);
      }
    },

    async readLines(ref, offset, lines) {
      const slice = await read(ref, offset, MAX_LINES);
      const count = wholeLines(slice.bytes, natural(lines, 'lines'), { last: slice.end, full: slice.bytes.length === MAX_LINES });
      const next = slice.offset + count;
      return { offset: slice.offset, bytes: slice.bytes.subarray(0, count), next, end: slice.end && count === slice.bytes.length };
    },

    async finish(ref) {
      const file = fileOf(ref, 'end');
      try {
        makeFolder(folderOf(ref.key));
        await sync(fileOf(ref, 'log'));
        withFileLock(join(folderOf(ref.key), 'lock'), () => closeSync(openSync(file, 'a', 0o600)));
      } catch (error) {
        throw folderError(error, file);
      }
    },

    async remove(key) {
      await rm(folderOf(key), { recursive: true, force: true });
    },
  };
}

/** Under the lock: the offset is compared and the bytes are written, all of them or none. */
function appendAt(file: string, end: string, offset: number, bytes: Uint8Array): number {
  const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const length = fstatSync(fd).size;
    if (guardStands('log-offset')) {
      if (existsSync(end)) throw new LongshoreError('LOG_CONFLICT', `the log is finished at ${length}`);
      if (length !== offset) throw new LongshoreError('LOG_CONFLICT', `the log is at ${length}, you append at ${offset}`);
    }
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    } catch (error) {
      ftruncateSync(fd, length);
      throw error;
    }
    return length + bytes.length;
  } finally {
    closeSync(fd);
  }
}

/** To the disk, beside the event loop: after its end the raw log is removed, so this is the only copy. An empty log has nothing to lose. */
async function sync(file: string): Promise<void> {
  if ((await sizeOf(file)) === 0) return;
  const handle = await open(file, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw folderError(error, dir);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw folderError(error, file);
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw folderError(error, folder);
  }
}

async function readAt(file: string, offset: number, count: number): Promise<Uint8Array> {
  if (count === 0) return new Uint8Array();
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(count), 0, count, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function natural(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new LongshoreError('INVALID', `${name} must be a whole number of 0 or more`);
  return value;
}
