// What every implementation of Executions must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { admitOf, event, newKey, recordOf, sampleInput, time, workflowIdOf } from './samples.ts';

export function describeExecutionsConformance(name: string, open: () => Promise<Store>): void {
  describe(`executions of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const job = (id: string) => store.executions.job(id);

    it('makes one row of 100 equal creates at once, with every digit of the id', async () => {
      const input = sampleInput({ labels: { team: 'growth' } }, { requestId: 'r-1' });
      await Promise.all(Array.from({ length: 100 }, () => store.executions.created(input, workflowIdOf(input))));
      const rows = await store.executions.jobs({}, { limit: 10 });
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ jobId: input.jobId, requestId: 'r-1', status: 'CREATED', attempt: 1, seq: 0, labels: { team: 'growth' } });
      expect(await job(input.jobId)).toMatchObject({ spec: { name: 'report' } });
      expect(await store.executions.byWorkflowId(workflowIdOf(input))).toMatchObject({ input, jobId: input.jobId });
      for (const none of ['1', 'x', '', '-1', '9999999999999999999']) expect(await job(none)).toBeUndefined();
    });

    it('writes a created job and its line of audit together or not at all', async () => {
      const line = { at: time(0), by: 'etl/ci', app: 'etl', action: 'createJob', object: 'job 1' };
      const input = sampleInput();
      await store.executions.created(input, workflowIdOf(input), line);
      await store.audit.append({ ...line, object: 'job 2' });
      expect((await store.audit.list({ limit: 10 })).map(({ object }) => object)).toEqual(['job 2', 'job 1']);
      const other = sampleInput();
      const broken = { ...line, by: null as unknown as string };
      await expect(store.executions.created(other, workflowIdOf(other), broken)).rejects.toThrow();
      expect(await job(other.jobId)).toBeUndefined();
    });

    it('shows a job whose creator never wrote it, from its first record', async () => {
      const input = sampleInput();
      await store.executions.record(recordOf(input, [event(1, 'ACCEPTED', { reason: 'waits' })]));
      await store.executions.created(input, workflowIdOf(input));
      expect(await job(input.jobId)).toMatchObject({ status: 'ACCEPTED', reason: 'waits', seq: 1 });
      expect(await store.executions.byWorkflowId(workflowIdOf(input))).toMatchObject({ runId: 'run-1' });
    });

    it('writes each event once, in order, however often it comes', async () => {
      const input = sampleInput();
      const events = [event(1, 'ACCEPTED'), event(2, 'STARTING'), event(3, 'RUNNING')];
      await store.executions.record(recordOf(input, events.slice(0, 2)));
      await Promise.all(Array.from({ length: 5 }, () => store.executions.record(recordOf(input, events))));
      await store.executions.record(recordOf(input, events.slice(0, 1)));
      expect(await store.executions.events(input.jobId, 0, 100)).toEqual(events);
      expect(await store.executions.events(input.jobId, 1, 1)).toEqual([events[1]]);
      expect(await job(input.jobId)).toMatchObject({ status: 'RUNNING', seq: 3 });
    });

    it('goes on counting in a rerun, keeps every attempt, and reopens the row', async () => {
      const input = sampleInput();
      const [first, second] = [newKey(), newKey()];
      await store.executions.record(
        recordOf(input, [
          event(1, 'ACCEPTED', { set: { key: first } }),
          event(2, 'STARTING', { set: { workerId: 'w1' } }),
          event(3, 'RUNNING', { set: { handle: { id: 'h/1' } } }),
          event(4, 'FAILED', { code: 'EXIT_CODE', blame: 'user', reason: 'exit code 2', set: { exitCode: 2 } }),
        ]),
      );
      expect(await job(input.jobId)).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', blame: 'user', endedAt: time(100_004) });
      await store.executions.record({
        ...recordOf(input, [
          event(5, 'FAILED', { type: 'rerun', by: 'bob' }),
          event(6, 'ACCEPTED', { attempt: 2, set: { key: second } }),
          event(7, 'STARTING', { attempt: 2 }),
        ]),
        runId: 'run-2',
      });
      const row = await job(input.jobId);
      expect(row).toMatchObject({ status: 'STARTING', attempt: 2, seq: 7 });
      expect(row).not.toHaveProperty('code');
      expect(row).not.toHaveProperty('endedAt');
      expect(await store.executions.attempts(input.jobId)).toMatchObject([
        { attempt: 1, key: first, workerId: 'w1', handle: { id: 'h/1' }, status: 'FAILED', exitCode: 2, code: 'EXIT_CODE' },
        { attempt: 2, key: second, status: 'STARTING' },
      ]);
      expect(await store.executions.byWorkflowId(workflowIdOf(input))).toMatchObject({ runId: 'run-2' });
      expect(await store.executions.attemptByKey(first)).toMatchObject({ jobId: input.jobId, attempt: 1, status: 'FAILED', currentAttempt: 2 });
      expect(await store.executions.attemptByKey(newKey())).toBeUndefined();
    });

    it('gives the code of a failed attempt to the attempt alone while a retry waits', async () => {
      const input = sampleInput();
      const failed = { attemptStatus: 'FAILED', code: 'EXIT_CODE', blame: 'user', reason: 'retry 2 of 3 in 40s' } as const;
      await store.executions.record(recordOf(input, [event(1, 'RUNNING'), event(2, 'ACCEPTED', failed)]));
      const row = await job(input.jobId);
      expect(row).toMatchObject({ status: 'ACCEPTED', reason: 'retry 2 of 3 in 40s' });
      expect(row).not.toHaveProperty('code');
      expect(await store.executions.attempts(input.jobId)).toMatchObject([{ status: 'FAILED', code: 'EXIT_CODE' }]);
    });

    it('shows a kill as requested until the end confirms it, and forgets it on rerun', async () => {
      const input = sampleInput();
      const asked = event(2, 'RUNNING', { type: 'kill-requested', by: 'bob', reason: 'too slow' });
      await store.executions.record(recordOf(input, [event(1, 'RUNNING', { reason: 'on w1' }), asked]));
      expect(await job(input.jobId)).toMatchObject({
        reason: 'on w1',
        killRequested: { by: 'bob', reason: 'too slow', confirmed: false, at: asked.at },
      });
      await store.executions.record(recordOf(input, [event(3, 'KILLED')]));
      expect(await job(input.jobId)).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
      await store.executions.record(recordOf(input, [event(4, 'ACCEPTED', { attempt: 2, type: 'rerun' })]));
      expect(await job(input.jobId)).not.toHaveProperty('killRequested');
    });

    it('releases the lease with the record that says so', async () => {
      const input = sampleInput();
      const key = newKey();
      await store.admission.request(admitOf({ key }), time(0));
      await store.executions.record(recordOf(input, [event(1, 'RUNNING')]));
      expect(await store.admission.leases({ limit: 10 })).toHaveLength(1);
      await store.executions.record(recordOf(input, [event(2, 'SUCCEED')], key));
      expect(await store.admission.leases({ limit: 10 })).toEqual([]);
    });

    it('feeds the events of all jobs, or of an app, in the order of their commits', async () => {
      const [a, b] = [sampleInput(), sampleInput({}, { app: 'ml' })];
      const start = await store.executions.head();
      await store.executions.record(recordOf(a, [event(1, 'ACCEPTED')]));
      await store.executions.record(recordOf(b, [event(1, 'ACCEPTED')]));
      await store.executions.record(recordOf(a, [event(2, 'STARTING')]));
      const all = await store.executions.feed(undefined, start, 10);
      expect(all.map((e) => [e.jobId, e.seq])).toEqual([
        [a.jobId, 1],
        [b.jobId, 1],
        [a.jobId, 2],
      ]);
      expect(await store.executions.head()).toBe(all[2]!.position);
      expect((await store.executions.feed('ml', start, 10)).map((e) => e.app)).toEqual(['ml']);
      expect(await store.executions.feed(undefined, all[1]!.position, 10)).toHaveLength(1);
    });

    it('tells which jobs have changed, and what this process records at once', async () => {
      const told: unknown[] = [];
      store.executions.onRecorded((changes) => told.push(...changes));
      const start = await store.executions.head();
      const [first, second] = [sampleInput(), sampleInput({}, { app: 'ml' })];
      await store.executions.record(recordOf(first, [event(1, 'ACCEPTED'), event(2, 'STARTING')]));
      await store.executions.record(recordOf(second, [event(1, 'ACCEPTED')]));
      await store.executions.record(recordOf(second, [event(1, 'ACCEPTED')]));
      const changes = await store.executions.changes(start, 10);
      expect(changes.map(({ jobId, app }) => [jobId, app])).toEqual([
        [first.jobId, 'etl'],
        [first.jobId, 'etl'],
        [second.jobId, 'ml'],
      ]);
      expect(told).toEqual(changes);
      expect(await store.executions.changes(changes[0]!.position, 1)).toEqual([changes[1]]);
    });

    it('filters by every field and pages newest first', async () => {
      const inputs = [
        sampleInput({ cluster: 'yarn', queue: 'night', labels: { team: 'a' } }),
        sampleInput({ type: 'python', group: 'sales', labels: { team: 'b' } }, { app: 'ml' }),
        sampleInput({ name: 'load', labels: { team: 'a', tier: 'gold' } }),
      ];
      for (const input of inputs) await store.executions.created(input, workflowIdOf(input));
      await store.executions.record(recordOf(inputs[2]!, [event(1, 'RUNNING')]));
      const found = async (filter: Parameters<Store['executions']['jobs']>[0]) =>
        (await store.executions.jobs(filter, { limit: 10 })).map((row) => inputs.findIndex((input) => input.jobId === row.jobId));
      expect(await found({})).toEqual([2, 1, 0]);
      expect(await found({ app: 'etl' })).toEqual([2, 0]);
      expect(await found({ status: ['RUNNING'] })).toEqual([2]);
      expect(await found({ status: ['RUNNING', 'CREATED'], app: 'etl' })).toEqual([2, 0]);
      expect(await found({ cluster: 'yarn' })).toEqual([0]);
      expect(await found({ queue: 'night' })).toEqual([0]);
      expect(await found({ type: 'python' })).toEqual([1]);
      expect(await found({ name: 'load' })).toEqual([2]);
      expect(await found({ group: 'sales' })).toEqual([1]);
      expect(await found({ label: { name: 'team', value: 'a' } })).toEqual([2, 0]);
      expect(await found({ label: { name: 'team', value: 'a' }, status: ['CREATED'] })).toEqual([0]);
      expect(await found({ since: inputs[1]!.createdAt })).toEqual([2, 1]);
      expect(await found({ until: inputs[1]!.createdAt })).toEqual([0]);
      expect(await found({ since: time(1e8) })).toEqual([]);
      expect(await found({ name: "x' or '1'='1" })).toEqual([]);
      const first = await store.executions.jobs({ app: 'etl' }, { limit: 1 });
      const second = await store.executions.jobs({ app: 'etl' }, { limit: 1, before: first[0]!.jobId });
      expect([first[0]!.jobId, second[0]!.jobId]).toEqual([inputs[2]!.jobId, inputs[0]!.jobId]);
      expect(await store.executions.jobs({ app: 'etl' }, { limit: 1, before: second[0]!.jobId })).toEqual([]);
    });

    it('counts, lists what has not ended, and gives prune the oldest ends', async () => {
      const [done, live] = [sampleInput(), sampleInput({ cluster: 'yarn' })];
      const [oldKey, key] = [newKey(), newKey()];
      await store.executions.record(recordOf(done, [event(1, 'RUNNING', { set: { key: oldKey } }), event(2, 'SUCCEED')]));
      await store.executions.record(recordOf(live, [event(1, 'RUNNING', { set: { key } })]));
      expect(await store.executions.counts()).toEqual(
        expect.arrayContaining([
          { app: 'etl', cluster: 'local', status: 'SUCCEED', count: 1 },
          { app: 'etl', cluster: 'yarn', status: 'RUNNING', count: 1 },
        ]),
      );
      expect(await store.executions.counts('ml')).toEqual([]);
      expect(await store.executions.unfinished({ limit: 10 })).toMatchObject([{ jobId: live.jobId, key, runId: 'run-1' }]);
      expect(await store.executions.unfinished({ limit: 10, after: live.jobId })).toEqual([]);
      const ended = { jobId: done.jobId, endedAt: time(100_002), keys: [oldKey] };
      expect(await store.executions.ended({ before: time(100_002) }, { limit: 10 })).toEqual([]);
      expect(await store.executions.ended({ before: time(100_003) }, { limit: 10 })).toEqual([ended]);
      expect(await store.executions.ended({ from: time(100_002), before: time(100_003) }, { limit: 10 })).toEqual([ended]);
      expect(await store.executions.ended({ from: time(100_003), before: time(100_004) }, { limit: 10 })).toEqual([]);
      expect(await store.executions.ended({ before: time(100_003) }, { limit: 10, after: ended })).toEqual([]);
      await store.executions.remove([done.jobId, live.jobId]);
      expect(await job(done.jobId)).toBeUndefined();
      expect(await store.executions.events(done.jobId, 0, 10)).toEqual([]);
      expect(await store.executions.attemptByKey(oldKey)).toBeUndefined();
      // It had not ended: a job that was rerun while prune ran.
      expect(await job(live.jobId)).toBeDefined();
    });

    it('pages through ends of one moment, and through what jobs refer to', async () => {
      const inputs = Array.from({ length: 5 }, () => sampleInput());
      const outputs = { table: { sha256: 'a'.repeat(64), size: 1, name: 't' } };
      for (const input of inputs) {
        const events = [event(1, 'SUCCEED', { set: { key: newKey(), outputs } }), event(2, 'SUCCEED', { type: 'modified', patch: { queue: 'q' } })];
        await store.executions.record(recordOf(input, events));
      }
      const ids = inputs.map(({ jobId }) => jobId);
      const [first, second] = await store.executions.ended({ before: time(1e6) }, { limit: 2 });
      const rest = await store.executions.ended({ before: time(1e6) }, { limit: 10, after: second! });
      expect([first!, second!, ...rest].map(({ jobId }) => jobId)).toEqual(ids);
      const newest = await store.executions.references({ limit: 2 });
      const older = await store.executions.references({ limit: 10, before: newest[1]!.jobId });
      expect([...newest, ...older].map(({ jobId }) => jobId)).toEqual(ids.toReversed());
      expect(newest[0]).toMatchObject({ spec: { name: 'report' }, changes: { patch: { queue: 'q' } }, outputs: [outputs] });
      expect(await store.executions.logsPruned()).toBeUndefined();
      for (const at of [1, 2]) await store.executions.markLogsPruned(time(at));
      expect(await store.executions.logsPruned()).toBe(time(2));
    });

    it('gives a position only once, even after a prune', async () => {
      const input = sampleInput();
      await store.executions.record(recordOf(input, [event(1, 'SUCCEED')]));
      const head = await store.executions.head();
      await store.executions.remove([input.jobId]);
      const next = sampleInput();
      await store.executions.record(recordOf(next, [event(1, 'ACCEPTED')]));
      expect((await store.executions.feed(undefined, head, 10)).map((e) => e.jobId)).toEqual([next.jobId]);
    });
  });
}
