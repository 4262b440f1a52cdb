// Who waits is woken by what concerns them, whoever recorded it, and the store is not asked for nothing.
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createPulse } from '../../src/core/pulse.ts';
import type { Change } from '../../src/store/contract.ts';

const logger = pino({ level: 'silent' });
const LONG = 60_000;

/** A store as the pulse sees it: `elsewhere` is recorded by another process, `here` by this one. */
function recorded() {
  const log: Change[] = [];
  const asked = { heads: 0, looks: 0 };
  let listener: ((changes: readonly Change[]) => void) | undefined;
  const add = (jobId: string, app: string): Change => {
    const change = { position: log.length + 1, jobId, app };
    log.push(change);
    return change;
  };
  const ofRun = (runId: string, jobId?: string): void =>
    void log.push({ position: log.length + 1, runId, ...(jobId !== undefined && { jobId }), app: 'etl' });
  return {
    asked,
    elsewhere: (jobId: string, app = 'etl') => void add(jobId, app),
    ofRun,
    here: (jobId: string, app = 'etl') => listener?.([add(jobId, app)]),
    executions: {
      head: async () => (asked.heads++, log.length),
      changes: async (after: number) => (asked.looks++, log.slice(after)),
      onRecorded: (given: NonNullable<typeof listener>) => void (listener = given),
    },
  };
}

const down = () => Promise.reject(new Error('down'));

/** Whether a watch was woken before its time: told by a state, not by a clock. */
const woken = (wait: Promise<void>): { is: boolean } => {
  const state = { is: false };
  void wait.then(() => (state.is = true));
  return state;
};

describe('the pulse', () => {
  test('wakes those whom a change concerns, and nobody else', async () => {
    const store = recorded();
    const pulse = createPulse({ ...store, logger, recordsHere: false });
    const [mine, other, app] = [pulse.watch({ jobId: '1' }), pulse.watch({ jobId: '2' }), pulse.watch({ app: 'etl' })];
    // The first look of a poll wakes everybody once.
    await Promise.all([mine.change(LONG), other.change(LONG), app.change(LONG)]);
    const waits = [mine, other, app].map((watch) => woken(watch.change(LONG)));
    store.elsewhere('1');
    await expect.poll(() => waits.map(({ is }) => is)).toEqual([true, false, true]);
    store.elsewhere('3', 'ml');
    store.elsewhere('2', 'ml');
    await expect.poll(() => waits[1]!.is).toBe(true);
    for (const watch of [mine, other, app]) watch.close();
  });

  test('wakes who watches a run by what happens to it and to its jobs', async () => {
    const store = recorded();
    const pulse = createPulse({ ...store, logger, recordsHere: false });
    const [mine, other, job, app] = [
      pulse.watch({ runId: '1' }),
      pulse.watch({ runId: '2' }),
      pulse.watch({ jobId: '1' }),
      pulse.watch({ app: 'etl' }),
    ];
    await Promise.all([mine, other, job, app].map((watch) => watch.change(LONG)));
    const waits = [mine, other, job, app].map((watch) => woken(watch.change(LONG)));
    store.ofRun('1');
    await expect.poll(() => waits.map(({ is }) => is)).toEqual([true, false, false, true]);
    const again = woken(mine.change(LONG));
    store.ofRun('1', '7');
    await expect.poll(() => again.is).toBe(true);
    // A job and a run may have the same id, and are not each other.
    store.elsewhere('2');
    store.ofRun('3', '1');
    await expect.poll(() => waits[2]!.is).toBe(true);
    expect(waits[1]!.is).toBe(false);
    for (const watch of [mine, other, job, app]) watch.close();
  });

  test('hears at once what this process records, and only once', async () => {
    const store = recorded();
    const pulse = createPulse({ ...store, logger, recordsHere: true });
    const watch = pulse.watch({ jobId: '1' });
    await watch.change(LONG);
    const looks = store.asked.looks;
    const wait = woken(watch.change(LONG));
    store.here('1');
    await Promise.resolve();
    await Promise.resolve();
    expect([wait.is, store.asked.looks]).toEqual([true, looks]);
    // The poll comes by it later, and has nothing new.
    const again = woken(watch.change(LONG));
    await expect.poll(() => store.asked.looks).toBeGreaterThan(looks + 1);
    expect(again.is).toBe(false);
    watch.close();
  });

  test('loses nothing between two waits', async () => {
    const store = recorded();
    const pulse = createPulse({ ...store, logger, recordsHere: true });
    const watch = pulse.watch({ jobId: '1' });
    store.here('1');
    await watch.change(LONG);
    watch.close();
  });

  test('asks the store only while somebody watches', async () => {
    const store = recorded();
    const pulse = createPulse({ ...store, logger, recordsHere: false });
    expect(store.asked).toEqual({ heads: 0, looks: 0 });
    const watch = pulse.watch({ jobId: '1' });
    await expect.poll(() => store.asked.looks).toBeGreaterThan(1);
    watch.close();
    // A poll that goes on would have looked many times before the next one begins.
    const { looks } = store.asked;
    await pulse.watch({ jobId: '1' }).change(300);
    expect(store.asked.looks - looks).toBeLessThan(40);
  });

  test('ends by time or abort, also when the store is down', async () => {
    const pulse = createPulse({ executions: { head: down, changes: down, onRecorded: () => {} }, logger, recordsHere: false });
    const watch = pulse.watch({ jobId: '1' });
    await watch.change(50);
    const stop = new AbortController();
    const wait = watch.change(LONG, stop.signal);
    stop.abort();
    await wait;
    watch.close();
  });
});
