// Guards and crash points of the store: what goes wrong without each guard, and where a test can crash a process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { installFaults, type Guard } from '../../src/crash-points.ts';
import type { Store } from '../../src/store/contract.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { admitOf, event, limit, newKey, node, recordOf, runEvent, runRecordOf, sampleInput, sampleRun, time } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-guards-'));
afterAll(() => rmSync(folder, { recursive: true }));
let store: Store;
let reached: string[];
let removed: Guard | undefined;
let fail: string | undefined;
let opened = 0;

beforeEach(async () => {
  store = await openSqliteStore({ file: join(folder, `${++opened}.db`), rules: admissionRules });
  reached = [];
  installFaults({
    crash(point) {
      reached.push(point);
      if (point === fail) throw new Error(`crash at ${point}`);
    },
    removed: (guard) => guard === removed,
  });
});
afterEach(async () => {
  removed = undefined;
  fail = undefined;
  await store.close();
});

describe('without its guard', () => {
  it('record-sequence: a repeated record is no longer a repetition', async () => {
    const request = recordOf(sampleInput(), [event(1, 'RUNNING')]);
    await store.executions.record(request);
    await store.executions.record(request);
    const run = runRecordOf(sampleRun(), [runEvent(1, 'RUNNING')]);
    await store.runs.record(run);
    await store.runs.record(run);
    removed = 'record-sequence';
    await expect(store.executions.record(request)).rejects.toThrow('SQLITE_CONSTRAINT');
    await expect(store.runs.record(run)).rejects.toThrow('SQLITE_CONSTRAINT');
  });

  it('lease-release: an ended job keeps its place', async () => {
    removed = 'lease-release';
    const key = newKey();
    await store.admission.request(admitOf({ key }), time(0));
    await store.executions.record(recordOf(sampleInput(), [event(1, 'SUCCEED')], key));
    await store.admission.release(key);
    expect(await store.admission.leases({ limit: 10 })).toHaveLength(1);
  });

  it('log-offset: a zombie interleaves', async () => {
    removed = 'log-offset';
    const logs = folderLogStore(join(folder, 'logs'));
    const ref = { key: newKey(), stream: 'stdout' } as const;
    await logs.append(ref, 0, Buffer.from('one'));
    expect(await logs.append(ref, 0, Buffer.from('one'))).toBe(6);
  });
});

describe('crash points', () => {
  it('stand before and after each commit, append and rename', async () => {
    const key = newKey();
    await limit(store, 'App', 'etl', { running: 0 });
    await store.admission.request(admitOf({ key }), time(0));
    await limit(store, 'App', 'etl', { running: 1 });
    await store.admission.grant(time(0));
    await store.admission.take(key, time(0));
    await store.executions.record(recordOf(sampleInput(), [event(1, 'RUNNING')], key));
    await store.runs.record(runRecordOf(sampleRun(), [runEvent(1, 'RUNNING')]));
    await folderLogStore(join(folder, 'logs')).append({ key, stream: 'stdout' }, 0, Buffer.from('x'));
    await folderArtifactStore(join(folder, 'artifacts'), { maxBytes: 10 }).put(Buffer.from('x'));
    expect(reached).toEqual([
      'definition.before-commit',
      'admit.before-commit',
      'admit.after-commit',
      'definition.before-commit',
      'grant.before-commit',
      'grant.after-commit',
      'take.before-commit',
      'take.after-commit',
      'record.before-commit',
      'record.after-commit',
      'record-run.before-commit',
      'record-run.after-commit',
      'log.before-append',
      'log.after-append',
      'artifact.before-rename',
      'artifact.after-rename',
    ]);
  });

  it('before a commit leave nothing, after it everything', async () => {
    const request = recordOf(sampleInput(), [event(1, 'RUNNING')]);
    fail = 'record.before-commit';
    await expect(store.executions.record(request)).rejects.toThrow('crash');
    expect(await store.executions.job(request.jobId)).toBeUndefined();
    fail = 'record.after-commit';
    await expect(store.executions.record(request)).rejects.toThrow('crash');
    expect(await store.executions.job(request.jobId)).toMatchObject({ status: 'RUNNING' });
  });

  it('leave nothing of a run before its commit, and everything after it', async () => {
    const run = sampleRun();
    const record = runRecordOf(run, [runEvent(1, 'RUNNING', { nodes: [node('a')] })]);
    fail = 'record-run.before-commit';
    await expect(store.runs.record(record)).rejects.toThrow('crash');
    expect([await store.runs.run(run.runId), await store.executions.head()]).toEqual([undefined, 0]);
    fail = 'record-run.after-commit';
    await expect(store.runs.record(record)).rejects.toThrow('crash');
    expect(await store.runs.nodes(run.runId)).toMatchObject([{ node: 'a' }]);
  });
});
