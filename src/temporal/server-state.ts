// What the data folder knows of its embedded Temporal server: ports and version (server.json), and the process (server.pid).
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StartError } from '../start-error.ts';
import { lives, parseIdentity, type ProcessIdentity } from './identity.ts';

const port = z.int().min(1).max(65535);
const recordSchema = z.object({
  /** `temporal --version` of the server that made the database; another one is refused. */
  version: z.string(),
  port,
  uiPort: port,
  httpPort: port,
  metricsPort: port,
});
export type ServerRecord = z.infer<typeof recordSchema>;

/** Files of the embedded server under the data folder. */
export interface ServerFiles {
  readonly folder: string;
  readonly bin: string;
  readonly database: string;
  readonly log: string;
  readonly record: string;
  /** Written by the server's own process before it becomes the server, so that no crash of ours can lose it. */
  readonly pid: string;
}

export function serverFiles(data: string): ServerFiles {
  const folder = join(data, 'temporal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(folder, name);
  return { folder, bin: file('bin'), database: file('temporal.db'), log: file('server.log'), record: file('server.json'), pid: file('server.pid') };
}

/** Undefined before the first start. Throws when the file is not what was written. */
export function readRecord(files: ServerFiles): ServerRecord | undefined {
  const text = read(files.record);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(`${files.record} is damaged; restore it from a backup of the data folder`, { cause });
  }
}

export function writeRecord(files: ServerFiles, record: ServerRecord): void {
  writeFileSync(`${files.record}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${files.record}.new`, files.record);
}

/** The living server that server.pid names. */
export function readServerProcess(files: ServerFiles): ProcessIdentity | undefined {
  const identity = parseIdentity(read(files.pid) ?? '');
  return identity !== undefined && lives(identity) ? identity : undefined;
}

export function forgetServerProcess(files: ServerFiles): void {
  rmSync(files.pid, { force: true });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
