// Writes a download to stdout or to a file.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { logForTerminal } from './text.ts';

/** A file appears under its name only when it is complete. On a terminal, escapes are taken out. */
export async function saveTo(response: Response, file: string | undefined): Promise<void> {
  const body = Readable.fromWeb(response.body ?? new Blob([]).stream());
  if (file === undefined) {
    if (process.stdout.isTTY) body.setEncoding('utf8');
    for await (const chunk of body) process.stdout.write(process.stdout.isTTY ? logForTerminal(String(chunk)) : (chunk as Uint8Array));
    return;
  }
  const part = `${file}.part-${process.pid}`;
  try {
    await pipeline(body, createWriteStream(part, { flags: 'wx' }));
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
