// The table from what is on disk to what is said: every combination gives an answer, and never a guess.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exit, Latch } from '../../../src/adapters/local/latch.ts';
import { observe } from '../../../src/adapters/local/phases.ts';
import type { Facts } from '../../../src/adapters/local/phases.ts';

const at = new Date('2024-05-06T07:08:09.010Z');
const now = new Date('2024-05-06T08:00:00.000Z');
const latch: Latch = { key: 'k', mark: 'm', bootId: 'b', limits: 'prlimit', memory: 1024, at, supervisor: { pid: 5, startTime: '6' } };
const exit = (exitCode: number, more: Partial<Exit> = {}): Exit => ({ exitCode, stopped: false, oomKills: 0, at, ...more });
const none: Facts = { latch: undefined, exit: undefined, supervisorAlive: false, payloadAlive: false, stopMarked: false, rebooted: false };
const facts = (change: Partial<Facts>): Facts => ({ ...none, ...change });

describe('observations of local jobs', () => {
  it.each<[string, Partial<Facts>, object]>([
    ['nothing there', {}, { phase: 'not-found', message: 'never started on this worker' }],
    ['stopped before it started', { latch: { ...latch, stopped: true } }, { phase: 'not-found' }],
    ['supervised', { latch, supervisorAlive: true, progress: 'half' }, { phase: 'running', progress: 'half', startedAt: at.toISOString() }],
    ['supervised without a latch', { supervisorAlive: true }, { phase: 'running' }],
    ['an orphan', { latch, payloadAlive: true }, { phase: 'running' }],
    ['exit 0', { latch, exit: exit(0) }, { phase: 'ended', final: 'succeeded', exitCode: 0, endedAt: at.toISOString() }],
    ['an end known to the second', { latch, exit: exit(0, { at: new Date('2024-05-06T07:08:09.000Z') }) }, { endedAt: at.toISOString() }],
    ['exit 0 after a stop', { latch, exit: exit(0, { stopped: true }) }, { phase: 'ended', final: 'killed', code: 'KILLED' }],
    ['exit 0, then a stop', { latch, exit: exit(0), stopMarked: true }, { phase: 'ended', final: 'succeeded' }],
    ['exit 3', { latch, exit: exit(3) }, { phase: 'ended', final: 'failed', code: 'EXIT_CODE', message: 'exit code 3' }],
    ['exit 255', { latch, exit: exit(255) }, { phase: 'ended', final: 'failed', code: 'EXIT_CODE' }],
    ['a signal', { latch, exit: exit(139) }, { phase: 'ended', final: 'failed', code: 'SIGNALED', message: 'ended by SIGSEGV' }],
    ['out of memory', { latch, exit: exit(137, { oomKills: 1 }) }, { phase: 'ended', final: 'failed', code: 'MEMORY_LIMIT' }],
    ['all dead after a stop', { latch, stopMarked: true }, { phase: 'ended', final: 'killed' }],
    ['all dead', { latch }, { phase: 'not-found', code: 'LOST' }],
    ['a new boot', { latch, rebooted: true }, { phase: 'not-found', code: 'LOST' }],
    ['a new boot after the end', { latch, rebooted: true, exit: exit(0) }, { phase: 'ended', final: 'succeeded' }],
    ['a half-written exit file', { latch, exit: 'unreadable' }, { phase: 'not-found', code: 'LOST' }],
    ['a latch of garbage', { latch: 'unreadable' }, { phase: 'not-found', code: 'LOST' }],
  ])('%s', (_name, change, expected) => {
    expect(observe(facts(change), now)).toMatchObject({ ...expected, observedAt: now.toISOString() });
  });

  it('never says succeeded or failed without an exit file, and never ended without a final status', () => {
    const bool = fc.boolean();
    const arbitrary = fc.record({
      latch: fc.constantFrom(undefined, 'unreadable' as const, latch, { ...latch, stopped: true }),
      exit: fc.oneof(
        fc.constantFrom(undefined, 'unreadable' as const),
        fc.integer({ min: 0, max: 255 }).map((code) => exit(code)),
      ),
      supervisorAlive: bool,
      payloadAlive: bool,
      stopMarked: bool,
      rebooted: bool,
    });
    fc.assert(
      fc.property(arbitrary, (given) => {
        const seen = observe(given, now);
        expect(seen.phase === 'ended').toBe(seen.final !== undefined);
        if (typeof given.exit !== 'object') expect([undefined, 'killed']).toContain(seen.final);
        if (seen.final === 'succeeded') expect(seen.exitCode).toBe(0);
      }),
    );
  });
});
