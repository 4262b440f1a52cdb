// The jobs of a scenario: every kind that behaves differently under a fault.
import path from 'node:path';
import type { JobSpecInput } from '../../../src/specs/job.schema.ts';
import type { Status } from '../../../src/specs/status.ts';
import type { Intent } from '../checker/evidence.ts';
import type { Random } from './random.ts';

const PAYLOAD = path.resolve(import.meta.dirname, '../payloads/job.sh');

export type Kind =
  'quick' | 'failing' | 'sleeping' | 'flaky' | 'output' | 'hooked' | 'killed' | 'stubborn' | 'racing' | 'hydra' | 'daemon' | 'cyclic' | 'lazy';

export interface PlannedJob {
  readonly intent: Intent;
  readonly spec: JobSpecInput;
  /** Milliseconds after its creation at which it is killed. */
  readonly killAfterMs?: number;
}

export interface MixPlace {
  /** Marks the processes of this scenario. */
  readonly run: string;
  readonly truth: string;
  readonly webhook: string;
  /** Fields that every job's spec has here: the cluster, when it is not `local`, and what goes with it. */
  readonly spec?: Partial<JobSpecInput>;
}

interface Shape {
  readonly mode: string;
  readonly seconds: number;
  readonly exit: number;
  readonly lines: number;
  readonly may: readonly Status[];
  readonly killAfterMs?: number;
  readonly over?: Partial<JobSpecInput>;
}

const STOPPED: readonly Status[] = ['KILLED', 'CANCELED'];

const WELL = { mode: 'plain', seconds: 0, exit: 0, lines: 10, may: ['SUCCEED'] } as const;
const DOOMED = { ...WELL, seconds: 600, may: STOPPED };

const SHAPES: Record<Kind, (random: Random) => Shape> = {
  quick: () => WELL,
  hooked: () => WELL,
  failing: () => ({ ...WELL, seconds: 0.2, exit: 3, may: ['FAILED'] }),
  sleeping: (random) => ({ ...WELL, seconds: random.between(2, 8), lines: 2_000 }),
  flaky: () => ({ ...WELL, mode: 'flaky', seconds: 0.2, over: { retry: { attempts: 3, backoff: { initial: '1s', max: '2s' } } } }),
  output: () => ({ ...WELL, mode: 'output', seconds: 0.5, over: { outputs: { result: { file: 'result.txt' }, answer: { type: 'int' } } } }),
  lazy: () => ({ ...WELL, mode: 'lazy', seconds: 600 }),
  cyclic: () => ({ ...WELL, mode: 'cyclic', seconds: 1.5, may: ['SUCCEED', 'FAILED'] }),
  daemon: () => ({ ...WELL, mode: 'daemon', seconds: 0.5 }),
  killed: (random) => ({ ...DOOMED, killAfterMs: random.between(0, 5_000) }),
  stubborn: (random) => ({ ...DOOMED, mode: 'stubborn', killAfterMs: random.between(0, 5_000) }),
  hydra: (random) => ({ ...DOOMED, mode: 'hydra', killAfterMs: random.between(1_000, 5_000) }),
  racing: (random) => ({ ...WELL, seconds: 1, may: ['SUCCEED', ...STOPPED], killAfterMs: random.between(900, 2_200) }),
};

/** Departures from a kind: fields of its spec, how it may end, how long it takes, when it is killed (null: never). */
export interface Change {
  readonly over?: Partial<JobSpecInput>;
  readonly may?: readonly Status[];
  readonly seconds?: number;
  readonly lines?: number;
  readonly killAfterMs?: number | null;
}

/** A job of this kind. */
export function plan(kind: Kind, requestId: string, place: MixPlace, random: Random, change: Change = {}): PlannedJob {
  const shaped = SHAPES[kind](random);
  const seconds = change.seconds ?? shaped.seconds;
  const lines = change.lines ?? shaped.lines;
  const killAfterMs = change.killAfterMs === undefined ? shaped.killAfterMs : change.killAfterMs;
  const output = Array.from({ length: lines }, (_, i) => `${requestId} line ${i + 1} of ${lines}\n`).join('');
  return {
    intent: { requestId, kind, may: change.may ?? shaped.may, output, webhook: kind === 'hooked', notesEnd: true },
    spec: {
      name: `fault-${kind}`,
      type: 'shell',
      config: { script: `local:${PAYLOAD}`, args: [shaped.mode, requestId, place.truth, String(seconds), String(shaped.exit), String(lines)] },
      env: { FAULTS_RUN: place.run, FAULTS_JOB: requestId, PATH: '/usr/bin:/bin' },
      ...(kind === 'hooked' ? { webhook: { url: place.webhook, events: ['all'] } } : {}),
      ...place.spec,
      ...shaped.over,
      ...change.over,
    },
    ...(killAfterMs === undefined || killAfterMs === null ? {} : { killAfterMs }),
  };
}

const MIX: readonly Kind[] = ['quick', 'sleeping', 'killed', 'failing', 'flaky', 'stubborn', 'output', 'hooked', 'racing', 'sleeping'];

/** `count` jobs of all kinds, named `<prefix>-<n>-<kind>`. */
export function mix(prefix: string, count: number, place: MixPlace, random: Random): PlannedJob[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = MIX[i % MIX.length]!;
    return plan(kind, `${prefix}-${i + 1}-${kind}`, place, random);
  });
}
