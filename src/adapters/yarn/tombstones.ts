// The staging folder's layout: `attempts/<key>` holds the files of an attempt until it is cleaned, `ended/<key>` refuses a late start.
import { hasCode } from '../../specs/errors.ts';
import { ATTEMPT_KEY } from '../../specs/patterns.ts';
import type { Remains } from '../contract.ts';
import type { Staging } from './staging/contract.ts';

const MAX_NOTE = 256 * 1024;

export const attemptFolder = (key: string): string => `attempts/${key}`;
const tombstone = (key: string): string => `ended/${key}`;

/** Text of the tombstone, empty if nothing was noted; undefined while there is none. */
export const tombstoneOf = (staging: Staging, key: string): Promise<string | undefined> => readText(staging, tombstone(key));

/** Which worker runs spark-submit for this key, and until when: a text that every worker can read. */
export const submitterNote = (staging: Staging, key: string): Note => noteAt(staging, `${attemptFolder(key)}/submitter`);

/** What `keep` keeps. */
export const keptNote = (staging: Staging, key: string): Note => noteAt(staging, `${attemptFolder(key)}/kept`);

interface Note {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}
const noteAt = (staging: Staging, path: string): Note => ({
  read: () => readText(staging, path),
  write: async (text) => void (await staging.write(path, Buffer.from(text))),
});

async function readText(staging: Staging, path: string): Promise<string | undefined> {
  const file = await staging.open(path).catch((error: unknown) => {
    // A job has put something in its place: no text, but there.
    if (hasCode(error, 'OUTPUT_INVALID')) return 'taken' as const;
    throw error;
  });
  if (file === undefined) return undefined;
  if (file === 'taken') return '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_NOTE) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** From now on no start of this key can begin. `note` replaces the text; without it one that is there stays. */
export async function leaveTombstone(staging: Staging, key: string, note?: string): Promise<void> {
  if (note === undefined && (await tombstoneOf(staging, key)) !== undefined) return;
  await staging.write(tombstone(key), Buffer.from(note ?? ''));
}

/** Everybody whose jobs may have left something. */
export const usersOf = async (staging: Staging, own: string): Promise<Set<string>> => new Set([own, ...(await staging.users())]);

/** What attempts have left in the folder of one user and nothing has changed since `before`. */
export async function remainsOf(staging: Staging, before: number): Promise<Remains[]> {
  const found = new Map<string, number>();
  for (const folder of ['attempts', 'ended']) {
    for (const { name, changed } of await staging.list(folder)) {
      if (ATTEMPT_KEY.test(name)) found.set(name, Math.max(found.get(name) ?? 0, changed));
    }
  }
  return [...found].filter(([, changed]) => changed <= before).map(([key, changed]) => ({ key, since: new Date(changed).toISOString() }));
}

/** Removes what one try has put into its folder if the attempt is over. */
export async function takeBack(staging: Staging, key: string, folder: string): Promise<void> {
  if ((await tombstoneOf(staging, key)) === undefined) return;
  await staging.remove(folder);
  if ((await staging.list(attemptFolder(key))).length === 0) await staging.remove(attemptFolder(key));
}

export async function removeRemains(staging: Staging, key: string): Promise<void> {
  await staging.remove(attemptFolder(key));
  await staging.remove(tombstone(key));
}
