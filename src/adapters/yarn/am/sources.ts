// What longshore-am.jar is built from, so that a test sees when it was not built again.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the sources and the jar are. */
export const FOLDER = import.meta.dirname;
export const JAR = join(FOLDER, 'longshore-am.jar');
/** Entry of the jar that holds the digest of its sources. */
export const DIGEST_ENTRY = 'sources.sha256';

/** Names of the Java files, sorted. */
export function sources(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.java'))
    .toSorted();
}

/** SHA-256 of names and contents of the Java files. */
export function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const name of sources())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(FOLDER, name)))
      .update('\0');
  return hash.digest('hex');
}
