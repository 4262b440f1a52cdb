// Uploaded files and outputs, content-addressed: identity and reruns cover the code.
import type { Readable } from 'node:stream';

export interface ArtifactStore {
  /** Streams to a temporary file, then renames to its SHA-256. `expect`: INVALID unless it is that. TOO_LARGE over `maxBytes`. DISK_FULL. */
  put(content: Readable | Uint8Array, options?: { expect?: string; maxBytes?: number }): Promise<{ sha256: string; size: number }>;
  /** NOT_FOUND when it is not there. */
  get(sha256: string): Promise<Readable>;
  has(sha256: string): Promise<{ size: number } | undefined>;
  /** Digests not used since `before`, for prune. */
  list(before: Date): AsyncIterable<{ sha256: string; size: number; modifiedAt: Date }>;
  remove(sha256: string): Promise<void>;
}
