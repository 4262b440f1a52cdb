// The write side of the projection: one transaction takes new events into the rows of a job, its attempts and its lease.
import type { RecordRequest } from '../../specs/activities.ts';
import type { JobEvent, JobInput } from '../../specs/execution.ts';
import type { Change } from '../contract.ts';
import { LongshoreError } from '../../specs/errors.ts';
import { crashPoint, guardStands } from '../../crash-points.ts';
import { attemptColumns, attemptState, jobColumns, jobState, newJobRow } from './job-rows.ts';
import { takeBackLost } from './lost-timeline.ts';
import { attemptAfter, jobAfter } from './projection.ts';
import { takePositions } from './positions.ts';
import { noteChanges } from './recorded.ts';
import { insertLabels, takeChanges, takeInput } from './spec-changes.ts';
import type { Queries } from './sql.ts';
import type { JobsTable } from './tables.ts';

/** Inserts the row of a created job; an existing one is left alone. */
export async function insertJob(trx: Queries, input: JobInput, workflowId: string, runId?: string): Promise<void> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('jobs')
    .values(newJobRow(input, workflowId, runId))
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return;
  const job_id = BigInt(input.jobId);
  await trx
    .insertInto('job_inputs')
    .values({ job_id, input: JSON.stringify(input), patch: null, attempt_patch: null })
    .execute();
  await insertLabels(trx, job_id, input.spec.labels);
}

/** Takes the events that are new into the rows. A record that comes again finds nothing new and changes nothing. */
export async function recordEvents(trx: Queries, request: RecordRequest): Promise<void> {
  const row = await takeBackLost(trx, await rowOf(trx, request), request);
  const events = guardStands('record-sequence') ? newEvents(request.events, row.seq) : request.events;
  if (events.length > 0) noteChanges(trx, await writeEvents(trx, await madeAnew(trx, row, request.input), events, request.runId));
  if (request.release !== undefined && guardStands('lease-release')) await trx.deleteFrom('leases').where('key', '=', request.release).execute();
  crashPoint('record.before-commit');
}

/** The row with the input of a job of a run that runs again. */
async function madeAnew(trx: Queries, row: JobsTable, input: JobInput): Promise<JobsTable> {
  if (input.place === undefined || input.digest === row.digest) return row;
  const columns = await takeInput(trx, row, input);
  await trx.updateTable('jobs').set(columns).where('job_id', '=', BigInt(row.job_id)).execute();
  return { ...row, ...columns };
}

const newEvents = (events: readonly JobEvent[], seq: number): JobEvent[] => events.filter((e) => e.seq > seq).sort((a, b) => a.seq - b.seq);

async function rowOf(trx: Queries, { input, workflowId, runId, jobId }: RecordRequest): Promise<JobsTable> {
  const find = () => trx.selectFrom('jobs').selectAll().where('job_id', '=', BigInt(jobId)).executeTakeFirst();
  const row = await find();
  if (row !== undefined) return row;
  await insertJob(trx, input, workflowId, runId);
  const inserted = await find();
  if (inserted === undefined) throw new LongshoreError('CONFLICT', `workflow ${workflowId} belongs to another job than ${jobId}`);
  return inserted;
}

async function writeEvents(trx: Queries, row: JobsTable, events: readonly JobEvent[], runId: string): Promise<Change[]> {
  const job_id = BigInt(row.job_id);
  const positions = await takePositions(trx, events.length);
  await trx
    .insertInto('events')
    .values(events.map((event, i) => ({ position: positions[i]!, job_id, seq: event.seq, app: row.app, event: JSON.stringify(event) })))
    .execute();
  for (const attempt of new Set(events.map((event) => event.attempt)))
    await writeAttempt(
      trx,
      job_id,
      attempt,
      events.filter((event) => event.attempt === attempt),
    );
  await trx
    .updateTable('jobs')
    .set({ ...jobColumns(events.reduce(jobAfter, jobState(row))), ...(await takeChanges(trx, row, events)), run_id: runId })
    .where('job_id', '=', job_id)
    .execute();
  return positions.map((position) => ({ position, jobId: String(job_id), ...(row.run !== null && { runId: String(row.run) }), app: row.app }));
}

async function writeAttempt(trx: Queries, job_id: bigint, attempt: number, events: readonly JobEvent[]): Promise<void> {
  const row = await trx.selectFrom('attempts').selectAll().where('job_id', '=', job_id).where('attempt', '=', attempt).executeTakeFirst();
  const state = events.reduce(attemptAfter, row && attemptState(row));
  const columns = attemptColumns(state!);
  await trx
    .insertInto('attempts')
    .values({ job_id, attempt, created_at: events[0]!.at, ...columns })
    .onConflict((c) => c.columns(['job_id', 'attempt']).doUpdateSet(columns))
    .execute();
}
