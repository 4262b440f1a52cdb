// The latch folder of an attempt: `started` (who took it), `payload`, `stop` and `exit`. What lies there is the truth about a local job.
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { hasCode } from '../../specs/errors.ts';
import { readPiece } from '../../jobtypes/payload-files.ts';
import type { Maybe } from '../../jobtypes/payload-files.ts';
import { bootId, parseStat } from '../processes.ts';
import type { ProcessId } from '../processes.ts';

const factsSchema = z.object({
  key: z.string(),
  mark: z.string(),
  bootId: z.string(),
  /** How limits are enforced. */
  limits: z.enum(['cgroup', 'prlimit', 'none']),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  /** Taken by a stop: nothing was started under this key and nothing ever will be. */
  stopped: z.boolean().optional(),
});
/** What the taker of a latch writes into it. */
export type LatchFacts = z.infer<typeof factsSchema>;

const exitSchema = z.object({
  exitCode: z.int().min(0).max(255),
  stopped: z.boolean(),
  oomKills: z.int().min(0),
  /** Seconds since the epoch; only where it could not be written at once. */
  endedAt: z.int().optional(),
});
export type Exit = z.infer<typeof exitSchema> & { readonly at: Date };

/** A taken latch: by a supervisor, or by a stop (then `supervisor` is missing). */
export interface Latch extends LatchFacts {
  readonly at: Date;
  readonly supervisor?: ProcessId;
}

async function read<T>(path: string, parse: (text: string) => T | undefined): Promise<Maybe<T & { at: Date }>> {
  const piece = await readPiece(path, 0, 8192);
  if (typeof piece !== 'object') return piece;
  try {
    const value = parse(piece.bytes.toString('utf8'));
    return value === undefined ? 'unreadable' : { ...value, at: piece.modifiedAt };
  } catch {
    return 'unreadable';
  }
}

/** Who took the latch. */
export const readLatch = (latchDir: string): Promise<Maybe<Latch>> =>
  read(join(latchDir, 'started'), (text) => {
    const [facts = '', line = ''] = text.split('\n');
    const latch = factsSchema.parse(JSON.parse(facts));
    if (latch.stopped === true) return latch;
    const supervisor = parseStat(line);
    return supervisor && { ...latch, supervisor };
  });

/** How the payload ended. */
export async function readExit(latchDir: string): Promise<Maybe<Exit>> {
  const exit = await read(join(latchDir, 'exit'), (text) => exitSchema.parse(JSON.parse(text)));
  if (typeof exit !== 'object' || exit.endedAt === undefined) return exit;
  return { ...exit, at: new Date(exit.endedAt * 1_000) };
}

/** Whether its end is written, readable or not. */
export const hasExit = async (latchDir: string): Promise<boolean> => (await readPiece(join(latchDir, 'exit'), 0, 0)) !== undefined;

/** The payload's own process; undefined before it began. */
export async function readPayload(latchDir: string): Promise<ProcessId | undefined> {
  const piece = await readPiece(join(latchDir, 'payload'), 0, 4096);
  return typeof piece === 'object' ? parseStat(piece.bytes.toString('utf8')) : undefined;
}

/** Takes the latch in the name of a stop, so that no start ever can. False when it was taken before. */
export async function takeLatchToStop(latchDir: string, key: string, mark: string): Promise<boolean> {
  await mkdir(latchDir, { recursive: true, mode: 0o700 });
  const facts: LatchFacts = { key, mark, bootId: bootId(), limits: 'none', stopped: true };
  const mine = join(latchDir, `.stop.${randomUUID()}`);
  await writeFile(mine, `${JSON.stringify(facts)}\n`, { flag: 'wx', mode: 0o600 });
  try {
    await link(mine, join(latchDir, 'started'));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Notes that what follows was asked for; the supervisor copies it into `exit`. */
export async function markStop(latchDir: string): Promise<void> {
  await writeFile(join(latchDir, 'stop'), '', { flag: 'a', mode: 0o600 });
}

/** Whether a stop was asked for while it still ran. */
export const stopMarked = async (latchDir: string): Promise<boolean> => (await readPiece(join(latchDir, 'stop'), 0, 0)) !== undefined;
