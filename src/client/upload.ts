// Files go up once: the server is asked by SHA-256 before any byte is sent.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { ClientError, jsonOf } from './error.ts';
import type { Send } from './send.ts';

/** A file in the ArtifactStore. `known`: it was there already. */
export interface Uploaded {
  readonly sha256: string;
  readonly size: number;
  readonly known: boolean;
}

/** Uploads a file unless the server has it. A file that changes meanwhile is refused by the server, which checks the digest. */
export async function upload(send: Send, path: string): Promise<Uploaded> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const sha256 = hash.digest('hex');
  const found = await has(send, sha256);
  if (found !== undefined) return { sha256, size: found, known: true };
  const body: ReadableStream = Readable.toWeb(createReadStream(path));
  const answer = (await jsonOf(await send('putArtifact', { query: { sha256 }, body }))) as { size: number };
  return { sha256, size: answer.size, known: false };
}

async function has(send: Send, sha256: string): Promise<number | undefined> {
  try {
    return ((await jsonOf(await send('hasArtifact', { params: { sha256 } }))) as { size: number }).size;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
