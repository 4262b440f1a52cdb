// A lock between processes that dies with its holder: SQLite's own lock on an empty file, because Node has no call for file locks.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { LongshoreError } from '../specs/errors.ts';

/** How long to wait for another process; what is done under the lock takes milliseconds. */
const WAIT_MS = 1_000;

/** Runs `work` while no other process runs under the same lock file, which stays empty. STORE_UNAVAILABLE when it is held for over a second. */
export function withFileLock<T>(file: string, work: () => T): T {
  // Made here, because SQLite would not say why it cannot: a full disk, a missing folder.
  closeSync(openSync(file, 'a', 0o600));
  const lock = new Database(file, { timeout: WAIT_MS });
  try {
    // Beginning prepares a first page that is never written; its journal must not ask for room on a full disk.
    lock.pragma('journal_mode = memory');
    lock.exec('begin exclusive');
    return work();
  } catch (error) {
    const busy = error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
    throw busy ? new LongshoreError('STORE_UNAVAILABLE', `another process holds ${file}`, { cause: error }) : error;
  } finally {
    lock.close();
  }
}
