import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startMirror } from '../../src/activities/duties/mirror.ts';
import type { SchedulerDeps } from '../../src/activities/deps.ts';
import type { WorkerRow } from '../../src/store/contract.ts';

async function describeWorkflow(id: string): Promise<unknown> {
  if (id === 'worker:a') throw new Error('garbage');
  return { raw: { pendingActivities: [] } };
}

it('goes on with the other workers when the announcement of one cannot be read', async () => {
  const seen: WorkerRow[] = [];
  const rows = [{ workerId: 'b', offline: false, seenAt: new Date().toISOString() } as WorkerRow];
  const store = { workers: { list: async () => rows, seen: async (row: WorkerRow) => void seen.push(row) } };
  const workflow = {
    options: { loadedDataConverter: { payloadCodecs: [] } },
    async *list() {
      yield* [{ workflowId: 'worker:a' }, { workflowId: 'worker:b' }];
    },
    getHandle: (id: string) => ({ describe: () => describeWorkflow(id) }),
  };
  const deps = { store, client: { workflow } as unknown as Client, logger: pino({ level: 'silent' }) } as unknown as SchedulerDeps;
  const mirror = startMirror(deps, () => undefined);
  await expect.poll(() => seen).toMatchObject([{ workerId: 'b', offline: true }]);
  await mirror.stop();
});
