// What every implementation of Workers must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store, WorkerRow } from '../../src/store/contract.ts';
import { time } from './samples.ts';

const worker = (more: Partial<WorkerRow> = {}): WorkerRow => ({
  workerId: 'w1',
  group: 'default',
  host: 'h1',
  seenAt: time(1),
  offline: false,
  slots: 20,
  running: 3,
  load: 0.75,
  freeMemory: 64 * 2 ** 30,
  version: '0.1.0',
  ...more,
});

export function describeWorkersConformance(name: string, open: () => Promise<Store>): void {
  describe(`workers of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    it('keeps the newest word of each worker, whoever brings it last', async () => {
      await store.workers.seen(worker({ seenAt: time(5), offline: true }));
      await store.workers.seen(worker({ seenAt: time(2) }));
      await store.workers.seen(worker({ workerId: 'w2' }));
      expect(await store.workers.list()).toEqual([worker({ seenAt: time(5), offline: true }), worker({ workerId: 'w2' })]);
      await store.workers.seen(worker({ seenAt: time(6) }));
      expect((await store.workers.list())[0]).toEqual(worker({ seenAt: time(6) }));
    });
  });
}
