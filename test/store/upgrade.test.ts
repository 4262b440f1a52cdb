// A database that an earlier version made opens: its jobs are as they were, go on, and belong to no run.
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { MIGRATIONS } from '../../src/store/migrations/index.ts';
import type { Tables } from '../../src/store/sql/tables.ts';
import { sqliteDialect } from '../../src/store/sqlite/dialect.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { event, nodeJob, nodeRecordOf, recordOf, runEvent, runRecordOf, sampleInput, sampleRun, workflowIdOf } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A database of the first version, with a job that runs and has told so. */
async function firstVersion(file: string): Promise<ReturnType<typeof sampleInput>> {
  const database = new Database(file);
  database.pragma('foreign_keys = ON');
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  await migrate({ db, write: (work) => db.transaction().execute(work) }, file, { '001-initial': MIGRATIONS['001-initial']! });
  const input = sampleInput();
  const job = { job_id: BigInt(input.jobId), workflow_id: workflowIdOf(input), app: 'etl', name: 'report', type: 'shell', cluster: 'local' };
  const more = { queue: 'default', group_name: 'default', priority: 5, status: 'RUNNING', attempt: 1, digest: input.digest, labels: '{}', seq: 1 };
  const times = { created_by: 'alice', created_at: input.createdAt, updated_at: input.createdAt };
  const row = { ...job, ...more, ...times };
  const marks = Object.keys(row).map((name) => `@${name}`);
  database.prepare(`insert into jobs (${Object.keys(row).join()}) values (${marks.join()})`).run(row);
  database.prepare('insert into job_inputs (job_id, input) values (?, ?)').run(job.job_id, JSON.stringify(input));
  const text = JSON.stringify(event(1, 'RUNNING'));
  database.prepare("insert into events (position, job_id, seq, app, event) values (41, ?, 1, 'etl', ?)").run(job.job_id, text);
  await db.destroy();
  return input;
}

it('a store of the first version keeps its jobs, and takes runs', async () => {
  const file = join(folder, 'longshore.db');
  const input = await firstVersion(file);
  const store = await openSqliteStore({ file, rules: admissionRules });
  const job = await store.executions.job(input.jobId);
  expect(job).toMatchObject({ status: 'RUNNING', owner: workflowIdOf(input), seq: 1 });
  expect(job).not.toHaveProperty('run');
  expect(await store.executions.jobs({ run: false }, { limit: 10 })).toHaveLength(1);

  const head = await store.executions.head();
  expect(head).toBeGreaterThanOrEqual(41);
  await store.executions.record(recordOf(input, [event(2, 'SUCCEED')]));
  const run = sampleRun();
  await store.runs.record(runRecordOf(run, [runEvent(1, 'RUNNING')]));
  await store.executions.record(nodeRecordOf(nodeJob(run, 'a'), [event(1, 'RUNNING')]));
  expect((await store.executions.changes(head, 10)).map(({ jobId, runId }) => [jobId, runId])).toMatchObject([
    [input.jobId, undefined],
    [undefined, run.runId],
    [expect.any(String), run.runId],
  ]);
  expect((await store.executions.feed('etl', 0, 10)).map(({ seq }) => seq)).toEqual([1, 2, 1]);
  await store.close();
  const again = await openSqliteStore({ file, rules: admissionRules });
  expect(await again.executions.head()).toBe(head + 3);
  await again.close();
});
