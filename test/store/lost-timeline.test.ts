// Events of a workflow task that was lost give way to those of its successor, which is what history holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { event, node, recordOf, runEvent, runRecordOf, sampleInput, sampleRun, time } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-timeline-'));
let store: Store;
beforeAll(async () => {
  store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const created = [event(1, 'CREATED', { at: time(10) }), event(2, 'ACCEPTED', { at: time(10) })];
const starting = event(3, 'STARTING', { at: time(10), set: { key: 'lost', workerId: 'w1' } });
const waiting = event(3, 'ACCEPTED', { at: time(20), reason: 'no worker of group default is online and has room' });

describe('a workflow task that was lost after it had written events', () => {
  it('gives way to what its successor decides under the same numbers', async () => {
    const input = sampleInput();
    await store.executions.record(recordOf(input, [...created, starting]));
    await store.executions.record(recordOf(input, [...created.map((e) => ({ ...e, at: time(20) })), waiting]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ status: 'ACCEPTED', reason: waiting.reason, seq: 3 });
    const [attempt] = await store.executions.attempts(input.jobId);
    expect(attempt).toMatchObject({ status: 'ACCEPTED' });
    expect(attempt).not.toHaveProperty('key');

    const again = event(4, 'STARTING', { at: time(30), set: { key: 'kept', workerId: 'w1' } });
    await store.executions.record(recordOf(input, [again]));
    expect(await store.executions.attempts(input.jobId)).toMatchObject([{ status: 'STARTING', key: 'kept' }]);
    expect((await store.executions.events(input.jobId, 0, 10)).map(({ seq, status }) => [seq, status])).toEqual([
      [1, 'CREATED'],
      [2, 'ACCEPTED'],
      [3, 'ACCEPTED'],
      [4, 'STARTING'],
    ]);
  });

  it('cannot write over its successor when it was only slow', async () => {
    const input = sampleInput();
    await store.executions.record(recordOf(input, [...created, waiting]));
    await store.executions.record(recordOf(input, [...created, starting]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ status: 'ACCEPTED', seq: 3 });
  });

  it('takes everything behind the contradiction with it', async () => {
    const input = sampleInput();
    const tail = [event(4, 'RUNNING', { at: time(10) }), event(5, 'SUCCEED', { at: time(10) })];
    await store.executions.record(recordOf(input, [...created, starting, ...tail]));
    await store.executions.record(recordOf(input, [event(3, 'CANCELED', { at: time(20) })]));
    expect(await store.executions.job(input.jobId)).toMatchObject({ status: 'CANCELED', seq: 3 });
    expect(await store.executions.events(input.jobId, 0, 10)).toHaveLength(3);
  });
});

describe('a workflow task of a run that was lost after it had written events', () => {
  const begun = runEvent(1, 'RUNNING', { at: time(10), nodes: [node('a'), node('b', { phase: 'waiting', status: 'WAITING', attempt: 0 })] });
  const started = runEvent(2, 'RUNNING', { at: time(20), type: 'nodes', nodes: [node('a', { phase: 'succeeded', status: 'SUCCEED' }), node('b')] });
  const killed = runEvent(2, 'RUNNING', { at: time(30), type: 'kill', by: 'bob', nodes: [node('a', { phase: 'stopping' })] });

  it('gives way to what its successor decides under the same numbers, in the run and its nodes', async () => {
    const run = sampleRun();
    const rerun = runEvent(3, 'RUNNING', { at: time(20), type: 'rerun', generation: 2, set: { params: { day: '2026-02-02' }, version: 9 } });
    await store.runs.record(runRecordOf(run, [begun, started, rerun]));
    expect(await store.runs.run(run.runId)).toMatchObject({ version: 9, generation: 2, input: { params: { day: '2026-02-02' } } });
    await store.runs.record(runRecordOf(run, [{ ...begun, at: time(30) }, killed]));

    const row = await store.runs.run(run.runId);
    expect(row).toMatchObject({ seq: 2, generation: 1, version: 1, startedAt: time(10), killRequested: { by: 'bob' }, input: run });
    expect(await store.runs.events(run.runId, 0, 10)).toEqual([begun, killed]);
    expect(await store.runs.nodes(run.runId, ['a'])).toMatchObject([{ phase: 'stopping', startedAt: time(10) }]);
    const [other] = await store.runs.nodes(run.runId, ['b']);
    expect(other).toMatchObject({ status: 'WAITING', attempt: 0 });
    expect(other).not.toHaveProperty('startedAt');
    const next = runEvent(3, 'FINISH', { at: time(40), outcome: 'KILLED' });
    await store.runs.record(runRecordOf(run, [next]));
    expect(await store.runs.run(run.runId)).toMatchObject({ status: 'FINISH', outcome: 'KILLED', seq: 3 });
  });

  it('cannot write over its successor when that task was only slow', async () => {
    const run = sampleRun();
    await store.runs.record(runRecordOf(run, [begun, killed]));
    await store.runs.record(runRecordOf(run, [begun, started]));
    expect(await store.runs.events(run.runId, 0, 10)).toEqual([begun, killed]);
    expect(await store.runs.nodes(run.runId, ['a'])).toMatchObject([{ phase: 'stopping' }]);
  });
});
