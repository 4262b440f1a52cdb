// What every implementation of Admission must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { admitOf, event, limit, newKey, recordOf, sampleInput, tellingOf, time } from './samples.ts';

export function describeAdmissionConformance(name: string, open: () => Promise<Store>): void {
  describe(`admission of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const request = (more: Parameters<typeof admitOf>[0] = {}, at = time(0)) => store.admission.request(admitOf(more), at);
    /** How many of so many at once pass. */
    const passing = async (more: Parameters<typeof admitOf>[0], count: number) =>
      (await Promise.all(Array.from({ length: count }, () => request(more)))).filter((answer) => answer.granted).length;
    const grantedKeys = async (at: string) => (await store.admission.grant(at)).map((lease) => lease.key);

    it('remembers for which worker a lease was taken', async () => {
      const key = newKey();
      expect(await store.admission.workerOf(key)).toBeUndefined();
      await store.admission.request(admitOf({ key }), time(0), 'w1');
      expect(await store.admission.workerOf(key)).toBe('w1');
      await store.admission.request(admitOf({ key }), time(1), 'w2');
      expect(await store.admission.workerOf(key)).toBe('w2');
    });

    it('lets a job pass at once when no limit is in the way, and gives it a lease', async () => {
      const key = newKey();
      expect(await request({ key })).toEqual({ granted: true });
      expect(await store.admission.leases({ limit: 10 })).toMatchObject([{ key, app: 'etl', cluster: 'yarn', takenAt: time(0) }]);
      expect(await store.admission.reason(key)).toBeUndefined();
    });

    it('never lets more run than the app, the cluster or the queue may have', async () => {
      await limit(store, 'App', 'etl', { running: 3 });
      await limit(store, 'Cluster', 'yarn', { running: 5, queues: { default: 4 } });
      expect(await passing({ app: 'etl' }, 10)).toBe(3);
      expect(await passing({ app: 'ml' }, 10)).toBe(1);
      expect(await passing({ app: 'ml', queue: 'night' }, 10)).toBe(1);
      expect(await passing({ app: 'ml', cluster: 'local' }, 10)).toBe(10);
      expect(await store.admission.grant(time(1))).toEqual([]);
    });

    it('says in words why a job waits and how many are before it', async () => {
      await limit(store, 'App', 'etl', { running: 1 });
      await request();
      const key = newKey();
      expect(await request()).toEqual({ granted: false, reason: 'app etl has 1 of 1 running; 0 before you' });
      await request({ key });
      expect(await store.admission.reason(key)).toBe('app etl has 1 of 1 running; 1 before you');
      await limit(store, 'Cluster', 'yarn', { running: 1, queues: { default: 0 } });
      expect(await store.admission.reason(key)).toBe(
        'app etl has 1 of 1 running, queue yarn/default has 1 of 0 running, cluster yarn has 1 of 1 running; 1 before you',
      );
    });

    it('writes what a job has to tell together with its answer', async () => {
      await limit(store, 'App', 'etl', { running: 1 });
      const [first, second] = [sampleInput(), sampleInput()];
      const running = newKey();
      const admitted = await store.admission.request(admitOf({ key: running, telling: tellingOf(first) }), time(0), 'w1');
      expect(admitted.events?.map(({ seq, status }) => `${seq} ${status}`)).toEqual(['1 CREATED', '2 ACCEPTED', '3 STARTING']);
      expect(await store.executions.events(first.jobId, 0, 10)).toEqual(admitted.events);
      expect(await store.executions.attempts(first.jobId)).toMatchObject([{ status: 'STARTING', key: 'k', workerId: 'w1' }]);

      const key = newKey();
      const reason = 'app etl has 1 of 1 running; 0 before you';
      expect(await store.admission.request(admitOf({ key, telling: tellingOf(second) }), time(0), 'w1')).toMatchObject({ granted: false, reason });
      expect(await store.executions.job(second.jobId)).toMatchObject({ status: 'ACCEPTED', reason, seq: 3 });
      // A reason that is known is not told again.
      const known = { ...tellingOf(second), reason };
      expect((await store.admission.request(admitOf({ key, telling: known }), time(1), 'w1')).events).toEqual(known.record.events);

      await store.admission.release(running);
      expect(await grantedKeys(time(2))).toEqual([key]);
      const starting = event(4, 'STARTING');
      const taken = await store.admission.take(key, time(3), 'w2', { record: recordOf(second, []), starting, waiting: starting });
      expect(taken).toEqual({ taken: true, events: [{ ...starting, set: { workerId: 'w2' } }] });
      expect(await store.executions.job(second.jobId)).toMatchObject({ status: 'STARTING', seq: 4 });
    });

    it('keeps the place of a job that asks twice', async () => {
      await limit(store, 'App', 'etl', { running: 1 });
      const [running, waiting, later] = [newKey(), newKey(), newKey()];
      for (const key of [running, waiting, later, waiting, running]) await request({ key });
      expect(await request({ key: running })).toEqual({ granted: true });
      await store.admission.release(running);
      expect(await grantedKeys(time(1))).toEqual([waiting]);
      // It asks again in place of taking: the grant is its own.
      expect(await request({ key: waiting }, time(2))).toEqual({ granted: true });
      expect(await grantedKeys(time(3))).toEqual([]);
    });

    it('moves a job that asks again with another queue or priority', async () => {
      await limit(store, 'Cluster', 'yarn', { queues: { default: 1 } });
      const [running, low, other] = [newKey(), newKey(), newKey()];
      for (const key of [running, other, low]) await request({ key });
      expect((await request({ key: low, priority: 1 })).granted).toBe(false);
      await store.admission.release(running);
      expect(await grantedKeys(time(1))).toEqual([low]);
      expect(await request({ key: other, queue: 'night' })).toEqual({ granted: true });
      expect((await store.admission.queues()).map((queue) => [queue.queue, queue.running])).toEqual([
        ['default', 1],
        ['night', 1],
      ]);
    });

    it('grants by arrival within a queue key', async () => {
      await limit(store, 'App', 'etl', { running: 0 });
      const keys = Array.from({ length: 45 }, newKey);
      for (const key of keys) await request({ key });
      await limit(store, 'App', 'etl', { running: 42 });
      expect(await grantedKeys(time(1))).toEqual(keys.slice(0, 42));
    });

    it('grants by priority between queue keys, then to the app with the least running', async () => {
      await limit(store, 'Cluster', 'yarn', { running: 2 });
      const running = [newKey(), newKey()];
      for (const key of running) await request({ key, app: 'etl' });
      const [etl, ml, urgent] = [newKey(), newKey(), newKey()];
      await request({ key: etl, app: 'etl' }, time(1));
      await request({ key: ml, app: 'ml' }, time(2));
      await request({ key: urgent, app: 'etl', priority: 1 }, time(3));
      await store.admission.release(running[0]!);
      expect(await grantedKeys(time(4))).toEqual([urgent]);
      await store.admission.take(urgent, time(4));
      await store.admission.release(running[1]!);
      expect(await grantedKeys(time(5))).toEqual([ml]);
    });

    it('raises what has waited long over what came later with more priority', async () => {
      await limit(store, 'Cluster', 'yarn', { running: 1 });
      const [first, low, high] = [newKey(), newKey(), newKey()];
      await request({ key: first });
      await request({ key: low, priority: 10 }, time(0));
      await request({ key: high, priority: 1 }, time(7200));
      await store.admission.release(first);
      expect(await grantedKeys(time(7201))).toEqual([low]);
    });

    it('does not let a job that its own app holds back hold back another app', async () => {
      await limit(store, 'App', 'etl', { running: 1 });
      await limit(store, 'Cluster', 'yarn', { running: 10 });
      await request();
      expect((await request()).granted).toBe(false);
      expect((await request({ app: 'ml' })).granted).toBe(true);
    });

    it('does not let a newcomer take the room that one before it is about to get', async () => {
      await limit(store, 'Cluster', 'yarn', { running: 1 });
      const [first, second] = [newKey(), newKey()];
      await request({ key: first });
      await request({ key: second });
      await store.admission.release(first);
      expect(await request({ app: 'etl' }, time(1))).toEqual({ granted: false, reason: 'it waits for its turn; 1 before you' });
      expect(await grantedKeys(time(2))).toEqual([second]);
    });

    it('names an untaken grant at each call, lapses it after two minutes, and lets a late take wait on at its old place', async () => {
      await limit(store, 'App', 'etl', { running: 1 });
      const [running, slow, next] = [newKey(), newKey(), newKey()];
      for (const key of [running, slow, next]) await request({ key });
      await store.admission.release(running);
      expect(await grantedKeys(time(1))).toEqual([slow]);
      expect(await grantedKeys(time(60))).toEqual([slow]);
      expect(await store.admission.take(slow, time(122))).toEqual({ taken: false, reason: expect.stringContaining('before you') as string });
      expect(await grantedKeys(time(123))).toEqual([slow]);
      expect(await store.admission.take(slow, time(124))).toEqual({ taken: true });
      expect(await store.admission.take(slow, time(999))).toEqual({ taken: true });
      expect(await store.admission.take(next, time(999))).toMatchObject({ taken: false });
      expect(await store.admission.take(newKey(), time(999))).toMatchObject({ taken: false });
    });

    it('lets go of a limit that was raised or taken away', async () => {
      await limit(store, 'App', 'etl', { running: 0 });
      const keys = [newKey(), newKey()];
      for (const key of keys) await request({ key });
      expect(await store.admission.grant(time(1))).toEqual([]);
      await limit(store, 'App', 'etl', {});
      expect(await grantedKeys(time(2))).toEqual(keys);
    });

    it('gives every place exactly once to many takers at the same time', async () => {
      await limit(store, 'Cluster', 'yarn', { running: 7 });
      const keys = Array.from({ length: 60 }, newKey);
      const done = new Set<string>();
      let most = 0;
      const begin = async (key: string) => {
        most = Math.max(most, (await store.admission.queues())[0]!.running);
        done.add(key);
        await store.admission.release(key);
      };
      await Promise.all(keys.map(async (key) => (await request({ key })).granted && begin(key)));
      for (let second = 1; done.size < keys.length && second < 100; second++) {
        const [one, two] = await Promise.all([store.admission.grant(time(second)), store.admission.grant(time(second))]);
        const taken = new Set([...one, ...two].map((lease) => lease.key));
        await Promise.all([...taken].map(async (key) => (await store.admission.take(key, time(second))).taken && begin(key)));
      }
      expect(done).toHaveLength(60);
      expect(most).toBeLessThanOrEqual(7);
      expect(await store.admission.leases({ limit: 10 })).toEqual([]);
    });

    it('lists every lease once by pages, and queues with their numbers', async () => {
      await limit(store, 'Cluster', 'yarn', { queues: { default: 2, night: 4 } });
      for (let n = 0; n < 3; n++) await request({ app: 'etl' });
      await request({ app: 'ml', cluster: 'local' });
      const first = await store.admission.leases({ limit: 3 });
      const second = await store.admission.leases({ limit: 3, after: first[2]!.key });
      expect(new Set([...first, ...second].map((lease) => lease.key))).toHaveLength(4);
      expect(await store.admission.queues()).toEqual([
        { cluster: 'local', queue: 'default', running: 1, waiting: 0, apps: [{ app: 'ml', running: 1, waiting: 0 }] },
        { cluster: 'yarn', queue: 'default', limit: 2, running: 2, waiting: 1, apps: [{ app: 'etl', running: 2, waiting: 1 }] },
        { cluster: 'yarn', queue: 'night', limit: 4, running: 0, waiting: 0, apps: [] },
      ]);
      expect((await store.admission.queues('ml')).map((queue) => queue.apps.length)).toEqual([1, 0, 0]);
    });
  });
}
