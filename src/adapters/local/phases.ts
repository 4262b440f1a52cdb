// From what lies on disk and in the process table to an observation: one pure table, so that every combination can be tested.
import { constants } from 'node:os';
import type { Observation } from '../../specs/execution.ts';
import type { Maybe } from '../../jobtypes/payload-files.ts';
import type { Exit, Latch } from './latch.ts';

/** Everything that is known about one attempt at one moment. */
export interface Facts {
  readonly latch: Maybe<Latch>;
  readonly exit: Maybe<Exit>;
  readonly supervisorAlive: boolean;
  readonly payloadAlive: boolean;
  readonly stopMarked: boolean;
  /** The machine was booted anew since the latch was taken. */
  readonly rebooted: boolean;
  readonly progress?: string | undefined;
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The observation of a local job. Never a guess: without an exit file and a living process it is "not-found" with code LOST. */
export function observe(facts: Facts, now: Date): Observation {
  const { latch } = facts;
  const observedAt = now.toISOString();
  const known = latch !== undefined && latch !== 'unreadable' ? latch : undefined;
  if (known?.stopped === true) return { phase: 'not-found', message: 'stopped before it started; it can no longer start', observedAt };
  const common = {
    observedAt,
    ...(facts.progress !== undefined && { progress: facts.progress }),
    ...(known && { startedAt: known.at.toISOString(), resources: resourcesOf(known) }),
  };
  const lost = (message: string): Observation => ({ ...common, phase: 'not-found', code: 'LOST', message });

  if (facts.exit === 'unreadable') return lost('its exit file cannot be read: nobody knows how it ended');
  if (facts.exit !== undefined) return { ...common, ...ended(facts.exit), endedAt: endOf(facts.exit, known).toISOString() };
  if (facts.supervisorAlive) return { ...common, phase: 'running' };
  if (facts.payloadAlive) return { ...common, phase: 'running', message: 'its supervisor is gone: how it ends will not be known' };
  if (latch === undefined) return { ...common, phase: 'not-found', message: 'never started on this worker' };
  if (facts.stopMarked) return { ...common, phase: 'ended', final: 'killed', code: 'KILLED', message: 'stopped on request' };
  if (latch === 'unreadable') return lost('its latch cannot be read and no process of it is known');
  if (facts.rebooted) return lost('the machine was restarted while it ran');
  return lost('its supervisor ended without an exit file: nobody knows how it ended');
}

/** The end is known to the second at times, the start always better: no job ends before it began. */
const endOf = (exit: Exit, latch: Latch | undefined): Date => (latch !== undefined && latch.at > exit.at ? latch.at : exit.at);

function ended(exit: Exit): Pick<Observation, 'phase' | 'final' | 'code' | 'message' | 'exitCode'> {
  const { exitCode } = exit;
  if (exit.stopped) return { phase: 'ended', final: 'killed', exitCode, code: 'KILLED', message: 'stopped on request' };
  if (exitCode === 0) return { phase: 'ended', final: 'succeeded', exitCode };
  const signal = SIGNALS.get(exitCode - 128);
  if (signal === 'SIGKILL' && exit.oomKills > 0)
    return { phase: 'ended', final: 'failed', exitCode, code: 'MEMORY_LIMIT', message: 'killed by the kernel: it used more memory than its limit' };
  if (signal !== undefined) return { phase: 'ended', final: 'failed', exitCode, code: 'SIGNALED', message: `ended by ${signal}` };
  return { phase: 'ended', final: 'failed', exitCode, code: 'EXIT_CODE', message: `exit code ${exitCode}` };
}

function resourcesOf(latch: Latch): NonNullable<Observation['resources']> {
  return {
    limits: latch.limits,
    ...(latch.memory !== undefined && { memory: latch.memory }),
    ...(latch.cpu !== undefined && { cpu: latch.cpu }),
  };
}
