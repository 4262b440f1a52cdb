// What errors of the file system mean to a caller of the folder stores.
import { LongshoreError } from '../specs/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const GONE = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENODEV', 'ESTALE', 'EMFILE', 'ENFILE', 'ENOTDIR']);

/** Whether this is the file system's "no such file". */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** DISK_FULL or STORE_UNAVAILABLE with the path; anything else comes back as it is. */
export function folderError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (FULL.has(code)) return new LongshoreError('DISK_FULL', `there is no space left for ${path}`, { cause: error });
  if (GONE.has(code)) return new LongshoreError('STORE_UNAVAILABLE', `cannot use ${path} (${code})`, { cause: error });
  return error;
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
