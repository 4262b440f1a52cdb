// The staging file system as one Hadoop user: where the files of attempts, their outputs and their tombstones lie.
import type { Readable } from 'node:stream';
import { StepError } from '../../../specs/errors.ts';
import type { LocalResource } from '../submission.ts';

export type Content = Buffer | { readonly file: string } | { readonly stream: Readable };

export interface Entry {
  readonly name: string;
  readonly folder: boolean;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly changed: number;
}

/** Paths are relative to the user's own folder below the staging folder; every part is one that Longshore chose. */
export interface Staging {
  /** The address of a path, as nodes of the cluster reach it. */
  uri(path: string): string;
  /** Writes a file whole or not at all, for the user alone, and the folders above it; replaces one of that name. */
  write(path: string, content: Content, signal?: AbortSignal): Promise<LocalResource>;
  /** A regular file's bytes; undefined when there is none. Never follows a link that a job has put there. */
  open(path: string): Promise<{ readonly size: number; readonly stream: Readable } | undefined>;
  /** What is in a folder; nothing when there is none. */
  list(path: string): Promise<Entry[]>;
  /** Names of all users who have a folder in the staging folder. */
  users(): Promise<string[]>;
  /** Removes a file or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** Lets the user's processes write in a folder, and nobody else even look into it; makes it if it is not there. The folders above it stay ours. */
  give(path: string): Promise<void>;
  /** A file anywhere on the same file system, by its address; undefined when there is none. */
  stat(uri: string): Promise<LocalResource | undefined>;
}

/** Throws on a path that could lead out of the user's folder: every part must be a name. */
export function checkPath(path: string): void {
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new StepError('OUTPUT_INVALID', `"${path}" is no path within the staging folder`);
}
