// A scheduler that dies in a workflow task may have written events that Temporal never heard of. Its successor runs the task again, later,
// and may decide otherwise under the same numbers: a worker is there now, a kill has come. History is the truth, so what was written is taken back.
import type { RecordRequest } from '../../specs/activities.ts';
import type { JobEvent, Timestamp } from '../../specs/execution.ts';
import { attemptColumns, jobColumns, jobState, newJobRow } from './job-rows.ts';
import { attemptAfter, jobAfter, type AttemptState } from './projection.ts';
import type { Queries } from './sql.ts';
import { rewriteChanges } from './spec-changes.ts';
import type { JobsTable } from './tables.ts';

/** Removes what the request's events contradict, from the first such event on; returns the job's row as it then stands. */
export async function takeBackLost(trx: Queries, row: JobsTable, request: RecordRequest): Promise<JobsTable> {
  if (request.events.every(({ seq }) => seq > row.seq)) return row;
  const rows = await trx.selectFrom('events').select('event').where('job_id', '=', row.job_id).orderBy('seq').execute();
  const stored = rows.map(({ event }) => JSON.parse(event) as JobEvent);
  const first = firstContradicted(request.events, stored);
  if (first === undefined) return row;
  await trx.deleteFrom('events').where('job_id', '=', row.job_id).where('seq', '>=', first).execute();
  return await rewrite(
    trx,
    row,
    request,
    stored.filter(({ seq }) => seq < first),
  );
}

interface Numbered {
  readonly seq: number;
  readonly at: Timestamp;
}

/** The number from which on the stored events are not history's; undefined when nothing contradicts them. */
export function firstContradicted(told: readonly Numbered[], stored: readonly Numbered[]): number | undefined {
  const known = new Map(stored.map((event) => [event.seq, event]));
  const contradicted = told.filter((event) => contradicts(event, known.get(event.seq))).map(({ seq }) => seq);
  return contradicted.length === 0 ? undefined : Math.min(...contradicted);
}

/** Tasks are run one after the other, so of two events with one number the later one is history's. Equal ones are the same decision. */
const contradicts = (event: Numbered, known: Numbered | undefined): boolean =>
  known !== undefined && event.at > known.at && JSON.stringify({ ...event, at: '' }) !== JSON.stringify({ ...known, at: '' });

/** The rows of the job and its attempts as these events alone make them. */
async function rewrite(trx: Queries, row: JobsTable, { input, workflowId, runId }: RecordRequest, events: readonly JobEvent[]): Promise<JobsTable> {
  const state = events.reduce(jobAfter, jobState(newJobRow(input, workflowId, runId)));
  const columns = { ...jobColumns(state), ...(await rewriteChanges(trx, row, events)) };
  await trx.updateTable('jobs').set(columns).where('job_id', '=', row.job_id).execute();
  await trx.deleteFrom('attempts').where('job_id', '=', row.job_id).execute();
  const attempts = new Map<number, { state: AttemptState; created_at: string }>();
  for (const event of events) {
    const before = attempts.get(event.attempt);
    attempts.set(event.attempt, { state: attemptAfter(before?.state, event), created_at: before?.created_at ?? event.at });
  }
  for (const [attempt, { state, created_at }] of attempts) {
    await trx
      .insertInto('attempts')
      .values({ job_id: BigInt(row.job_id), attempt, created_at, ...attemptColumns(state) })
      .execute();
  }
  return { ...row, ...columns };
}
