// rebuild adds and corrects from Temporal's histories; prune removes what retention no longer keeps, and nothing that is in use.
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobView } from '../../src/specs/views.schema.ts';
import { job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  const env = {
    LONGSHORE_RETENTION_RECORDS: '30d',
    LONGSHORE_RETENTION_LOGS: '10d',
    LONGSHORE_RETENTION_ARTIFACTS: '5d',
    LONGSHORE_RETENTION_AUDIT: '20d',
  };
  api = await startTestApi({ jobs: true, env });
  admin = await api.token('default', 'admin');
});
afterAll(async () => await api?.stop());

const get = async (id: string): Promise<JobView> => (await api.ask('getJob', { token: admin, params: { id } })).json as unknown as JobView;
async function ended(spec: Record<string, unknown>, status = 'SUCCEED'): Promise<JobView> {
  const made = await api.ask('createJob', { token: admin, body: { spec } });
  expect(made.status).toBe(201);
  const id = String(made.json['id']);
  await eventually(async () => (await get(id)).status).toBe(status);
  const { workflowId } = await get(id);
  await api.runtime.temporal.client.workflow.getHandle(workflowId).result();
  return await get(id);
}
/** Reaches behind the store, as an accident would. */
function sql(text: string, ...values: unknown[]): void {
  const database = new Database(join(api.dataDir, 'longshore.db'));
  database.prepare(text).run(...values);
  database.close();
}
const eventually = (probe: () => Promise<unknown>) => expect.poll(probe, { timeout: 30_000 });
const rebuild = async () => (await api.ask('rebuild', { token: admin })).json;
const prune = async (dryRun: boolean) => (await api.ask('prune', { token: admin, body: { dryRun } })).json;

test('rebuild brings back lost rows, with their outcome and outputs, and deletes nothing', async () => {
  const lost = await ended(job({ config: { script: { inline: 'echo n=1 >> "$LONGSHORE_OUTPUT"' } }, outputs: { n: { type: 'int' } } }));
  const rerun = await ended(job({ config: { script: { inline: 'exit 3' } } }), 'FAILED');
  await api.ask('rerunJob', { token: admin, params: { id: rerun.id } });
  await eventually(async () => await get(rerun.id)).toMatchObject({ status: 'FAILED', attempt: 2 });
  const kept = await ended(job());
  const running = await api.ask('createJob', { token: admin, body: { spec: job({ config: { script: { inline: 'sleep 100' } } }) } });
  await eventually(async () => (await get(String(running.json['id']))).status).toBe('RUNNING');
  await eventually(async () => (await api.runtime.temporal.client.workflow.count('WorkflowType = "job"')).count).toBe(5);

  await api.runtime.store.executions.remove([lost.id, rerun.id]);
  expect((await api.ask('getJob', { token: admin, params: { id: lost.id } })).status).toBe(404);
  expect(await rebuild()).toEqual({ seen: 4, added: 2, corrected: 0, failed: 0 });
  expect(await get(lost.id)).toMatchObject({ status: 'SUCCEED', name: 'hello', createdBy: 'default/admin', endedAt: expect.any(String) });
  expect((await api.ask('jobOutputs', { token: admin, params: { id: lost.id } })).json['items']).toEqual([{ name: 'n', value: 1 }]);
  expect(await get(rerun.id)).toMatchObject({ status: 'FAILED', attempt: 2, code: 'EXIT_CODE', blame: 'user' });
  expect((await get(kept.id)).status).toBe('SUCCEED');
  expect(await rebuild()).toEqual({ seen: 4, added: 0, corrected: 0, failed: 0 });

  await api.ask('rerunJob', { token: admin, params: { id: lost.id } });
  await eventually(async () => await get(lost.id)).toMatchObject({ status: 'SUCCEED', attempt: 2 });
  await api.ask('killJob', { token: admin, params: { id: String(running.json['id']) }, body: { how: 'forced' } });
  await eventually(async () => (await get(String(running.json['id']))).status).toBe('KILLED');
});

test('rebuild corrects a row that was left behind', async () => {
  const behind = await ended(job());
  const seq = (await api.runtime.store.executions.job(behind.id))!.seq;
  sql('DELETE FROM events WHERE job_id = ? AND seq > ?', BigInt(behind.id), seq - 2);
  sql("UPDATE jobs SET status = 'RUNNING', ended_at = NULL, seq = ? WHERE job_id = ?", seq - 2, BigInt(behind.id));
  expect((await get(behind.id)).status).toBe('RUNNING');
  expect((await rebuild())['corrected']).toBe(1);
  expect(await get(behind.id)).toMatchObject({ status: 'SUCCEED', endedAt: expect.any(String) });
});

const age = (view: JobView, days: number): void => {
  const at = new Date(Date.now() - days * 86_400_000).toISOString();
  sql('UPDATE jobs SET created_at = ?, ended_at = ? WHERE job_id = ?', at, at, BigInt(view.id));
};
const script = (artifact: string) => ({ config: { script: { artifact, name: 'run.sh' } } });

test('one job that cannot be read keeps no other from being rebuilt', async () => {
  const lost = await ended(job());
  const { client } = api.runtime.temporal;
  const broken = await client.workflow.start('job', { workflowId: 'job:default:broken', taskQueue: 'nobody', args: [{ jobId: 'none' }] });
  await eventually(async () => (await client.workflow.count('WorkflowId = "job:default:broken"')).count).toBe(1);
  await api.runtime.store.executions.remove([lost.id]);
  expect(await rebuild()).toMatchObject({ added: 1, failed: 1 });
  expect(await get(lost.id)).toMatchObject({ status: 'SUCCEED' });
  await broken.terminate();
});

test('prune counts in a dry run what it then removes, and keeps what is in use', async () => {
  const upload = async (text: string): Promise<string> => String((await api.ask('putArtifact', { token: admin, body: text })).json['sha256']);
  const long = new Date(Date.now() - 40 * 86_400_000);
  const unused = await upload('unused');
  const ofOld = await upload('echo old');
  const ofYoung = await upload('echo young');
  const ofDefinition = await upload('echo stored');
  const old = await ended(job(script(ofOld)));
  const silent = await ended(job());
  const young = await ended(job(script(ofYoung)));
  await api.ask('putJobDefinition', { token: admin, params: { name: 'stored' }, body: job({ name: 'stored', ...script(ofDefinition) }) });
  await api.ask('putJobDefinition', { token: admin, params: { name: 'stored' }, body: job({ name: 'stored' }) });
  // A version that is no longer the newest, of a definition that was removed, can still be run by its number.
  await api.ask('deleteJobDefinition', { token: admin, params: { name: 'stored' } });
  age(old, 31);
  age(silent, 11);
  age(young, 9);
  // Use keeps an artifact young, so they age last.
  for (const sha256 of [unused, ofOld, ofYoung, ofDefinition]) await utimes(join(api.dataDir, 'artifacts', sha256.slice(0, 2), sha256), long, long);

  const foretold = await prune(true);
  expect(foretold).toMatchObject({ dryRun: true, jobs: 1, logs: 2, artifacts: 2 });
  expect((await get(old.id)).status).toBe('SUCCEED');
  expect(await prune(false)).toEqual({ ...foretold, dryRun: false });

  expect((await api.ask('getJob', { token: admin, params: { id: old.id } })).status).toBe(404);
  expect((await get(silent.id)).status).toBe('SUCCEED');
  expect((await api.ask('jobLogs', { token: admin, params: { id: silent.id } })).text).toBe('');
  expect((await api.ask('jobLogs', { token: admin, params: { id: young.id } })).text).toBe('young\n');
  const there = async (sha256: string) => (await api.ask('hasArtifact', { token: admin, params: { sha256 } })).status;
  expect([await there(unused), await there(ofOld), await there(ofYoung), await there(ofDefinition)]).toEqual([404, 404, 200, 200]);
  expect((await api.ask('createJob', { token: admin, body: { ref: 'stored@1' } })).status).toBe(201);

  // Jobs whose logs are gone, but not their records, are not looked at again.
  const looks = vi.spyOn(api.runtime.store.executions, 'ended');
  expect(await prune(false)).toMatchObject({ jobs: 0, logs: 0, artifacts: 0, bytes: 0 });
  const seen = (await Promise.all(looks.mock.results.map(({ value }) => value as Promise<{ jobId: string }[]>))).flat();
  expect(seen).toEqual([]);
  looks.mockRestore();
});

test('prune takes a run with its jobs, and no job of a run before that', async () => {
  const upload = async (text: string): Promise<string> => String((await api.ask('putArtifact', { token: admin, body: text })).json['sha256']);
  const long = new Date(Date.now() - 40 * 86_400_000);
  const scripts = { old: await upload('echo from an old run'), young: await upload('echo from a young run') };
  const ran = async (name: keyof typeof scripts) => {
    const spec = { name, nodes: { only: { job: { type: 'shell', ...script(scripts[name]) } } } };
    const made = await api.ask('createRun', { token: admin, body: { spec } });
    expect(made.status).toBe(201);
    const runId = String(made.json['id']);
    await eventually(async () => await api.runtime.store.runs.run(runId)).toMatchObject({ status: 'FINISH', outcome: 'SUCCEED' });
    const [only] = await api.runtime.store.executions.jobs({ run: runId }, { limit: 10 });
    return { runId, job: only!.jobId };
  };
  const [old, young] = [await ran('old'), await ran('young')];
  for (const { job: id } of [old, young]) sql('UPDATE jobs SET ended_at = ? WHERE job_id = ?', long.toISOString(), BigInt(id));
  sql('UPDATE runs SET ended_at = ? WHERE run_id = ?', long.toISOString(), BigInt(old.runId));
  sql("DELETE FROM meta WHERE name = 'logs pruned'");
  for (const sha256 of Object.values(scripts)) await utimes(join(api.dataDir, 'artifacts', sha256.slice(0, 2), sha256), long, long);

  const foretold = await prune(true);
  expect(foretold).toMatchObject({ dryRun: true, runs: 1, jobs: 1, logs: 2, artifacts: 1 });
  expect(await prune(false)).toEqual({ ...foretold, dryRun: false });
  const { runs, executions } = api.runtime.store;
  expect([await runs.run(old.runId), await executions.job(old.job)]).toEqual([undefined, undefined]);
  // The job of the young run stays as old as it is; its log goes by its own age.
  expect((await get(young.job)).status).toBe('SUCCEED');
  expect((await api.ask('jobLogs', { token: admin, params: { id: young.job } })).text).toBe('');
  expect(await runs.run(young.runId)).toMatchObject({ status: 'FINISH' });
  const there = async (sha256: string) => (await api.ask('hasArtifact', { token: admin, params: { sha256 } })).status;
  expect([await there(scripts.old), await there(scripts.young)]).toEqual([404, 200]);
  expect(await prune(false)).toMatchObject({ runs: 0, jobs: 0, logs: 0, artifacts: 0 });
});

test('files that a change brought are in use as those of the spec are', async () => {
  const sha256 = String((await api.ask('putArtifact', { token: admin, body: 'exit 4' })).json['sha256']);
  const failed = await ended(job({ config: { script: { inline: 'exit 3' } } }), 'FAILED');
  const patch = { config: { script: { artifact: sha256, name: 'changed.sh' } } };
  expect((await api.ask('rerunJob', { token: admin, params: { id: failed.id }, body: { with: patch } })).status).toBe(202);
  await eventually(async () => await get(failed.id)).toMatchObject({ status: 'FAILED', attempt: 2 });
  const long = new Date(Date.now() - 40 * 86_400_000);
  await utimes(join(api.dataDir, 'artifacts', sha256.slice(0, 2), sha256), long, long);
  expect(await prune(false)).toMatchObject({ artifacts: 0 });
});
