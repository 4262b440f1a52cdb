// Artifacts in a folder, local or shared: <dir>/<first two of the digest>/<digest>. A file has its name only when it is whole.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, opendir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crashPoint } from '../crash-points.ts';
import { LongshoreError } from '../specs/errors.ts';
import { SHA256 } from '../specs/patterns.ts';
import type { ArtifactStore } from './artifacts.ts';
import { folderError, isMissing } from './folder-errors.ts';

/** A temporary file that is so old belongs to no upload. */
const LEFTOVER_MS = 24 * 3_600_000;

/** `maxBytes`: largest artifact; a smaller one of a single `put` wins. STORE_UNAVAILABLE when the folder cannot be made. */
export function folderArtifactStore(dir: string, { maxBytes: most }: { maxBytes: number }): ArtifactStore {
  const temporary = join(dir, 'tmp');
  prepare(temporary);

  const pathOf = (sha256: string): string => {
    // The digest becomes a path: nothing but a digest may pass.
    if (!SHA256.test(sha256)) throw new LongshoreError('INVALID', 'not a SHA-256 in lower-case hexadecimal');
    return join(dir, sha256.slice(0, 2), sha256);
  };

  return {
    async put(content, { expect, maxBytes = most } = {}) {
      if (expect !== undefined) pathOf(expect);
      const path = join(temporary, randomUUID());
      try {
        const written = await writeWhole(path, content instanceof Uint8Array ? [content] : content, Math.min(maxBytes, most));
        if (expect !== undefined && written.sha256 !== expect)
          throw new LongshoreError('INVALID', `the content has SHA-256 ${written.sha256}, not ${expect}`);
        await moveTo(path, pathOf(written.sha256));
        return written;
      } catch (error) {
        await rm(path, { force: true });
        throw folderError(error, dir);
      }
    },

    async get(sha256) {
      const path = pathOf(sha256);
      try {
        const handle = await open(path, 'r');
        await touch(path);
        return handle.createReadStream();
      } catch (error) {
        if (isMissing(error)) throw new LongshoreError('NOT_FOUND', `there is no artifact ${sha256}`);
        throw folderError(error, path);
      }
    },

    async has(sha256) {
      const path = pathOf(sha256);
      try {
        const { size } = await stat(path);
        await touch(path);
        return { size };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw folderError(error, path);
      }
    },

    async *list(before) {
      for await (const folder of await opendir(dir)) {
        if (!/^[0-9a-f]{2}$/.test(folder.name)) continue;
        for await (const { name } of await opendir(join(dir, folder.name))) {
          const known = await stat(join(dir, folder.name, name)).catch(() => undefined);
          if (known !== undefined && SHA256.test(name) && known.mtime < before) yield { sha256: name, size: known.size, modifiedAt: known.mtime };
        }
      }
    },

    async remove(sha256) {
      await rm(pathOf(sha256), { force: true });
    },
  };
}

/** Used now: prune goes by the time of modification. Who may only read a shared folder still reads. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

async function writeWhole(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, maxBytes: number) {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > maxBytes) throw new LongshoreError('TOO_LARGE', `an artifact may have at most ${maxBytes} bytes`);
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    await file.sync();
    return { sha256: hash.digest('hex'), size };
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) written += (await file.write(chunk, written)).bytesWritten;
}

async function moveTo(path: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  crashPoint('artifact.before-rename');
  await rename(path, target);
  // The name, too, is on disk before anybody relies on it.
  const folder = await open(dirname(target), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  crashPoint('artifact.after-rename');
}

/** Makes the folders and removes what killed uploads left behind. */
function prepare(temporary: string): void {
  try {
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(temporary)) {
      const path = join(temporary, name);
      const known = statSync(path, { throwIfNoEntry: false });
      if (known !== undefined && Date.now() - known.mtimeMs > LEFTOVER_MS) rmSync(path, { force: true });
    }
  } catch (error) {
    throw folderError(error, temporary);
  }
}
