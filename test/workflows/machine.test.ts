// The rules of statuses, exhaustively and at random: whatever happens, in whatever order.
import { describe, expect, test } from 'vitest';
import { assert, array, boolean, constantFrom, integer, oneof, property, record, tuple, type Arbitrary } from 'fast-check';
import type { JobEvent } from '../../src/specs/execution.ts';
import { OUTCOME_CODES, type OutcomeCode } from '../../src/specs/errors.ts';
import { STATUS, STATUSES, isEnd, isWaiting, mayFollow, type Status } from '../../src/specs/status.ts';
import { jobAfter, type JobState as RowState } from '../../src/store/sql/projection.ts';
import { allowedEnd, transition } from '../../src/workflows/job/job.machine.ts';
import { initialState, type AttemptEnd, type Happening, type JobState, type Next } from '../../src/workflows/job/job.state.ts';
import { retryDelay } from '../../src/workflows/job/retry.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (step: number) => new Date(START + step * 1000).toISOString();
const ENDS = ['SUCCEED', 'FAILED', 'START_FAILED', 'KILLED', 'CANCELED'] as const;
const retry = { attempts: 3, backoff: { initial: '10s', factor: 2, max: '10m' }, on: ['any' as const], anotherWorker: false };

const codes = constantFrom(...(Object.keys(OUTCOME_CODES) as OutcomeCode[]));
const observation = record({
  phase: constantFrom('pending', 'running', 'ended', 'not-found', 'unknown'),
  final: constantFrom('succeeded', 'failed', 'killed'),
  exitCode: integer({ min: 0, max: 255 }),
}).map((seen) => ({ ...seen, observedAt: at(0) }) as never);
const end: Arbitrary<AttemptEnd> = record({ status: constantFrom(...ENDS), code: codes, proved: boolean() });
const next: Arbitrary<Next> = constantFrom({ by: 'policy', retry }, { by: 'onLost' }, { by: 'hand' }, { by: 'nobody' });
const happening: Arbitrary<Happening> = oneof(
  constantFrom<Happening>(
    { type: 'created', by: 'a' },
    { type: 'waiting' },
    { type: 'waiting', reason: 'full' },
    { type: 'starting', key: 'k', workerId: 'w' },
    { type: 'moved', reason: 'm', workerId: 'v' },
    { type: 'lost', reason: 'gone', code: 'LOST' },
    { type: 'kill', by: 'b' },
    { type: 'kill-refused', reason: 'no' },
    { type: 'rerun', by: 'c' },
    { type: 'resolved', as: 'adopt', by: 'd', handle: { id: 'h' } },
    { type: 'modified', by: 'e', patch: { priority: 1, env: { A: '1' } } },
    { type: 'note', as: 'alarm', reason: 'n' },
  ),
  tuple(observation, boolean()).map(([seen, named]): Happening => ({ type: 'observed', observation: seen, ...(named && { handle: { id: 'h' } }) })),
  tuple(end, next).map(([how, then]): Happening => ({ type: 'ended', key: 'k', end: how, next: then })),
);

interface Told {
  readonly before: JobState;
  readonly after: JobState;
  readonly happening: Happening;
  readonly refused: boolean;
  readonly events: readonly JobEvent[];
}

/** Lets everything happen, one after the other. */
function play(happenings: readonly Happening[]): Told[] {
  let state = initialState(at(0));
  return happenings.map((happening, step) => {
    const before = state;
    const result = transition(before, happening, at(step + 1));
    state = result.state;
    const events = result.effects.flatMap((effect) => (effect.type === 'record' ? [effect.event] : []));
    return { before, after: state, happening, refused: result.refused === true, events };
  });
}

const always = (check: (told: readonly Told[]) => void): void => {
  assert(
    property(array(happening, { maxLength: 60 }), (happenings) => check(play(happenings))),
    { numRuns: 500 },
  );
};

describe('the table of statuses', () => {
  const reached = (status: Status): JobState => ({ ...initialState(at(0)), seq: 1, status, attemptStatus: status });
  const moves: Record<Status, Happening> = {
    CREATED: { type: 'created', by: 'a' },
    ACCEPTED: { type: 'waiting' },
    STARTING: { type: 'starting', key: 'k' },
    RUNNING: { type: 'observed', observation: { phase: 'running', observedAt: at(0) } },
    UNKNOWN: { type: 'lost', reason: 'r', code: 'LOST' },
    START_FAILED: { type: 'ended', key: 'k', end: { status: 'START_FAILED', proved: true }, next: { by: 'nobody' } },
    SUCCEED: { type: 'ended', key: 'k', end: { status: 'SUCCEED', proved: true }, next: { by: 'nobody' } },
    FAILED: { type: 'ended', key: 'k', end: { status: 'FAILED', proved: true }, next: { by: 'nobody' } },
    KILLED: { type: 'ended', key: 'k', end: { status: 'KILLED', proved: true }, next: { by: 'nobody' } },
    CANCELED: { type: 'ended', key: 'k', end: { status: 'CANCELED', proved: true }, next: { by: 'nobody' } },
  };

  test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))('%s → %s is what the table says', (from, to) => {
    const { state } = transition(reached(from), moves[to], at(1));
    expect(state.attemptStatus).toBe(from !== to && mayFollow(from, to) ? to : from);
  });

  test('every status but an end can be left, and no end can', () => {
    for (const status of STATUSES) expect(STATUS[status].next.length === 0).toBe(isEnd(status));
  });

  test.each(STATUSES.filter((status) => !isEnd(status)).flatMap((from) => ENDS.map((to) => [from, to] as const)))(
    'an end that %s does not allow (%s) becomes one that it does',
    (from, to) => expect(mayFollow(from, allowedEnd(from, to))).toBe(true),
  );
});

describe('whatever happens', () => {
  test('an attempt moves only as the table allows', () => {
    always((told) => {
      for (const { before, after } of told) {
        if (before.attempt === after.attempt && before.attemptStatus !== after.attemptStatus) {
          expect(mayFollow(before.attemptStatus, after.attemptStatus)).toBe(true);
        }
      }
    });
  });

  test('what is refused changes nothing and tells nothing', () => {
    always((told) => {
      for (const { before, after, refused, events } of told) if (refused) expect([after, events]).toEqual([before, []]);
    });
  });

  test('an attempt ends once', () => {
    always((told) => {
      const ends = told.flatMap(({ events }) => events).filter(({ type, attemptStatus }) => type === 'status' && isEnd(attemptStatus));
      expect(new Set(ends.map(({ attempt }) => attempt)).size).toBe(ends.length);
    });
  });

  test('only a rerun by hand opens a job that shows an end', () => {
    always((told) => {
      for (const { before, after, happening } of told) if (isEnd(before.status) && !isEnd(after.status)) expect(happening.type).toBe('rerun');
    });
  });

  test('the store says of a job that waits what the workflow says', () => {
    always((told) => {
      let row: RowState = { status: 'CREATED', attempt: 1, seq: 0, updatedAt: at(0) };
      for (const { after, events } of told) {
        row = events.reduce(jobAfter, row);
        const told = row.reason === undefined ? { status: row.status } : { status: row.status, reason: row.reason };
        if (isWaiting(after.attemptStatus)) expect(after).toMatchObject(told);
      }
    });
  });

  test.each([
    [true, 'KILLED'],
    [false, 'RESOLVED'],
  ] as const)('a kill is confirmed (%s) by an end of code %s, in the workflow and in the store', (proved, code) => {
    const told = play([
      { type: 'created', by: 'a' },
      { type: 'waiting' },
      { type: 'starting', key: 'k' },
      { type: 'kill', by: 'b' },
      { type: 'lost', reason: 'gone', code: 'LOST' },
      { type: 'ended', key: 'k', end: { status: 'KILLED', code, proved }, next: { by: 'nobody' } },
      { type: 'note', as: 'note', reason: 'n' },
    ]);
    const row = told.flatMap(({ events }) => events).reduce(jobAfter, { status: 'CREATED', attempt: 1, seq: 0, updatedAt: at(0) });
    expect(row.killRequested).toEqual({ at: at(4), by: 'b', confirmed: proved });
    expect(told.at(-1)!.after.killRequested).toEqual(row.killRequested);
  });

  test('attempt numbers and sequences grow by one', () => {
    always((told) => {
      const events = told.flatMap(({ events }) => events);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      for (const { before, after } of told) expect(after.attempt - before.attempt).toBeOneOf([0, 1]);
    });
  });

  test('a job shows its attempt’s status, or ACCEPTED while a next attempt is to come', () => {
    always((told) => {
      for (const { after } of told) expect(after.status).toBe(after.attemptStatus);
      for (const { status, attemptStatus } of told.flatMap(({ events }) => events)) {
        if (status !== attemptStatus) expect([status, isEnd(attemptStatus)]).toEqual(['ACCEPTED', true]);
      }
    });
  });

  test('after a kill nothing starts again by itself', () => {
    always((told) => {
      for (const { before, after, happening } of told) {
        const byItself = happening.type === 'ended' && happening.next.by !== 'hand';
        if (byItself && before.killRequested) expect(after.attempt).toBe(before.attempt);
      }
    });
  });

  test('a kill is confirmed only by a proved end', () => {
    always((told) => {
      for (const { after } of told) if (after.killRequested?.confirmed) expect(after.attemptStatus).toBeOneOf(['KILLED', 'CANCELED']);
    });
  });

  test('a series has no more tries than its policy allows', () => {
    always((told) => {
      for (const { before, after, happening } of told) {
        if (happening.type === 'ended' && happening.next.by === 'policy' && after.attempt > before.attempt) {
          expect(before.attempt - before.series + 1).toBeLessThan(retry.attempts);
        }
      }
    });
  });

  test('what ended without proof is remembered', () => {
    always((told) => {
      for (const { before, happening, after, refused } of told) {
        if (!refused && happening.type === 'ended' && !happening.end.proved && before.key !== undefined)
          expect(after.superseded).toContain(before.key);
      }
    });
  });
});

describe('the retry policy', () => {
  const first = { attempt: 1, series: 1 };
  const failed = { status: 'FAILED', code: 'EXIT_CODE' } as const;

  test('backs off by its factor up to its maximum', () => {
    const delays = [1, 2, 3, 8].map((attempt) => retryDelay({ attempt, series: 1 }, failed, { ...retry, attempts: 100 }));
    expect(delays).toEqual([10_000, 20_000, 40_000, 600_000]);
  });

  test('counts the tries since the last rerun by hand', () => {
    expect(retryDelay({ attempt: 9, series: 8 }, failed, retry)).toBe(20_000);
    expect(retryDelay({ attempt: 10, series: 8 }, failed, retry)).toBeUndefined();
  });

  test.each([
    [{ status: 'KILLED', code: 'KILLED' } as const],
    [{ status: 'CANCELED', code: 'QUEUE_TIMEOUT' } as const],
    [{ status: 'SUCCEED' } as const],
    [{ status: 'FAILED', code: 'TOTAL_TIMEOUT' } as const],
    [{ status: 'FAILED', code: 'RESOLVED' } as const],
  ])('never follows %o', (how) => expect(retryDelay(first, how, retry)).toBeUndefined());

  test('follows the blames that it names', () => {
    expect(retryDelay(first, failed, { ...retry, on: ['cluster'] })).toBeUndefined();
    expect(retryDelay(first, { status: 'START_FAILED', code: 'START_ERROR' }, { ...retry, on: ['cluster'] })).toBe(10_000);
  });
});
