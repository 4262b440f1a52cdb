// Plays one scenario in a folder of its own, from a seed, and says what was broken.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Guard } from '../../src/crash-points.ts';
import { pointsSeen } from './harness/crash-walk.ts';
import { marked } from './harness/process-table.ts';
import { seeded } from './harness/random.ts';
import { World } from './harness/world.ts';
import type { Yarn } from './harness/yarn.ts';
import type { Scenario } from './scenario.ts';

export interface Played {
  readonly name: string;
  readonly seed: number;
  /** What was broken, in words; none: it passed. */
  readonly broken: readonly string[];
  /** Those of them that the judge found: broken promises, not a scenario that could not be played. */
  readonly violations: readonly string[];
  /** Crash points that its processes came by. */
  readonly points: ReadonlySet<string>;
  readonly ms: number;
  /** Kept when something was broken: logs, databases, evidence.json. */
  readonly folder?: string;
}

export interface PlayOptions {
  readonly seed: number;
  readonly quick: boolean;
  readonly without: readonly Guard[];
  /** How long everything may take to end after the last fault. Default: what the scenario says. */
  readonly recoveryMs?: number;
  /** The cluster, for a scenario on YARN. */
  readonly yarn?: Yarn;
  readonly log: (line: string) => void;
}

/** Longer than any scenario takes; a harness that hangs is a failure, too. */
const LIMIT_MS = 12 * 60_000;

export async function play(name: string, scenario: Scenario, options: PlayOptions): Promise<Played> {
  const began = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), `longshore-fault-${name}-`));
  const broken: string[] = [];
  const violations: string[] = [];
  let world: World | undefined;
  let undo: (() => Promise<void>) | undefined;
  let late: NodeJS.Timeout | undefined;
  try {
    const limit = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`it took longer than ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS);
    });
    const run = async (): Promise<void> => {
      undo = await scenario.prepare?.(folder);
      world = await World.open({ name, folder, random: seeded(options.seed), ...options, ...pick(scenario, options) });
      await scenario.play(world).catch((error: unknown) => broken.push(inWords(error)));
      const found = await world.judge();
      violations.push(...found.map(({ promise, job, message }) => `${promise}${job === undefined ? '' : ` ${job}`}: ${message}`));
      broken.push(...violations);
    };
    await Promise.race([run(), limit]);
  } catch (error) {
    broken.push(inWords(error));
  } finally {
    clearTimeout(late);
    await world?.close().catch((error: unknown) => broken.push(`closing: ${inWords(error)}`));
    await undo?.();
    if (world) for (const { pid } of marked(world.place.run, new Set())) killed(pid);
  }
  const points = await pointsSeen(folder);
  if (broken.length > 0) await options.yarn?.keepLogs(folder);
  if (broken.length === 0) await rm(folder, { recursive: true, force: true });
  return { name, seed: options.seed, broken, violations, points, ms: performance.now() - began, ...(broken.length === 0 ? {} : { folder }) };
}

const pick = ({ stack, limits }: Scenario, { recoveryMs }: PlayOptions): Pick<Scenario, 'stack' | 'limits'> => ({
  ...(stack === undefined ? {} : { stack }),
  limits: { ...limits, ...(recoveryMs === undefined ? {} : { recoveryMs }) },
});

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${inWords(error.cause)})`;
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
