// What modify and rerun change of a spec is in the rows: for checks all of it, for lists and sweeps what the newest attempt has.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { JobEvent } from '../../src/specs/execution.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { event, recordOf, sampleInput, time, workflowIdOf } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-changes-'));
let store: Store;
beforeAll(async () => {
  store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const modified = (seq: number, status: JobEvent['status'], patch: JobEvent['patch'], more: Partial<JobEvent> = {}) =>
  event(seq, status, { type: 'modified', ...(patch && { patch }), ...more });
const ids = async (filter: Parameters<Store['executions']['jobs']>[0]) =>
  (await store.executions.jobs(filter, { limit: 10 })).map(({ jobId }) => jobId);

describe('a change of the spec', () => {
  it('of a waiting job holds at once where it can, and for the next attempt where it cannot', async () => {
    const input = sampleInput({ cluster: 'a', env: { KEPT: '1' } });
    await store.executions.record(recordOf(input, [event(1, 'ACCEPTED'), modified(2, 'ACCEPTED', { priority: 1, cluster: 'b' })]));
    expect(await store.executions.job(input.jobId)).toMatchObject({
      cluster: 'a',
      priority: 1,
      spec: { cluster: 'a', priority: 1, env: { KEPT: '1' } },
      patch: { priority: 1, cluster: 'b' },
      attemptPatch: { priority: 1 },
    });
    await store.executions.record(
      recordOf(input, [event(3, 'FAILED'), event(4, 'ACCEPTED', { type: 'rerun', attempt: 2, patch: { labels: { team: 'x' }, env: { NEW: '2' } } })]),
    );
    expect(await store.executions.job(input.jobId)).toMatchObject({
      cluster: 'b',
      labels: { team: 'x' },
      spec: { cluster: 'b', env: { KEPT: '1', NEW: '2' } },
    });
    expect(await ids({ cluster: 'b' })).toEqual([input.jobId]);
    expect(await ids({ cluster: 'a' })).toEqual([]);
    expect(await ids({ label: { name: 'team', value: 'x' } })).toEqual([input.jobId]);
    expect(await store.executions.byWorkflowId(workflowIdOf(input))).toMatchObject({ input });
  });

  it('of a running job is the next attempt’s, also when that is a retry', async () => {
    const input = sampleInput({ cluster: 'c', labels: { tier: 'gold' } });
    await store.executions.record(recordOf(input, [event(1, 'RUNNING'), modified(2, 'RUNNING', { cluster: 'd', labels: { tier: 'lead' } })]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ cluster: 'c', spec: { cluster: 'c' }, patch: { cluster: 'd' } });
    await store.executions.record(recordOf(input, [event(3, 'ACCEPTED', { attemptStatus: 'FAILED' }), event(4, 'ACCEPTED', { attempt: 2 })]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ cluster: 'd', labels: { tier: 'lead' } });
    expect(await ids({ label: { name: 'tier', value: 'gold' } })).toEqual([]);
  });

  it('that history does not have is taken back with its event', async () => {
    const input = sampleInput({ priority: 7, labels: { a: '1' } });
    const kept = modified(2, 'ACCEPTED', { queue: 'night' }, { at: time(10) });
    const lost = modified(3, 'ACCEPTED', { priority: 1 }, { at: time(10) });
    await store.executions.record(recordOf(input, [event(1, 'ACCEPTED', { at: time(10) }), kept, lost]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ priority: 1, queue: 'night' });
    await store.executions.record(recordOf(input, [event(3, 'STARTING', { at: time(20) })]));
    const row = await store.executions.job(input.jobId);
    expect(row).toMatchObject({ priority: 7, queue: 'night', labels: { a: '1' }, patch: { queue: 'night' } });
    expect(row?.patch).not.toHaveProperty('priority');
  });
});
