// One file of a container's log, from a NodeManager or a JobHistoryServer. Their web services give the first or the last n bytes of a file, not
// those from an offset; what they gave is told by the length that the answer's head names.
import { ignoreBody, limitTime, Unanswered, type Http } from './http.ts';

/** A file that grows between two answers is asked for with so much more before the offset. */
const SLACK = 64 * 1024;
const MAX_HEAD = 4 * 1024;
const TRIES = 5;

/** Ends the answer's head; what follows are the contents. */
const HEAD = /LogLength:\s*(\d+)\s*\nLog ?Contents:\n/;
/** What a JobHistoryServer says, as a success, of a file that it does not have. */
const NONE = /^Can ?not find /i;

const NOTHING = Buffer.alloc(0);

export interface Place {
  readonly url: string;
  /** The address was named by the cluster. */
  readonly named: boolean;
}

/** Part of a file, and the length that the file had then. */
export interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
  readonly length: number;
}

/** From `offset`, at most `maxBytes`. Undefined when the file is not there. Throws Unanswered. */
export async function readPiece(http: Http, place: Place, offset: number, maxBytes: number): Promise<Piece | undefined> {
  // The first answer only tells the length.
  let last = 1;
  for (let tried = 0; tried < TRIES; tried++) {
    const piece = await readLast(http, place, last, offset, maxBytes);
    if (piece === undefined || offset >= piece.length || (piece.start === offset && piece.bytes.length > 0)) return piece;
    last = piece.length - offset + (tried === 0 ? 0 : SLACK);
  }
  throw new Unanswered(`${place.url} grows faster than it can be read`);
}

/** The log server to which a NodeManager sends for what it does not have; undefined when it names none. Throws Unanswered. */
export async function logServerOf(http: Http, node: string, container: string): Promise<string | undefined> {
  const answer = await http.send(new URL(`${node}/ws/v1/node/containerlogs/${container}/stdout?size=-1`), { named: true });
  ignoreBody(answer);
  const { status, location } = answer;
  return status === 307 && location !== undefined && URL.canParse(location) ? new URL(location).origin : undefined;
}

/** Of the last `last` bytes those from `offset`; none when they begin after it. */
async function readLast(http: Http, { url, named }: Place, last: number, offset: number, maxBytes: number): Promise<Piece | undefined> {
  let answer = await http.send(new URL(`${url}?size=-${last}`), { named });
  // A NodeManager sends to the log server for what it no longer has; of Hadoop 3.5 with a path that is not there, so only its address counts.
  if (answer.status === 307 && answer.location !== undefined && URL.canParse(answer.location)) {
    ignoreBody(answer);
    const path = new URL(url).pathname.replace('/ws/v1/node/', '/ws/v1/history/');
    answer = await http.send(new URL(`${path}?size=-${last}`, answer.location), { named: true });
  }
  if (answer.status !== 200) {
    ignoreBody(answer);
    if (answer.status === 404 || answer.status === 500) return undefined;
    throw new Unanswered(`${url} answers ${answer.status}`);
  }
  const timed = limitTime(answer);
  let read: Buffer = NOTHING;
  let head: { readonly length: number; readonly from: number } | undefined;
  let start = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      read = Buffer.concat([read, chunk]);
      head ??= readHead(read);
      if (head === undefined && read.length > MAX_HEAD) break;
      if (head === undefined) continue;
      start = Math.max(0, head.length - last);
      if (start > offset) return { start, bytes: NOTHING, length: head.length };
      if (read.length - head.from >= Math.min(offset - start + maxBytes, head.length - start)) break;
    }
  } catch (cause) {
    throw new Unanswered(`${url} stops in the middle: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(timed);
    ignoreBody(answer);
  }
  // A container without this file has an empty answer, or a word of it; anything else is no log, and no reason to give up the log.
  if (head === undefined) {
    if (read.length === 0 || NONE.test(read.toString('latin1'))) return undefined;
    throw new Unanswered(`${url} answers with something that is no log`);
  }
  const contents = read.subarray(head.from, head.from + head.length - start);
  const bytes = contents.subarray(offset - start, offset - start + maxBytes);
  return { start: offset, bytes, length: head.length };
}

/** Where the contents begin and how long the file is. */
function readHead(read: Buffer): { length: number; from: number } | undefined {
  const text = read.subarray(0, MAX_HEAD).toString('latin1');
  const found = HEAD.exec(text);
  return found === null ? undefined : { length: Number(found[1]), from: found.index + found[0].length };
}
