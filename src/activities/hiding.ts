// What hides the secrets of a job in all that it wrote: their values, as long as these are the ones that it was given.
import { createHash, randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../jobtypes/contract.ts';
import { readPiece } from '../jobtypes/payload-files.ts';
import type { AttemptInput } from '../specs/activities.ts';
import type { Adapter, Attempt } from '../adapters/contract.ts';
import { openAttempt, type LifecycleDeps } from './container.ts';
import { HIDE_ALL, Mask } from './mask.ts';
import { resolveSecrets } from './secrets.ts';

/** What an activity hides; with an `alarm` it cannot: then no log may be stored, and `mask` lets no text through. */
export interface Hiding {
  readonly mask: Mask;
  readonly alarm?: string;
}

/** A salted hash of each set of values that a start may have given to the payload, one a line. */
interface Given {
  read(): Promise<string | undefined>;
  /** Adds a line. */
  add(line: string): Promise<void>;
}

/** Beside the raw log on a worker's own machine; with the attempt's files, where every worker finds it, of a job that lives elsewhere. */
function givenOf(adapter: Adapter, attempt: Attempt): Given {
  if (adapter.keep === undefined) return besideLog(attempt.workspace);
  const read = async () => await adapter.kept?.(attempt);
  return { read, add: async (line) => await adapter.keep?.(attempt, `${(await read()) ?? ''}${line}\n`) };
}

function besideLog({ logDir }: Workspace): Given {
  const file = join(logDir, 'secrets');
  return {
    async read() {
      const noted = await readPiece(file, 0, MAX_GIVEN);
      return noted === undefined || noted === 'unreadable' ? undefined : noted.bytes.toString('latin1');
    },
    add: async (line) => await appendFile(file, `${line}\n`, { mode: 0o600 }),
  };
}
const MAX_GIVEN = 64 * 1024;

type Values = ReadonlyMap<string, string>;
const isOf = (line: string, values: Values): boolean => line === lineOf(line.split(' ')[0]!, values);
const lineOf = (salt: string, values: Values): string =>
  `${salt} ${createHash('sha256')
    .update(salt)
    .update(JSON.stringify([...values].toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')}`;

/** Notes, before a start, what it will give. Every try adds what is new, because nobody may know which of them started the payload. */
export async function noteGiven(adapter: Adapter, attempt: Attempt, values: Values): Promise<void> {
  if (values.size === 0) return;
  const given = givenOf(adapter, attempt);
  if (linesOf(await given.read())?.some((line) => isOf(line, values)) === true) return;
  await given.add(lineOf(randomBytes(16).toString('hex'), values));
}

/** Whether these are the values that the payload got, as far as is noted. */
const wereGiven = async (adapter: Adapter, attempt: Attempt, values: Values): Promise<boolean> =>
  linesOf(await givenOf(adapter, attempt).read())?.every((line) => isOf(line, values)) !== false;

const linesOf = (text: string | undefined): string[] | undefined => text?.split('\n').filter(Boolean);

/** For every activity after the launch. Never throws: a stop and a clean must not fail for a secret that is not to be had. */
export async function hiding(deps: LifecycleDeps, input: AttemptInput): Promise<Hiding> {
  try {
    const values = await resolveSecrets(deps, input.attempt.app, input.spec.secrets);
    if (values.size > 0) {
      const { cluster, attempt } = await openAttempt(deps, input);
      if (!(await wereGiven(cluster.adapter, attempt, values))) throw new Error('they were changed since the job got them');
    }
    return { mask: new Mask(values.values()) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { mask: HIDE_ALL, alarm: `the log is not stored, because its secrets cannot be hidden: ${why}` };
  }
}
