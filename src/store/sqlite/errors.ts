// What SQLite's errors mean to a caller.
import { LongshoreError, type ErrorCode } from '../../specs/errors.ts';

const CODES: readonly (readonly [prefix: string, code: ErrorCode, text: string])[] = [
  ['SQLITE_FULL', 'DISK_FULL', 'there is no space left for'],
  ['SQLITE_IOERR_SHMSIZE', 'DISK_FULL', 'there is no space left for'],
  ['ENOSPC', 'DISK_FULL', 'there is no space left for'],
  ['SQLITE_BUSY', 'STORE_UNAVAILABLE', 'another process has held for too long'],
  ['SQLITE_LOCKED', 'STORE_UNAVAILABLE', 'another connection has held for too long'],
  ['SQLITE_CANTOPEN', 'STORE_UNAVAILABLE', 'cannot open'],
  ['SQLITE_READONLY', 'STORE_UNAVAILABLE', 'cannot write to'],
  ['SQLITE_PERM', 'STORE_UNAVAILABLE', 'may not use'],
  ['SQLITE_IOERR', 'STORE_UNAVAILABLE', 'cannot read or write'],
  ['SQLITE_NOTADB', 'STORE_UNAVAILABLE', 'this is not a SQLite database:'],
  ['SQLITE_CORRUPT', 'STORE_UNAVAILABLE', 'this database is damaged, restore a backup:'],
];

/** Whether the database is locked by somebody else, and the same call may succeed in a moment. Sees through a LongshoreError. */
export const isBusy = (error: unknown): boolean =>
  codeOf(error).startsWith('SQLITE_BUSY') || (error instanceof Error && codeOf(error.cause).startsWith('SQLITE_BUSY'));

/** A LongshoreError that names the file; errors that are not SQLite's come back as they are. */
export function storeError(error: unknown, file: string): unknown {
  const code = codeOf(error);
  const known = CODES.find(([prefix]) => code.startsWith(prefix));
  if (known !== undefined) return new LongshoreError(known[1], `${known[2]} ${file} (${code})`, { cause: error });
  if (code.startsWith('SQLITE_')) return new LongshoreError('INTERNAL', `${code} in ${file}`, { cause: error });
  return error;
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
