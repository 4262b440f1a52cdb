// Writers die by SIGKILL in the middle of their work, and writers in two processes contend: nothing is half, nothing acknowledged is lost.
import Database from 'better-sqlite3';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { folderArtifactStore } from '../../src/store/folder-artifacts.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-crash-'));
afterAll(() => rmSync(folder, { recursive: true }));
const running = new Set<ChildProcess>();
afterEach(() => running.forEach((child) => child.kill('SIGKILL')));

type What = 'record' | 'run' | 'append' | 'put';

/** Starts a writer and collects what it was acknowledged. */
function startWriter(what: What, dir: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'children', 'writer.ts'), what, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const acknowledged: string[] = [];
  createInterface(child.stdout).on('line', (line) => acknowledged.push(line));
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    running.delete(child);
  };
  return { acknowledged, kill };
}

/** Lets a writer work until it has been acknowledged something, then kills it wherever it is. */
async function killOnce(what: What, dir: string): Promise<string[]> {
  const { acknowledged, kill } = startWriter(what, dir);
  const enough = 1 + Math.floor(Math.random() * 40);
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThanOrEqual(enough), { timeout: 30_000, interval: 3 });
  await kill();
  return acknowledged;
}

/** Jobs by id, after checking that each has all of its events and no ended one has a lease. */
async function intactJobs(file: string): Promise<Map<string, string>> {
  const database = new Database(file);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('foreign_key_check')).toEqual([]);
  database.close();
  const store = await openSqliteStore({ file, rules: admissionRules });
  const jobs = await store.executions.jobs({}, { limit: 100_000 });
  const leased = new Set((await store.admission.leases({ limit: 100_000 })).map((lease) => lease.key));
  for (const job of jobs) {
    const events = await store.executions.events(job.jobId, 0, 100);
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: job.seq }, (_, i) => i + 1));
    expect(events.at(-1)!.status).toBe(job.status);
    const [attempt] = await store.executions.attempts(job.jobId);
    expect(attempt!.status).toBe(job.status);
    // Running: its lease stands. Ended: the record that ended it released it.
    expect(leased.has(attempt!.key!)).toBe(job.status === 'RUNNING');
  }
  await store.close();
  return new Map(jobs.map((job) => [job.jobId, job.status]));
}

/** Runs by id, after checking that each is where its events have brought it, and that all events were committed in one order. */
async function intactRuns(file: string): Promise<Map<string, string>> {
  const store = await openSqliteStore({ file, rules: admissionRules });
  const runs = await store.runs.runs({}, { limit: 100_000 });
  for (const { runId, seq, status } of runs) {
    const events = await store.runs.events(runId, 0, 100);
    expect([events.length, events.at(-1)!.status]).toEqual([seq, status]);
    expect((await store.runs.nodes(runId)).map((row) => row.status)).toEqual(Array(3).fill(status === 'FINISH' ? 'SUCCEED' : 'job'));
  }
  const changes = await store.executions.changes(0, 1_000_000);
  expect(changes.map(({ position }) => position)).toEqual(changes.map((_, i) => i + 1));
  expect(await store.executions.head()).toBe(changes.length);
  await store.close();
  return new Map(runs.map(({ runId, status }) => [runId, status]));
}

describe('a writer killed with SIGKILL', () => {
  it('leaves a whole database, all acknowledged records and no lease of an ended job', async () => {
    const dir = mkdtempSync(join(folder, 'record-'));
    for (let round = 0; round < 8; round++) {
      const acknowledged = await killOnce('record', dir);
      const jobs = await intactJobs(join(dir, 'longshore.db'));
      for (const id of acknowledged) expect(jobs.get(id)).toBe('SUCCEED');
    }
  });

  it('leaves whole runs, and no gap between the events of runs and jobs', async () => {
    const dir = mkdtempSync(join(folder, 'run-'));
    for (let round = 0; round < 4; round++) {
      const acknowledged = await killOnce('run', dir);
      const runs = await intactRuns(join(dir, 'longshore.db'));
      for (const id of acknowledged) expect(runs.get(id)).toBe('FINISH');
    }
  });

  it('leaves a log that goes on from its length', async () => {
    const dir = mkdtempSync(join(folder, 'append-'));
    for (let round = 0; round < 6; round++) {
      const acknowledged = await killOnce('append', dir);
      const logs = folderLogStore(dir);
      const ref = { key: 'a'.repeat(26), stream: 'stdout' } as const;
      const { length } = await logs.length(ref);
      expect(length).toBeGreaterThanOrEqual(Number(acknowledged.at(-1)));
      for (let offset = 0; offset < length;) {
        const slice = await logs.readLines(ref, offset, 100);
        for (const line of Buffer.from(slice.bytes).toString().split('\n').slice(0, -1)) {
          expect(Number(line.slice(0, 15))).toBe(offset);
          offset += line.length + 1;
        }
        expect(slice.next).toBe(offset);
      }
    }
  });

  it('leaves only whole artifacts', async () => {
    const dir = mkdtempSync(join(folder, 'put-'));
    for (let round = 0; round < 4; round++) {
      const acknowledged = await killOnce('put', dir);
      const artifacts = folderArtifactStore(dir, { maxBytes: 1e9 });
      for (const sha256 of acknowledged) expect(await artifacts.has(sha256)).toEqual({ size: 200_000 });
      for await (const { sha256 } of artifacts.list(new Date(Date.now() + 60_000)))
        expect(
          createHash('sha256')
            .update(await buffer(await artifacts.get(sha256)))
            .digest('hex'),
        ).toBe(sha256);
    }
  });
});

describe('two processes on one store', () => {
  it('make and write one database at the same time', async () => {
    const dir = mkdtempSync(join(folder, 'two-'));
    const writers = [startWriter('record', dir), startWriter('record', dir), startWriter('record', dir)];
    for (const { acknowledged } of writers)
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(100), { timeout: 50_000, interval: 20 });
    await Promise.all(writers.map((writer) => writer.kill()));
    const jobs = await intactJobs(join(dir, 'longshore.db'));
    for (const { acknowledged } of writers) for (const id of acknowledged) expect(jobs.get(id)).toBe('SUCCEED');
  });

  it('count the events of runs and jobs as one', async () => {
    const dir = mkdtempSync(join(folder, 'two-runs-'));
    const writers = [startWriter('run', dir), startWriter('run', dir)];
    for (const { acknowledged } of writers)
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), { timeout: 50_000, interval: 20 });
    await Promise.all(writers.map((writer) => writer.kill()));
    const runs = await intactRuns(join(dir, 'longshore.db'));
    for (const { acknowledged } of writers) for (const id of acknowledged) expect(runs.get(id)).toBe('FINISH');
  });

  it('never both append at one offset', async () => {
    const dir = mkdtempSync(join(folder, 'zombie-'));
    const writer = startWriter('append', dir);
    const logs = folderLogStore(dir);
    const ref = { key: 'a'.repeat(26), stream: 'stdout' } as const;
    await vi.waitFor(() => expect(writer.acknowledged.length).toBeGreaterThan(3), { timeout: 30_000 });
    let refused = 0;
    let written = 0;
    for (let i = 0; i < 300; i++) {
      const { length } = await logs.length(ref);
      await logs.append(ref, length, Buffer.from('zombie\n')).then(
        () => written++,
        (error: { code: string }) => (expect(error.code).toBe('LOG_CONFLICT'), refused++),
      );
      // The other one is refused from then on, and ends: whoever lost the offset must look again.
      if (written > 0) break;
    }
    await writer.kill();
    const text: string[] = [];
    for (let offset = 0, { length } = await logs.length(ref); offset < length;) {
      const slice = await logs.readLines(ref, offset, 1000);
      text.push(...Buffer.from(slice.bytes).toString().split('\n').slice(0, -1));
      offset = slice.next;
    }
    expect(text.filter((line) => line === 'zombie')).toHaveLength(written);
    expect(text.filter((line) => line !== 'zombie' && line.length !== 4095)).toEqual([]);
    expect(written + refused).toBeGreaterThan(0);
  });
});
