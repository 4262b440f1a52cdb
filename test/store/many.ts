// A store with very many jobs and runs, made at once by SQLite, and the ways to search it.
import Database from 'better-sqlite3';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { JobFilter, RunFilter, Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { cycleAt, time } from './samples.ts';

const FIRST = 9_000_000_000_000_000_000n;
/** A job that has its input, too. */
export const WHOLE = String(FIRST + 5n);

/** A run of an app's first jobs, a twenty-fifth of all. */
export const BIG_RUN = String(FIRST + 999_999_999n);
/** Every tenth job of an app stands alone, but none of app-2; the others are in runs of ten jobs. */
const runOf = (jobs: number): string =>
  `case when i % 4 = 3 and i < ${jobs / 25} then ${BIG_RUN} when i / 4 % 10 = 9 and i % 4 <> 2 then null else ${FIRST} + i / 40 * 4 + i % 4 end`;

/** One recursive statement makes the rows. Apps and clusters go together, names are many, most jobs have ended. */
const fill = (jobs: number): string => `
  with recursive n(i) as (select 0 union all select i + 1 from n where i < ${jobs} - 1)
  insert into jobs (job_id, workflow_id, app, name, type, cluster, queue, group_name, priority, status, attempt, digest, labels,
                    created_by, created_at, updated_at, ended_at, seq, run, node)
  select ${FIRST} + i, 'job:app-' || (i % 4) || ':~' || i, 'app-' || (i % 4), 'report-' || (i % ${jobs / 200}),
         case when i % 3 = 0 then 'python' else 'shell' end, case when i % 4 = 3 then 'yarn' else 'local' end,
         case when i % 10 = 0 then 'night' else 'default' end, 'group-' || (i % 20), 5,
         case when i % 1000 = 0 then 'RUNNING' when i % 50 = 0 then 'FAILED' else 'SUCCEED' end, 1, 'digest', '{}', 'alice',
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i, 'unixepoch'), '', case when i % 1000 = 0 then null else
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i + 60, 'unixepoch') end, 3, ${runOf(jobs)}, 'node-' || (i / 4 % 10)
  from n`;

/** A tenth as many runs. The apps have all DAGs, most runs have ended, a run stands for each hour. */
const fillRuns = (runs: number): string => `
  with recursive n(i) as (select 0 union all select i + 1 from n where i < ${runs} - 1)
  insert into runs (run_id, workflow_id, app, dag, digest, cycle_at, status, outcome, paused, generation, created_by, created_at, updated_at, ended_at, seq)
  select ${FIRST} + i, 'dag:app-' || (i % 4) || ':~' || i, 'app-' || (i % 4), 'dag-' || (i / 4 % ${runs / 200}), 'digest',
         strftime('%Y-%m-%dT%H:%M:%SZ', ${Date.parse(time(0)) / 1000} + i * 3600, 'unixepoch'),
         case when i % 100 = 0 then 'RUNNING' when i % 100 = 1 then 'WAITING' else 'FINISH' end,
         case when i % 100 < 2 then null when i % 50 = 2 then 'FAILED' else 'SUCCEED' end, 0, 1, 'alice',
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i * 10, 'unixepoch'), '', case when i % 100 < 2 then null else
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i * 10 + 60, 'unixepoch') end, 3
  from n`;

/** Fills an empty database file; a multiple of 100,000 jobs. */
export async function fillStore(file: string, jobs: number): Promise<void> {
  await (await openSqliteStore({ file, rules: admissionRules })).close();
  const database = new Database(file);
  database.pragma('journal_mode = off');
  database.pragma('synchronous = off');
  database.pragma('cache_size = -400000');
  const indexes = database
    .prepare("select name, sql from sqlite_master where type = 'index' and tbl_name in ('jobs', 'runs') and sql is not null")
    .all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of indexes) database.exec(`drop index ${name}`);
  database.exec(fill(jobs));
  database.exec(fillRuns(jobs / 10));
  for (const { sql } of indexes) database.exec(sql);
  database.exec(`insert into job_labels select 'team', 'team-' || (job_id % 100), job_id from jobs where job_id % 2 = 0`);
  database.exec(`insert into job_inputs (job_id, input) values (${WHOLE}, '{"spec":{}}')`);
  database.close();
}

/** Searches that find nothing, the hardest for an index that stops at the limit. */
const EMPTY = /has none|that none has|unended of an app|label and status|where it has none/;
/** How many jobs or runs the first page of a search has. */
export const foundOf = (name: string): number => (EMPTY.test(name) ? 0 : name.startsWith('a small run') ? 9 : 50);

/** Searches of a store with so many jobs, by what they are for. */
export const filtersOf = (jobs: number): Record<string, JobFilter> => ({
  nothing: {},
  'an app': { app: 'app-1' },
  'an app that has none': { app: 'app-9' },
  'app and status': { app: 'app-0', status: ['RUNNING'] },
  'several statuses': { status: ['RUNNING', 'FAILED', 'KILLED', 'UNKNOWN'] },
  'all unended of an app': { app: 'app-1', status: ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'UNKNOWN'] },
  'a cluster': { cluster: 'yarn' },
  'an app on a cluster where it has none': { app: 'app-1', cluster: 'yarn' },
  'a queue': { queue: 'night' },
  'an app in a queue where it has none': { app: 'app-1', queue: 'night' },
  'a type': { type: 'python' },
  'a name': { name: 'report-47' },
  'app and name': { app: 'app-2', name: 'report-42' },
  'a group': { group: 'group-7' },
  'an app in a group where it has none': { app: 'app-0', group: 'group-7' },
  'a label': { label: { name: 'team', value: 'team-10' } },
  'a label that none has': { label: { name: 'team', value: 'nobody' } },
  'app, label and status': { app: 'app-0', label: { name: 'team', value: 'team-20' }, status: ['FAILED'] },
  'a day in the middle': { since: time(jobs / 2), until: time(jobs / 2 + 86_400) },
  'an app on a day': { app: 'app-3', since: time(jobs / 2), until: time(jobs / 2 + 86_400) },
  'everything at once': { app: 'app-0', status: ['SUCCEED'], cluster: 'local', queue: 'default', type: 'shell', group: 'group-4', name: 'report-4' },
});

/** Searches that runs add. */
export const runJobFiltersOf = (jobs: number): Record<string, JobFilter> => ({
  'a big run': { run: BIG_RUN },
  'a small run': { run: String(FIRST + BigInt(jobs / 20)) },
  'a run that has none': { run: '1' },
  'a big run of its app, by status': { run: BIG_RUN, app: 'app-3', status: ['SUCCEED'] },
  'a big run of its app, what has not ended where it has none': {
    run: BIG_RUN,
    app: 'app-3',
    status: ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING'],
  },
  'a node of a big run': { run: BIG_RUN, node: 'node-3' },
  'a status in a big run': { run: BIG_RUN, status: ['SUCCEED'] },
  'a status in a big run where it has none': { run: BIG_RUN, status: ['KILLED', 'UNKNOWN'] },
  'no run': { run: false },
  'no run, in an app': { run: false, app: 'app-1' },
  'no run, in an app where it has none': { run: false, app: 'app-2' },
  'no run and a status, in an app where it has none': { run: false, app: 'app-2', status: ['SUCCEED'] },
  'no run and several statuses, in an app where it has none': { run: false, app: 'app-2', status: ['RUNNING', 'FAILED', 'SUCCEED'] },
  'no run, what has not ended in an app where it has none': { run: false, app: 'app-2', status: ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING'] },
  'no run and a status': { run: false, status: ['SUCCEED'] },
  'no run and statuses where it has none': { run: false, status: ['FAILED', 'KILLED'] },
  'no run, on a cluster': { run: false, cluster: 'yarn' },
  'no run, by type and name': { run: false, type: 'shell', name: 'report-37' },
  'no run, in an app and group where it has none': { run: false, app: 'app-0', group: 'group-7' },
  'no run, on a day in the middle': { run: false, since: time(jobs / 2), until: time(jobs / 2 + 86_400) },
});

/** Searches for runs. */
export const runFiltersOf = (runs: number): Record<string, RunFilter> => ({
  nothing: {},
  'an app': { app: 'app-1' },
  'an app that has none': { app: 'app-9' },
  'app and DAG': { app: 'app-1', dag: 'dag-7' },
  'app and DAG, of which that has none': { app: 'app-9', dag: 'dag-7' },
  'a DAG': { dag: 'dag-7' },
  'a DAG and a status where it has none': { dag: 'dag-7', status: ['WAITING'] },
  'what has not ended': { status: ['WAITING', 'RUNNING'] },
  'what has not ended, in an app where it has none': { app: 'app-3', status: ['WAITING', 'RUNNING'] },
  'an outcome': { outcome: ['FAILED'] },
  'outcomes of an app': { app: 'app-2', outcome: ['FAILED', 'KILLED'] },
  'an outcome in an app where it has none': { app: 'app-1', outcome: ['FAILED'] },
  'an outcome that none has': { outcome: ['KILLED'] },
  'an outcome of a DAG where it has none': { app: 'app-1', dag: 'dag-7', outcome: ['KILLED'] },
  'cycles of an app': { app: 'app-0', cycleFrom: cycleAt(runs / 2), cycleUntil: cycleAt(runs / 2 + 500) },
  'cycles where it has none': { cycleFrom: '2999' },
  'cycles of a DAG where it has none': { app: 'app-0', dag: 'dag-7', cycleUntil: '1999' },
  'days in the middle': { since: time(runs * 5), until: time(runs * 5 + 86_400) },
  'an app and an outcome on days in the middle': { app: 'app-2', outcome: ['SUCCEED'], since: time(runs * 5), until: time(runs * 5 + 86_400) },
});

/** The cycles of so many runs of an app's DAG, one after the other. */
export const cyclesOf = (runs: number, count: number): string[] => Array.from({ length: count }, (_, i) => cycleAt((i * runs) / 50));

export async function searchRuns(store: Store, filter: RunFilter) {
  const first = await store.runs.runs(filter, { limit: 50 });
  const last = first.at(-1);
  if (last !== undefined) await store.runs.runs(filter, { limit: 50, before: last.runId });
  return first;
}

/** First page and second, as a person turns them. */
export async function search(store: Store, filter: JobFilter) {
  const first = await store.executions.jobs(filter, { limit: 50 });
  const last = first.at(-1);
  if (last !== undefined) await store.executions.jobs(filter, { limit: 50, before: last.jobId });
  return first;
}
