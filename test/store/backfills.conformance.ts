// What every implementation of Backfills must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackfillCycle } from '../../src/specs/backfill.ts';
import { jobWorkflowId } from '../../src/specs/identity.ts';
import { cycleRequestId } from '../../src/specs/schedule-run.ts';
import type { NewBackfill } from '../../src/store/backfills-contract.ts';
import type { Store } from '../../src/store/contract.ts';
import { event, recordOf, sampleInput, time } from './samples.ts';

const hour = (n: number): string => `2026-06-01T${String(n).padStart(2, '0')}:00:00Z`;
const cycle = (n: number): BackfillCycle => ({ cycle: hour(n), planned: hour(n).slice(0, 19), zone: 'UTC', dataDate: '2026-05-31' });
const holiday = (n: number): BackfillCycle => ({ ...cycle(n), skip: { code: 'HOLIDAY', reason: 'a holiday' } });
let ids = 7_000_000_000_000_000_001n;
const sample = (more: Partial<NewBackfill> = {}): NewBackfill => ({
  id: String(ids++),
  app: 'etl',
  name: 'nightly',
  kind: 'Job',
  version: 1,
  digest: 'd',
  settings: { from: '2026-06-01', until: '2026-06-01', order: 'oldest', parallelism: 2, failFast: true, existing: 'skip' },
  createdBy: 'alice',
  createdAt: time(0),
  ...more,
});

export function describeBackfillsConformance(name: string, open: () => Promise<Store>): void {
  describe(`backfills of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const look = async (id: string, more: object = {}) => await store.backfills.looked({ app: 'etl', id, limit: 10, ...more }, time(50));
    /** The job of a cycle, as any start of it makes it. */
    async function jobOf(n: number): Promise<ReturnType<typeof sampleInput>> {
      const input = sampleInput();
      await store.executions.created(input, jobWorkflowId('etl', '', cycleRequestId('nightly', hour(n))));
      return input;
    }

    it('a request id makes one; its cycles keep their turns, and those that the schedule takes away are told of', async () => {
      const first = await store.backfills.created(sample({ requestId: 'r' }), [cycle(3), holiday(2), cycle(1)]);
      const again = await store.backfills.created(sample({ requestId: 'r', digest: 'other' }), [cycle(9)]);
      expect(again).toEqual(first);
      expect(await store.backfills.byRequestId('etl', 'r')).toEqual(first);
      expect(await store.backfills.byRequestId('ml', 'r')).toBeUndefined();
      const rows = await store.backfills.cycles(first.id, {}, { limit: 10 });
      expect(rows.map(({ cycle: at, state, reason }) => [at, state, reason])).toEqual([
        [hour(3), 'WAITING', undefined],
        [hour(2), 'SKIPPED', 'a holiday'],
        [hour(1), 'WAITING', undefined],
      ]);
      expect(await look(first.id)).toMatchObject({ over: false, waiting: [hour(3), hour(1)], more: false, open: [], failed: 0 });
      expect((await store.backfills.cycles(first.id, { state: ['WAITING'] }, { limit: 1, after: 0 })).map(({ place }) => place)).toEqual([2]);
    });

    it('cycles of other definitions have their turn once all that they come after have ended', async () => {
      const other = (n: number, after: number): BackfillCycle => ({ ...cycle(n), name: 'report', after });
      const { id } = await store.backfills.created(sample({ kind: 'Dag' }), [cycle(1), cycle(2), other(1, 0), other(2, 1)]);
      const keys = async () => {
        const answer = await look(id);
        return answer.over ? [] : [answer.waiting, answer.more];
      };
      expect(await keys()).toEqual([[hour(1), hour(2)], true]);
      await store.backfills.started(id, { cycle: hour(1), skipped: 'it has one' }, time(1));
      expect(await keys()).toEqual([[hour(2), `report@${hour(1)}`], true]);
      await store.backfills.started(id, { cycle: hour(2), id: '5' }, time(1));
      await store.backfills.started(id, { cycle: `report@${hour(1)}`, id: '6' }, time(1));
      expect(await keys()).toEqual([[], true]);
      expect(await store.backfills.cycle(id, `report@${hour(1)}`)).toMatchObject({ name: 'report', cycle: hour(1), state: 'STARTED' });
      expect(await store.backfills.cycle(id, hour(1))).toMatchObject({ name: 'nightly', state: 'SKIPPED' });
    });

    it('takes 10,000 cycles, and finds what they have', async () => {
      const many = Array.from({ length: 10_000 }, (_, n) => ({ ...cycle(0), cycle: new Date(n * 60_000).toISOString().replace('.000', '') }));
      const { id } = await store.backfills.created(sample(), many);
      expect(await look(id)).toMatchObject({ waiting: many.slice(0, 10).map((one) => one.cycle), more: true });
      expect(
        await store.backfills.objects(
          { app: 'etl', name: 'nightly', kind: 'Job' },
          many.map((one) => one.cycle),
        ),
      ).toEqual([]);
    });

    it('what was decided of a cycle stays, and so does what became of it', async () => {
      const { id } = await store.backfills.created(sample(), [cycle(1), cycle(2), cycle(3)]);
      await store.backfills.deciding(id, hour(1), { do: 'rerun', id: '5', round: 3 });
      await store.backfills.deciding(id, hour(1), { do: 'start' });
      expect(await store.backfills.cycle(id, hour(1))).toMatchObject({ state: 'WAITING', action: 'rerun', id: '5', round: 3 });
      await store.backfills.started(id, { cycle: hour(2), skipped: 'it has job 7 already' }, time(1));
      await store.backfills.started(id, { cycle: hour(2), id: '9' }, time(2));
      await store.backfills.started(id, { cycle: hour(3), refused: 'FORBIDDEN: no' }, time(2));
      expect((await store.backfills.cycles(id, {}, { limit: 10 })).map(({ state, reason }) => [state, reason])).toEqual([
        ['WAITING', undefined],
        ['SKIPPED', 'it has job 7 already'],
        ['REFUSED', 'FORBIDDEN: no'],
      ]);
      expect(await look(id)).toMatchObject({ failed: 1, waiting: [hour(1)] });
    });

    it('an announced end wakes it and is noted, of a rerun only that of the new round', async () => {
      const { id, ...target } = await store.backfills.created(sample(), [cycle(1), cycle(2)]);
      const [fresh, old] = [await jobOf(1), await jobOf(2)];
      await store.executions.record(recordOf(old, [event(1, 'FAILED', { set: { endedAt: time(9) } })]));
      expect(await store.backfills.objects(target, [hour(1), hour(2)])).toMatchObject([
        { cycle: hour(1), id: fresh.jobId, round: 1, ended: false },
        { cycle: hour(2), id: old.jobId, round: 1, status: 'FAILED', ended: true },
      ]);
      await store.backfills.deciding(id, hour(1), { do: 'start' });
      await store.backfills.deciding(id, hour(2), { do: 'rerun', id: old.jobId, round: 1 });
      await store.backfills.started(id, { cycle: hour(1), id: fresh.jobId }, time(10));
      await store.backfills.started(id, { cycle: hour(2), id: old.jobId }, time(10));
      expect(await store.backfills.wakeable(time(0), 10)).toEqual([]);
      expect(await look(id)).toMatchObject({ open: [{ id: fresh.jobId }, { id: old.jobId }] });
      await store.executions.record(recordOf(fresh, [event(1, 'SUCCEED', { set: { endedAt: time(20) } })]));
      expect(await store.backfills.wakeable(time(0), 10)).toEqual([{ app: 'etl', id }]);
      expect(await look(id)).toMatchObject({ open: [{ id: old.jobId }], failed: 0 });
      expect(await store.backfills.wakeable(time(0), 10)).toEqual([]);
      await store.executions.record(recordOf(old, [event(2, 'FAILED', { attempt: 2, set: { endedAt: time(30) } })]));
      expect(await look(id)).toMatchObject({ open: [], failed: 1 });
      expect(await store.backfills.counts(id)).toEqual({ waiting: 0, started: 0, succeeded: 1, failed: 1, skipped: 0, refused: 0 });
      expect(await store.backfills.cycle(id, hour(1))).toMatchObject({ state: 'ENDED', status: 'SUCCEED' });
    });

    it('keeps a pause and a kill until told otherwise; one that has not looked is woken, but not while it is paused', async () => {
      const { id } = await store.backfills.created(sample(), [cycle(1)]);
      expect(await store.backfills.wakeable(time(0), 10)).toEqual([]);
      expect(await store.backfills.wakeable(time(1), 10)).toEqual([{ app: 'etl', id }]);
      const hold = { note: 'the move', by: 'alice', at: time(1) };
      expect(await look(id, { hold })).toMatchObject({ hold });
      expect(await look(id)).toMatchObject({ hold });
      expect(await store.backfills.wakeable(time(100), 10)).toEqual([]);
      expect(await look(id, { hold: null })).not.toHaveProperty('hold');
      const kill = { by: 'alice', at: time(2), runs: true };
      expect(await look(id, { kill })).toMatchObject({ kill });
      expect(await store.backfills.backfill(id)).toMatchObject({ state: 'RUNNING', kill });
    });

    it('ended, it says how, what has not begun is skipped, and nothing wakes it', async () => {
      const { id } = await store.backfills.created(sample(), [cycle(1)]);
      await store.backfills.ended(id, 'KILLED', 'killed by alice', time(5));
      await store.backfills.ended(id, 'SUCCEED', 'late answer', time(6));
      expect(await store.backfills.backfill(id)).toMatchObject({ state: 'KILLED', reason: 'killed by alice', endedAt: time(5) });
      expect(await store.backfills.cycle(id, hour(1))).toMatchObject({ state: 'SKIPPED', reason: 'not started: killed by alice' });
      expect(await look(id)).toEqual({ over: true, reason: 'killed by alice' });
      expect(await store.backfills.wakeable(time(100), 10)).toEqual([]);
    });

    it('lists the newest first, in pages, and prunes what ended long ago', async () => {
      const made = [];
      for (const of of ['a', 'b', 'a']) made.push(await store.backfills.created(sample({ name: of }), [cycle(1)]));
      const list = async (filter: { name?: string }, before?: string): Promise<string[]> =>
        (await store.backfills.backfills('etl', filter, { limit: 2, ...(before !== undefined && { before }) })).map(({ id }) => id);
      expect(await list({})).toEqual([made[2]!.id, made[1]!.id]);
      expect(await list({}, made[1]!.id)).toEqual([made[0]!.id]);
      expect(await list({ name: 'a' })).toEqual([made[2]!.id, made[0]!.id]);
      await store.backfills.ended(made[0]!.id, 'SUCCEED', 'done', time(5));
      expect([await store.backfills.prune(time(5), true), await store.backfills.prune(time(6), true), await store.backfills.prune(time(6))]).toEqual([
        0, 1, 1,
      ]);
      expect(await store.backfills.cycles(made[0]!.id, {}, { limit: 10 })).toEqual([]);
      expect(await list({ name: 'a' })).toEqual([made[2]!.id]);
    });
  });
}
