// What every implementation of Audit must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/specs/canonical.ts';
import type { Store } from '../../src/store/contract.ts';
import { time } from './samples.ts';

export function describeAuditConformance(name: string, open: () => Promise<Store>): void {
  describe(`audit of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const append = (n: number, app = 'etl') =>
      store.audit.append({ at: time(n), by: 'alice', app, action: 'job.kill', object: `job/${n}`, detail: { n } });

    /** Whether each kept entry but the first follows from the one before it. */
    async function verified(): Promise<boolean> {
      const entries = (await store.audit.list({ limit: 1000 })).toReversed();
      return entries.every(({ position, hash, ...entry }, i) => {
        if (i === 0) return true;
        const before = entries[i - 1]!;
        return before.position < position && digestOf([before.hash, entry]) === hash;
      });
    }

    it('chains entries so that each follows from the one before, also when they come at once', async () => {
      await Promise.all(Array.from({ length: 30 }, (_, n) => append(n)));
      const entries = await store.audit.list({ limit: 100 });
      expect(entries).toHaveLength(30);
      expect(new Set(entries.map((e) => e.object))).toHaveLength(30);
      expect(await verified()).toBe(true);
    });

    it('pages newest first, by app', async () => {
      for (const n of [1, 2, 3]) await append(n, n === 2 ? 'ml' : 'etl');
      const first = await store.audit.list({ limit: 1 });
      expect(first).toMatchObject([{ object: 'job/3', detail: { n: 3 } }]);
      expect(await store.audit.list({ limit: 5, before: first[0]!.position, app: 'etl' })).toMatchObject([{ object: 'job/1' }]);
    });

    it('can still be verified from the first kept entry after a prune', async () => {
      for (const n of [1, 2, 3, 4]) await append(n);
      expect(await store.audit.prune(time(3))).toBe(2);
      await append(5);
      expect((await store.audit.list({ limit: 10 })).map((e) => e.object)).toEqual(['job/5', 'job/4', 'job/3']);
      expect(await verified()).toBe(true);
      // The newest stays whatever its age: the next entry chains on to it.
      await store.audit.prune(time(1000));
      await append(6);
      expect(await store.audit.list({ limit: 10 })).toHaveLength(2);
      expect(await verified()).toBe(true);
    });
  });
}
