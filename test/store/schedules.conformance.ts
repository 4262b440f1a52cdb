// What every implementation of Schedules must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WaitingCycle } from '../../src/specs/schedule-run.ts';
import type { Store } from '../../src/store/contract.ts';
import type { Decision } from '../../src/store/schedules-contract.ts';
import { event, recordOf, sampleInput, time, workflowIdOf } from './samples.ts';

const nightly = { app: 'etl', name: 'nightly', kind: 'Job' } as const;
const hour = (n: number): string => `2026-06-01T${String(n).padStart(2, '0')}:00:00Z`;
const cycle = (n: number): WaitingCycle => ({ cycle: hour(n), fireAt: hour(n), planned: hour(n).slice(0, 19), zone: 'UTC', dataDate: '2026-05-31' });
const skipped = (n: number) => ({ ...cycle(n), skip: { code: 'LATE' as const, reason: 'too late' } });
const decision = (until: number, cycles: Decision['cycles'], more: Partial<Decision> = {}): Decision => ({
  ...nightly,
  version: 1,
  savedAt: hour(0),
  decidedUntil: hour(until),
  awaits: false,
  at: time(0),
  cycles,
  dropped: [],
  ...more,
});

export function describeSchedulesConformance(name: string, open: () => Promise<Store>): void {
  describe(`schedules of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const states = async () =>
      (await store.schedules.cycles('etl', 'nightly', {}, { limit: 100 })).map(({ cycle: at, state }) => [at.slice(11, 13), state]);
    /** A job of that cycle, as it goes on. */
    async function begin(n: number) {
      const input = sampleInput();
      await store.executions.created(input, workflowIdOf(input));
      await store.schedules.started(nightly, cycle(n), { cycle: hour(n), id: input.jobId }, time(n));
      return { input, end: () => store.executions.record(recordOf(input, [event(1, 'SUCCEED', { at: time(500), set: { endedAt: time(500) } })])) };
    }

    it('keeps how far it has come, and the pause', async () => {
      await store.schedules.saved(nightly, time(0));
      expect(await store.schedules.schedule('etl', 'nightly')).toMatchObject({ ...nightly, version: 0, since: time(0) });
      const hold = { note: 'move', by: 'alice', at: time(1) };
      await store.schedules.decided(decision(1, [], { nextWakeAt: hour(2), hold }));
      await store.schedules.saved(nightly, time(9));
      expect(await store.schedules.schedule('etl', 'nightly')).toMatchObject({
        version: 1,
        since: time(0),
        savedAt: hour(0),
        decidedUntil: hour(1),
        nextWakeAt: hour(2),
        hold,
      });
      expect(await store.schedules.schedule('ml', 'nightly')).toBeUndefined();
    });

    it('decides a cycle once: a decision that comes again, otherwise, changes nothing', async () => {
      expect(await store.schedules.decided(decision(2, [cycle(1), skipped(2)]))).toEqual([cycle(1)]);
      expect(await store.schedules.decided(decision(2, [skipped(1), cycle(2)]))).toEqual([cycle(1)]);
      expect(await states()).toEqual([
        ['02', 'SKIPPED'],
        ['01', 'WAITING'],
      ]);
    });

    it('tells of what waits that was not told of', async () => {
      await store.schedules.decided(decision(2, [cycle(1), cycle(2)]));
      expect(await store.schedules.decided(decision(3, [cycle(3)], { toldUntil: hour(2) }))).toEqual([cycle(3)]);
      expect(await store.schedules.decided(decision(3, [], { toldUntil: hour(1) }))).toEqual([cycle(2), cycle(3)]);
      const dropped = [{ cycle: hour(2), code: 'OVERLAP' as const, reason: 'another' }];
      expect(await store.schedules.decided(decision(3, [], { dropped }))).toEqual([cycle(1), cycle(3)]);
      expect(await store.schedules.cyclesAt('etl', 'nightly', [hour(2)])).toMatchObject([{ state: 'SKIPPED', code: 'OVERLAP', reason: 'another' }]);
    });

    it('takes more cycles at once than a statement has places', async () => {
      const many = Array.from({ length: 3_000 }, (_, n) => ({
        ...cycle(1),
        cycle: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString().replace('.000', ''),
      }));
      expect(await store.schedules.decided(decision(5, many))).toHaveLength(3_000);
    });

    it('a start is final; a skipped cycle may be started by hand, and one that was never planned', async () => {
      await store.schedules.decided(decision(2, [cycle(1), skipped(2)]));
      const { input } = await begin(1);
      await store.schedules.started(nightly, cycle(1), { cycle: hour(1), refused: 'late answer' }, time(9));
      await begin(2);
      await begin(3);
      await store.schedules.started(nightly, cycle(4), { cycle: hour(4), refused: 'FORBIDDEN: no' }, time(9));
      expect(await states()).toEqual([
        ['04', 'REFUSED'],
        ['03', 'STARTED'],
        ['02', 'STARTED'],
        ['01', 'STARTED'],
      ]);
      expect(await store.schedules.cyclesAt('etl', 'nightly', [hour(1)])).toMatchObject([{ id: input.jobId, startedAt: time(1), status: 'CREATED' }]);
      expect((await store.schedules.cyclesAt('etl', 'nightly', [hour(2)]))[0]).not.toHaveProperty('code');
    });

    it('what goes on is open until its end is announced; the newest end is known', async () => {
      const [first, second] = [await begin(1), await begin(2)];
      expect(await store.schedules.open('etl', 'nightly')).toEqual({
        open: [
          { cycle: hour(1), id: first.input.jobId },
          { cycle: hour(2), id: second.input.jobId },
        ],
      });
      await first.end();
      expect(await store.schedules.open('etl', 'nightly')).toEqual({ open: [{ cycle: hour(2), id: second.input.jobId }], lastEnd: time(500) });
      // A job that was pruned is not waited for.
      await second.end();
      await store.executions.remove([second.input.jobId]);
      expect((await store.schedules.open('etl', 'nightly')).open).toEqual([]);
    });

    it('wakes who waits for ends when all of them are announced', async () => {
      const [first, second] = [await begin(1), await begin(2)];
      await store.schedules.decided(decision(2, []));
      await first.end();
      await second.end();
      expect(await store.schedules.wakeable(10)).toEqual([]);
      const third = await begin(3);
      await store.schedules.decided(decision(3, [], { awaits: true }));
      expect(await store.schedules.wakeable(10)).toEqual([]);
      await third.end();
      expect(await store.schedules.wakeable(10)).toEqual([nightly]);
    });

    it('removed, it is not listed, nothing waits, and a late decision does not bring it back; saved again it begins anew', async () => {
      await store.schedules.saved(nightly, time(0));
      await store.schedules.decided(decision(2, [cycle(1), skipped(2)]));
      await store.schedules.removed(nightly, time(5), 'its definition was removed');
      await store.schedules.decided(decision(3, [], { version: 2 }));
      expect(await store.schedules.schedule('etl', 'nightly')).toMatchObject({ version: 1, endedAt: time(5) });
      expect(await store.schedules.schedules('etl', { limit: 10 })).toEqual([]);
      expect(await store.schedules.cyclesAt('etl', 'nightly', [hour(1)])).toMatchObject([{ code: 'REMOVED', reason: 'its definition was removed' }]);
      await store.schedules.saved({ ...nightly, kind: 'Dag' }, time(7));
      expect(await store.schedules.schedule('etl', 'nightly')).toMatchObject({ kind: 'Dag', version: 0, since: time(7) });
      expect(await store.schedules.schedule('etl', 'nightly')).not.toHaveProperty('decidedUntil');
    });

    it('lists schedules and cycles in pages', async () => {
      for (const [app, of] of [
        ['etl', 'b'],
        ['ml', 'a'],
        ['ml', 'b'],
      ] as const)
        await store.schedules.saved({ app, name: of, kind: 'Job' }, time(0));
      const all = await store.schedules.schedules(undefined, { limit: 2 });
      expect(all.map(({ app, name: of }) => `${app}/${of}`)).toEqual(['ml/a', 'etl/b']);
      expect((await store.schedules.schedules(undefined, { limit: 2, after: all[1]! })).map(({ app }) => app)).toEqual(['ml']);
      await store.schedules.decided(decision(3, [cycle(1), skipped(2), skipped(3)]));
      expect((await store.schedules.cycles('etl', 'nightly', { state: ['SKIPPED'] }, { limit: 1 })).map((row) => row.cycle)).toEqual([hour(3)]);
      expect((await store.schedules.cycles('etl', 'nightly', { state: ['SKIPPED'] }, { limit: 9, before: hour(3) })).map((row) => row.cycle)).toEqual(
        [hour(2)],
      );
    });

    it('prunes what is old, but for what waits or goes on', async () => {
      await store.schedules.decided(decision(3, [cycle(1), skipped(2)]));
      await begin(3);
      expect(await store.schedules.pruneCycles(time(1_000), true)).toBe(1);
      expect(await states()).toHaveLength(3);
      expect(await store.schedules.pruneCycles(time(1_000))).toBe(1);
      expect(await states()).toEqual([
        ['03', 'STARTED'],
        ['01', 'WAITING'],
      ]);
    });
  });
}
