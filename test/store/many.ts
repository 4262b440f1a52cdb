// A store with very many jobs, made at once by SQLite, and the ways to search it.
import Database from 'better-sqlite3';
import { admissionRules } from '../../src/activities/admission/index.ts';
import type { JobFilter, Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { time } from './samples.ts';

const FIRST = 9_000_000_000_000_000_000n;
/** A job that has its input, too. */
export const WHOLE = String(FIRST + 5n);

/** One recursive statement makes the rows. Apps and clusters go together, names are many, most jobs have ended. */
const fill = (jobs: number): string => `
  with recursive n(i) as (select 0 union all select i + 1 from n where i < ${jobs} - 1)
  insert into jobs (job_id, workflow_id, app, name, type, cluster, queue, group_name, priority, status, attempt, digest, labels,
                    created_by, created_at, updated_at, ended_at, seq)
  select ${FIRST} + i, 'job:app-' || (i % 4) || ':~' || i, 'app-' || (i % 4), 'report-' || (i % ${jobs / 200}),
         case when i % 3 = 0 then 'python' else 'shell' end, case when i % 4 = 3 then 'yarn' else 'local' end,
         case when i % 10 = 0 then 'night' else 'default' end, 'group-' || (i % 20), 5,
         case when i % 1000 = 0 then 'RUNNING' when i % 50 = 0 then 'FAILED' else 'SUCCEED' end, 1, 'digest', '{}', 'alice',
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i, 'unixepoch'), '', case when i % 1000 = 0 then null else
         strftime('%Y-%m-%dT%H:%M:%fZ', ${Date.parse(time(0)) / 1000} + i + 60, 'unixepoch') end, 3
  from n`;

/** Fills an empty database file; a multiple of 100,000 jobs. */
export async function fillStore(file: string, jobs: number): Promise<void> {
  await (await openSqliteStore({ file, rules: admissionRules })).close();
  const database = new Database(file);
  database.pragma('journal_mode = off');
  database.pragma('synchronous = off');
  database.pragma('cache_size = -400000');
  const indexes = database.prepare("select name, sql from sqlite_master where type = 'index' and tbl_name = 'jobs' and sql is not null").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of indexes) database.exec(`drop index ${name}`);
  database.exec(fill(jobs));
  for (const { sql } of indexes) database.exec(sql);
  database.exec(`insert into job_labels select 'team', 'team-' || (job_id % 100), job_id from jobs where job_id % 2 = 0`);
  database.exec(`insert into job_inputs (job_id, input) values (${WHOLE}, '{"spec":{}}')`);
  database.close();
}

/** Searches that find nothing, the hardest for an index that stops at the limit. */
const EMPTY = /has none|that none has|unended of an app|label and status|where it has none/;
/** How many jobs the first page of a search has. */
export const foundOf = (name: string): number => (EMPTY.test(name) ? 0 : 50);

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

/** First page and second, as a person turns them. */
export async function search(store: Store, filter: JobFilter) {
  const first = await store.executions.jobs(filter, { limit: 50 });
  const last = first.at(-1);
  if (last !== undefined) await store.executions.jobs(filter, { limit: 50, before: last.jobId });
  return first;
}
